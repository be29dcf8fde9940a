from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

DOCUMENTS = {
    "prose": "# Title\n\nOne *two* **three** `four`.\nSecond line.\n\n> quote\n> goes on\n\nLast.",
    "lists": "1. one\n2. two\n   - inner\n   - more\n\n     para in item\n3. three\n\n- [x] done\n- [ ] open\n\nEnd",
    "fences": "A\n\n```python\ndef f():\n    return 'x'\n\n\n# blank lines stay\n```\n\nAfter\n\n~~~\nplain\n~~~\n",
    "unclosed": "Text\n\n```js\nconst a = 1;\nconst b = 2;",
    "table": "| a | b |\n|---|--:|\n| 1 | 2 |\n| `3` | **4** |\n\nafter the table",
    "emoji": "Grüße 👩‍👩‍👧‍👦 and 🇩🇪 🏳️‍🌈, 漢字 𝒳 ﷽\n\n- 🎉\n- a👍🏽b",
    "html": "a <br> b <kbd>K</kbd>\n\n<div class='x'>text</div>\n\n<Component prop={1}/>\n\nend",
    "left open": "Before\n\n<details>\n\n<summary>\n\n# Title\n\na <sub>b\n\n- one\n- two\n\nc </sub>\n\nLast\n\nend",
    "reference": "See [this][1] and ![pic][2].\n\nMore text.\n\n[1]: https://example.org/a\n[2]: https://example.org/p.png",
    "setext": "Title\n=====\n\nOther\n-----\n\ntext\n***\ntext",
    "nested": "> ```\n> code in quote\n> ```\n\n1. item\n\n   ```sh\n   ls -l\n   ```\n\n2. next",
}

SETTLED = """() => { const el = [...document.querySelectorAll('.message[data-role=assistant] .prose')].at(-1);
  return el && !getElement(el.id.slice(1))?.live; }"""
SOURCE = """() => {
  const el = [...document.querySelectorAll('.message[data-role=assistant] .prose')].at(-1);
  return getElement(el.id.slice(1)).source;
}"""
HTML = """() => {
  const el = [...document.querySelectorAll('.message[data-role=assistant] .prose')].at(-1).cloneNode(true);
  for (const code of el.querySelectorAll('pre > code')) { code.textContent = code.textContent;
    code.removeAttribute('data-coloured'); code.removeAttribute('data-at'); }
  for (const box of el.querySelectorAll('.prose__chunk, .prose__tail')) box.replaceWith(...box.childNodes);
  el.normalize();
  return el.innerHTML.replace(/>\\s+</g, '><').trim();
}"""


async def stream(server: FakeServer, session: str, text: str, cut: Any) -> None:
    """Have the agent say a text in pieces."""
    server.pull("busy", session)
    user = server.pull("user", session, "go")
    message = server.pull("assistant", session, user)
    part = server.pull("start_text", session, message)
    at = 0
    while at < len(text):
        size = cut()
        server.pull("delta", session, message, part, text[at : at + size])
        at += size
    server.pull("end_text", session, message, part, text)
    server.pull("idle", session)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_streamed_text_ends_as_the_same_dom_as_the_whole_text(
    page: Page, fake_server: FakeServer, name: str
) -> None:
    text = DOCUMENTS[name]
    session = fake_server.session(f"stream {name}")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    chance = random.Random(name)
    await stream(fake_server, session, text, lambda: chance.randint(1, 7))
    await page.wait_for_selector(".facts, .message[data-role=assistant] .prose")
    await page.wait_for_function(SETTLED)
    await page.wait_for_timeout(100)
    streamed = await page.evaluate(HTML)
    assert await page.evaluate(SOURCE) == text
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_function(SETTLED)
    assert await page.evaluate(HTML) == streamed


async def test_repeated_pieces_are_ignored_and_missing_ones_asked_for(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("gap")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "go")
    message = fake_server.pull("assistant", session, user)
    part = fake_server.pull("start_text", session, message)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    fake_server.pull("delta", session, message, part, "Hällo 👋 ")
    prose = page.locator(".message[data-role=assistant] .prose")
    await page.wait_for_function("document.querySelector('.prose')?.textContent.includes('👋')")
    number = int((await prose.get_attribute("id") or "")[1:])
    await page.evaluate(f"sprintagenAppend([[{number}, 0, 'Hällo 👋 ']])")
    assert (await prose.text_content() or "").strip() == "Hällo 👋"
    await page.evaluate(f"sprintagenAppend([[{number}, 400, 'from nowhere']])")
    await page.evaluate(f"getElement({number}).reset('Häl')")  # the browser lost something
    fake_server.pull("delta", session, message, part, "welt")
    await page.wait_for_function("document.querySelector('.prose').textContent.trim() === 'Hällo 👋 welt'")


async def test_an_emoji_cut_in_two_comes_together(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("surrogates")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "go")
    message = fake_server.pull("assistant", session, user)
    part = fake_server.pull("start_text", session, message)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    for piece in ("a", "\ud83d", "\ude00", "b"):
        fake_server.pull("delta", session, message, part, piece)
    await page.wait_for_function("document.querySelector('.prose')?.textContent.trim() === 'a😀b'")


async def test_a_code_block_is_coloured_and_copied_whole(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("code")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await stream(fake_server, session, "```python\nimport os\n\nprint(os.name)\n```", lambda: 9)
    await page.wait_for_selector(".prose .hljs-keyword")
    await page.click(".prose .code__copy")
    assert await page.evaluate("navigator.clipboard.readText()") == "import os\n\nprint(os.name)"


async def test_links_open_in_a_tab_of_their_own_and_pictures_are_not_fetched(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("links")
    foreign: list[str] = []
    page.on(
        "request", lambda request: foreign.append(request.url) if not request.url.startswith(fake_server.url) else None
    )
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    text = "[a](https://example.org/) ![p](https://example.org/p.png) [f](src/a.py) <img src=https://example.org/q.png>"
    await stream(fake_server, session, text, lambda: 5)
    link = page.locator(".prose a[href='https://example.org/']")
    await link.wait_for()
    assert await link.get_attribute("target") == "_blank"
    assert "noopener" in (await link.get_attribute("rel") or "")
    assert await page.locator(".prose img").count() == 0
    assert await page.locator(".prose a", has_text="f").last.get_attribute("href") is None
    assert not foreign


async def test_only_the_last_block_has_no_margin_below_it_and_a_text_without_words_takes_no_room(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("margins")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "go")
    message = fake_server.pull("assistant", session, user)
    part = fake_server.pull("start_text", session, message)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    margins = """(wanted) => {
      const prose = document.querySelector('.message[data-role=assistant] .prose');
      const found = [...(prose?.querySelectorAll('p') ?? [])].map((p) => getComputedStyle(p).marginBottom);
      return JSON.stringify([prose?.offsetHeight > 0, ...found]) === JSON.stringify(wanted);
    }"""
    fake_server.pull("delta", session, message, part, "\n")
    await page.wait_for_function(margins, arg=[False])
    fake_server.pull("delta", session, message, part, "One.\n\n[1]: https://example.org/a\n\n")
    await page.wait_for_function(margins, arg=[True, "0px"])  # what comes last shows nothing
    fake_server.pull("delta", session, message, part, "Two.\n\nThree.")
    await page.wait_for_function(margins, arg=[True, "12px", "12px", "0px"])
