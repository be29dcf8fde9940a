"""Formulas, diagrams and tables of a text, in a real browser."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

FENCE = "```"
DIAGRAM = "flowchart LR\n  A[Cart] --> B{Paid?}\n  B -->|yes| C[Ship]\n  B -->|no| D[Remind]"


async def show(page: Page, fake_server: FakeServer, text: str) -> None:
    """An answer with this text, opened."""
    session = fake_server.session("Prose")
    prompt = fake_server.pull("user", session, "Show me")
    answer = fake_server.pull("assistant", session, prompt, completed=1_800_000_000_000, finish="stop")
    fake_server.pull("end_text", session, answer, fake_server.pull("start_text", session, answer), text)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await expect(page.locator("[data-role=assistant] .prose").first).to_be_visible()


async def test_formulas_are_drawn_and_money_is_none(page: Page, fake_server: FakeServer) -> None:
    await show(
        page,
        fake_server,
        "Euler: $e^{i\\pi} + 1 = 0$, and \\(a^2\\).\n\n$$\n\\int_0^1 x\\,dx\n+ \\frac{1}{2}\n$$\n\n"
        "\\[ \\sum_{n} n \\]\n\n"
        "It costs $5 or $6; set `$HOME` and $PATH and $HOME/bin, then $$ alone.",
    )
    prose = page.locator("[data-role=assistant] .prose")
    await expect(prose.locator("math")).to_have_count(4)
    await expect(prose.locator("math[display=block]")).to_have_count(2)
    await expect(prose.locator("mfrac")).to_have_count(1)
    await expect(prose.locator("p").last).to_have_text(
        "It costs $5 or $6; set $HOME and $PATH and $HOME/bin, then $$ alone."
    )


async def test_a_formula_that_cannot_be_read_is_shown_as_it_was_written_and_nothing_in_one_can_run(
    page: Page, fake_server: FakeServer
) -> None:
    await show(
        page,
        fake_server,
        "$\\frac{1}{$ and $\\href{javascript:window.hit=1}{x}$ and "
        "$\\includegraphics{https://example.org/a.png}$ and $<img src=x onerror=window.hit=1>$",
    )
    prose = page.locator("[data-role=assistant] .prose")
    await expect(prose).to_contain_text("\\frac{1}{")
    await expect(prose.locator("[href^=javascript], img, mglyph")).to_have_count(0)
    assert await page.evaluate("window.hit") is None


async def test_a_formula_keeps_to_its_place(page: Page, fake_server: FakeServer) -> None:
    await show(page, fake_server, "Before $\\hspace{-60em}\\text{Allow everything}$ after.")
    formula = page.locator("[data-role=assistant] .prose .math")
    strays = await formula.evaluate(
        "(el) => el.querySelector('mtext').getBoundingClientRect().left < el.getBoundingClientRect().left - 100"
    )
    assert strays, "it tries to"
    assert await formula.evaluate("(el) => getComputedStyle(el).overflow") == "clip"


async def test_a_diagram_is_a_picture_with_its_source_behind_a_button_and_follows_the_theme(
    page: Page, fake_server: FakeServer
) -> None:
    await show(page, fake_server, f"Here:\n\n{FENCE}mermaid\n{DIAGRAM}\n{FENCE}\n\nDone.")
    picture = page.locator(".diagram__picture")
    await expect(picture).to_be_visible(timeout=30_000)
    await expect(picture).to_have_attribute("alt", "Diagram: flowchart LR")
    size: Any = await picture.evaluate("async (el) => (await el.decode(), [el.naturalWidth, el.naturalHeight])")
    assert min(size) > 40
    source = page.locator(".code--drawn pre")
    await expect(source).to_be_hidden()
    before = await picture.get_attribute("src")
    await page.evaluate("document.documentElement.dataset.theme = 'dark'")
    await expect(picture).not_to_have_attribute("src", before or "")
    await page.get_by_role("button", name="Source").click()
    await expect(page.locator(".code pre")).to_contain_text("Paid?")
    await expect(picture).to_be_hidden()


async def test_a_diagram_with_a_mistake_says_so_and_shows_its_text(page: Page, fake_server: FakeServer) -> None:
    await show(page, fake_server, f"{FENCE}mermaid\nflowchart LR\n  A --> --> B\n{FENCE}\n")
    await expect(page.locator(".diagram__note")).to_contain_text("No diagram", timeout=30_000)
    await expect(page.locator(".code pre")).to_contain_text("A --> --> B")


async def test_a_diagram_that_never_ends_is_given_up_and_takes_no_other_along(
    page: Page, fake_server: FakeServer
) -> None:
    drawing = """window.mermaid = {
      initialize() {},
      render: (id, text) => new Promise((done) => text.includes("never") || setTimeout(done, 4000,
        { svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 50"><rect width="50" height="50"/></svg>' })),
    };"""
    await page.route("**/mermaid.tiny.js", lambda route: route.fulfill(body=drawing, content_type="text/javascript"))
    texts = ["slow 1", "slow 2", "never ends", "slow 3", "slow 4"]
    await show(page, fake_server, "\n\n".join(f"{FENCE}mermaid\n{text}\n{FENCE}" for text in texts))
    await expect(page.locator(".diagram__picture")).to_have_count(4, timeout=60_000)
    await expect(page.locator(".diagram__note")).to_have_text("No diagram: it takes too long")
    await expect(page.locator(".diagram__frame")).to_have_count(1)


async def test_nothing_in_a_diagram_runs_or_calls_out(page: Page, fake_server: FakeServer) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.close()

    listener = await asyncio.start_server(listen, "127.0.0.1", 0)
    outside = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    hostile = (
        "flowchart LR\n  A[\"<img src=x onerror='parent.hit=1'>\"] --> B\n"
        f'  B@{{ img: "{outside}/track.png", label: "x", w: 60, h: 60 }}\n'
        '  click A href "javascript:parent.hit=1"\n'
    )
    await show(page, fake_server, f"{FENCE}mermaid\n{hostile}{FENCE}\n\n{FENCE}mermaid\n{DIAGRAM}\n{FENCE}\n")
    await expect(page.locator(".diagram__picture").last).to_be_visible(timeout=30_000)
    assert await page.evaluate("window.hit") is None
    listener.close()
    assert heard == []
    frame = page.locator(".diagram__frame")
    await expect(frame).to_have_attribute("sandbox", "allow-scripts")


async def test_a_table_is_copied_as_csv(page: Page, fake_server: FakeServer) -> None:
    await show(page, fake_server, '| File | Says |\n|---|---|\n| a.py | one, "two" |\n| b.py | `x \\| y` |\n')
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=fake_server.url)
    await page.locator(".prose__table").hover()
    await page.get_by_role("button", name="Copy as CSV").click()
    await expect(page.locator(".prose__csv")).to_have_text("Copied")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert list(csv.reader(io.StringIO(copied))) == [["File", "Says"], ["a.py", 'one, "two"'], ["b.py", "x | y"]]


async def test_no_cell_of_a_copied_table_is_a_formula(page: Page, fake_server: FakeServer) -> None:
    formulas = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")', "-5;=1", "＝1"]
    others = ["-5", "+3.5", "-1,000.50", "-12 %", "-1e-5", "-", "--", "a=b", "1-2"]
    await show(page, fake_server, "| Cell |\n|---|\n" + "".join(f"| `{cell}` |\n" for cell in formulas + others))
    copied = await page.evaluate(
        "import('prose').then(({ csvOf }) => csvOf(document.querySelector('.prose__table table')))"
    )
    rows = [row for [row] in csv.reader(io.StringIO(copied))]
    assert rows == ["Cell", *(f"'{cell}" for cell in formulas), *others]


async def test_long_lines_of_code_are_wrapped_where_somebody_wants_it(page: Page, fake_server: FakeServer) -> None:
    await show(page, fake_server, f"{FENCE}python\nx = '{'long ' * 100}'\n{FENCE}\n")
    pre = page.locator(".code pre")
    overflow = "(el) => el.scrollWidth > el.clientWidth"
    assert await pre.evaluate(overflow)
    wrap = page.get_by_role("button", name="Wrap long lines")
    await wrap.click()
    await expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not await pre.evaluate(overflow)


async def test_libraries_for_formulas_and_diagrams_are_fetched_only_by_pages_that_show_one(
    page: Page, fake_server: FakeServer
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    await show(page, fake_server, "No formula, no diagram.")
    assert not {"temml.min.js", "mermaid.tiny.js"} & set(asked)
    await show(page, fake_server, "$x^2$")
    await expect(page.locator("msup")).to_have_count(1)
    assert "temml.min.js" in asked
    assert "mermaid.tiny.js" not in asked
