"""What a piece of text costs a browser does not grow with the text before it: counted, not timed."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

pytestmark = pytest.mark.browser

# Appends blocks of every kind in small pieces, each drawn before the next.
GROW = r"""async ([id, at, blocks]) => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const kinds = [
    "A paragraph of some words that say **something** or other and go on for a while.\n\n", "## A heading\n\n",
    "- one item\n- another `item`\n\n", "```python\nx = 1\ny = 2\n```\n\n", "> quoted\n\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
  ];
  for (let i = 0; i < blocks; i++) {
    const block = kinds[i % kinds.length];
    for (let j = 0; j < block.length; j += 12) {
      const piece = block.slice(j, j + 12);
      sprintagenAppend([[id, at, piece]]);
      at += piece.length;
      await drawn();
    }
  }
  return at;
}"""


# Whether what is contained stands to the pixel where it would without that.
PLACES = """() => {
  const prose = document.querySelector(".message[data-role=assistant] .prose");
  const chunks = [...prose.querySelectorAll(".prose__chunk")];
  const places = () => [...prose.querySelectorAll("*")].filter((el) => !chunks.includes(el)).map((el) => {
    const { top, left, width, height } = el.getBoundingClientRect();
    return [el.outerHTML.slice(0, 60), top - prose.getBoundingClientRect().top, left, width, height].join(" ");
  });
  const before = places();
  chunks.forEach((chunk) => (chunk.style.contain = "none"));
  const after = places();
  return [chunks.length, before.filter((place, n) => place !== after[n])];
}"""


class Growing(NamedTuple):
    """A text that is being said."""

    page: Page
    cdp: CDPSession
    element: int
    start: int
    """Its length."""


@pytest.fixture
async def growing(page: Page, fake_server: FakeServer) -> Growing:
    session = fake_server.session("grows")
    fake_server.pull("busy", session)
    message = fake_server.pull("assistant", session, fake_server.pull("user", session, "go"))
    part = fake_server.pull("start_text", session, message)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    start = "Start.\n\n"
    fake_server.pull("delta", session, message, part, start)
    prose = page.locator(".message[data-role=assistant] .prose")
    await prose.get_by_text("Start.").wait_for()
    element = int((await prose.get_attribute("id") or "c0")[1:])
    assert page.context.browser is not None
    return Growing(page, await page.context.browser.new_browser_cdp_session(), element, len(start))


async def traced(growing: Growing, at: int, blocks: int, *more: str) -> tuple[int, list[dict[str, Any]]]:
    """The text's new length, and what the browser noted while blocks were appended."""
    page, cdp, element, _ = growing
    seen: list[dict[str, Any]] = []
    done = asyncio.Event()

    def collect(chunk: dict[str, Any]) -> None:
        seen.extend(chunk["value"])

    cdp.on("Tracing.dataCollected", collect)
    cdp.once("Tracing.tracingComplete", lambda _: done.set())
    categories = {"includedCategories": ["devtools.timeline", *more], "excludedCategories": ["*"]}
    await cdp.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": categories})
    at = await page.evaluate(GROW, [element, at, blocks])
    await cdp.send("Tracing.end")
    await done.wait()
    cdp.remove_listener("Tracing.dataCollected", collect)
    return at, seen


async def most_styled(growing: Growing, at: int, blocks: int) -> tuple[int, int]:
    """The text's new length, and how many elements the dearest update had the browser style."""
    at, seen = await traced(growing, at, blocks)
    counts = [event["args"].get("elementCount", 0) for event in seen if event["name"] == "UpdateLayoutTree"]
    assert len(counts) > blocks, "the browser drew between the pieces"
    return at, max(counts)


async def test_no_more_elements_are_styled_for_a_piece_when_the_text_is_long(growing: Growing) -> None:
    at, _ = await most_styled(growing, growing.start, 12)
    at, short = await most_styled(growing, at, 18)
    at, _ = await most_styled(growing, at, 150)
    _, long = await most_styled(growing, at, 18)
    assert long <= 2 * short, f"{short} elements at first, {long} with 180 blocks before"


async def test_a_piece_has_nothing_around_the_text_looked_through_for_style(growing: Growing) -> None:
    around = await growing.page.evaluate("""(id) => {
      const found = [];
      for (let el = getElement(id).$el; (el = el.parentElement); ) found.push(el.id);
      return found.filter(Boolean);
    }""", growing.element)  # fmt: skip
    _, seen = await traced(growing, growing.start, 12, "disabled-by-default-devtools.timeline.invalidationTracking")
    kinds = ("ScheduleStyleInvalidationTracking", "StyleInvalidatorInvalidationTracking")
    names = {event["args"]["data"].get("nodeName", "") for event in seen if event["name"] in kinds}
    assert names, "the browser says what it looks through"
    assert not [name for name in names if any(f"id='{id_}'" in name for id_ in around)]


async def test_a_long_text_stands_in_chunks_the_browser_goes_through_as_one(growing: Growing) -> None:
    await growing.page.evaluate(GROW, [growing.element, growing.start, 200])
    boxes = await growing.page.evaluate("""() =>
      [...document.querySelector(".message[data-role=assistant] .prose").children].map(
        (el) => [getComputedStyle(el).contain, el.children.length])""")
    *full, _, _ = boxes
    assert {contain for contain, _ in full} == {"content"}
    assert len(full) >= 8
    assert max(count for _, count in boxes) < 30


async def test_a_chunk_keeps_every_block_where_it_stood(growing: Growing) -> None:
    kinds = [
        "A paragraph.\n\n", "## A heading\n\n", "- one\n- two\n\n", "- one\n\n- two\n\n  more\n\n",
        "1. one\n2. two\n   - in it\n\n", "- # one\n- two\n\n", "> quoted\n\n", "> # quoted\n\n", "> - quoted\n\n",
        "```python\nx = 1\n```\n\n", "| a | b |\n|---|---|\n| 1 | 2 |\n\n", "---\n\n", "<kbd>K</kbd>\n\n",
        "<details>\n\nx\n\n</details>\n\n", "- [x] one\n- [ ] two\n\n", "> > twice\n>\n> once\n\n",
    ]  # fmt: skip
    chance = random.Random(7)
    text = "".join(chance.choice(kinds) for _ in range(400))
    append = "([id, at, text]) => sprintagenAppend([[id, at, text]])"
    await growing.page.evaluate(append, [growing.element, growing.start, text])
    await growing.page.wait_for_function("document.querySelectorAll('.prose__chunk--full').length > 10")
    chunks, moved = await growing.page.evaluate(PLACES)
    assert chunks > 10
    assert moved == []
