"""Where the reader is while an answer grows: at its end, or on the line they went up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser

# Appends paragraphs in pieces, each drawn before the next.
GROW = """async ([id, at, paragraphs]) => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const words = "Some words that go on for a while, **bold** and `code`, until it is enough.\\n\\n";
  for (let i = 0; i < paragraphs; i++)
    for (let j = 0; j < words.length; j += 16) {
      const piece = words.slice(j, j + 16);
      sprintagenAppend([[id, at, piece]]);
      at += piece.length;
      await drawn();
    }
  return at;
}"""
GAP = "el => el.scrollHeight - el.clientHeight - el.scrollTop"
TOP = "el => el.getBoundingClientRect().top"
SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) =>
    [entry.value, entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 60))]
  ))).observe({ type: "layout-shift" });
}"""


class Growing(NamedTuple):
    """A session whose last answer is being said below a long one."""

    page: Page
    box: Locator
    long: Locator
    """The answer before."""
    latest: Locator
    element: int
    length: int

    async def grow(self, at: int, paragraphs: int) -> int:
        """Returns the text's new length."""
        length: int = await self.page.evaluate(GROW, [self.element, at, paragraphs])
        return length

    async def say(self, at: int, text: str) -> None:
        await self.page.evaluate("piece => sprintagenAppend([piece])", [self.element, at, text])

    async def drawn(self) -> None:
        await self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


@pytest.fixture
async def growing(page: Page, fake_server: FakeServer) -> Growing:
    session = fake_server.session("grows")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "go")
    before = fake_server.pull("assistant", session, user)
    text = "".join(f"Line {number}.\n\n" for number in range(120))
    fake_server.pull("delta", session, before, fake_server.pull("start_text", session, before), text)
    message = fake_server.pull("assistant", session, user)
    part = fake_server.pull("start_text", session, message)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    start = "Start.\n\n"
    fake_server.pull("delta", session, message, part, start)
    long, prose = (page.locator(".message[data-role=assistant] .prose").nth(n) for n in (0, 1))
    await prose.get_by_text("Start.").wait_for()
    await long.get_by_text("Line 119.").wait_for()
    element = int((await prose.get_attribute("id") or "c0")[1:])
    latest = page.locator("[data-testid=jump-latest]")
    return Growing(page, page.locator("[data-testid=message-list]"), long, latest, element, len(start))


async def test_nothing_shifts_for_whoever_follows_a_growing_answer(growing: Growing) -> None:
    at = await growing.grow(growing.length, 3)
    await growing.page.evaluate(SHIFTS)
    await growing.grow(at, 12)
    shifts: list[Any] = await growing.page.evaluate("shifts")
    assert shifts == []
    assert await growing.box.evaluate(GAP) < 2


async def test_a_burst_of_growth_is_not_taken_for_leaving_the_end(growing: Growing) -> None:
    paragraphs = "More.\n\n" * 40
    at = growing.length
    for _ in range(5):
        await growing.say(at, paragraphs)
        at += len(paragraphs)
        await growing.drawn()
        assert await growing.box.evaluate(GAP) < 2
    assert not await growing.latest.is_visible()


async def test_growth_does_not_move_what_somebody_reads_above_it(growing: Growing) -> None:
    await growing.box.evaluate("el => { el.scrollTop -= 1200; }")
    await growing.latest.wait_for()
    line = growing.long.get_by_text("Line 90.", exact=True)
    before = await line.evaluate(TOP)
    await growing.page.evaluate(SHIFTS)
    at = await growing.grow(growing.length, 8)
    await growing.say(at, "More.\n\n" * 40)
    await growing.drawn()
    assert await line.evaluate(TOP) == before
    shifts: list[Any] = await growing.page.evaluate("shifts")
    assert shifts == []


async def test_a_step_up_at_the_wheel_is_not_undone_by_growth(growing: Growing) -> None:
    await growing.box.hover()
    await growing.page.evaluate("window.going = true")
    growth = """([id, at]) => {
      const more = () => {
        if (!window.going) return;
        sprintagenAppend([[id, at, "More.\\n\\n"]]);
        at += 7;
        requestAnimationFrame(more);
      };
      more();
    }"""
    await growing.page.evaluate(growth, [growing.element, growing.length])
    await growing.page.mouse.wheel(0, -120)
    await growing.latest.wait_for()
    await growing.page.evaluate("window.going = false")


async def test_nothing_is_moved_under_somebody_who_is_scrolling(growing: Growing) -> None:
    await growing.page.evaluate("""() => {
      window.clock = performance.now.bind(performance);
      const now = clock();
      performance.now = () => now;
      const box = document.querySelector("[data-testid=message-list]");
      box.dispatchEvent(new WheelEvent("wheel", { deltaY: -4 }));
      box.querySelector(".tail").style.paddingBottom = "600px";
    }""")
    await growing.drawn()
    await growing.drawn()
    assert await growing.box.evaluate(GAP) > 500
    await growing.page.evaluate("() => { performance.now = clock; }")
    ended = "(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop < 2)"
    await growing.page.wait_for_function(f"{ended}(document.querySelector('[data-testid=message-list]'))")


async def test_whoever_went_up_a_little_keeps_that_distance_from_the_end(growing: Growing) -> None:
    await growing.box.evaluate("el => { el.scrollTop -= 20; }")
    await growing.page.wait_for_timeout(400)
    await growing.grow(growing.length, 4)
    assert abs(await growing.box.evaluate(GAP) - 20) < 1
    assert not await growing.latest.is_visible()


async def test_a_box_of_another_height_keeps_its_end_or_the_line_read(growing: Growing) -> None:
    async def resize(height: int) -> None:
        await growing.page.set_viewport_size({"width": 1200, "height": height})
        await growing.drawn()

    await growing.page.set_viewport_size({"width": 1200, "height": 800})
    for height in (500, 900, 700):
        await resize(height)
        assert await growing.box.evaluate(GAP) < 2
    await growing.box.evaluate("el => { el.scrollTop -= 1200; }")
    await growing.latest.wait_for()
    line = growing.long.get_by_text("Line 100.", exact=True)
    before = await line.evaluate(TOP)
    for height in (500, 900, 700):
        await resize(height)
        assert await line.evaluate(TOP) == before


async def read_below_the_question(growing: Growing) -> tuple[Locator, float]:
    """Returns the line read, and where it is."""
    await growing.box.evaluate("el => { el.scrollTop = 0; }")
    await growing.page.locator(".message[data-role=user]").wait_for()
    line = growing.long.get_by_text("Line 30.", exact=True)
    await line.evaluate("el => el.scrollIntoView({ block: 'center' })")
    await growing.drawn()
    await growing.drawn()
    return line, await line.evaluate(TOP)


async def test_writing_several_lines_leaves_the_transcript_at_its_end(growing: Growing) -> None:
    field = growing.page.locator("[data-testid=composer]")
    await field.fill("one\n" * 6)
    for _ in range(3):
        await field.press("x")
        await growing.drawn()
        assert await growing.box.evaluate(GAP) < 2
    for width, height in ((390, 780), (1400, 900)):
        await growing.page.set_viewport_size({"width": width, "height": height})
        await growing.drawn()
        await growing.drawn()
        assert await growing.box.evaluate(GAP) < 2
    assert not await growing.latest.is_visible()


async def test_what_becomes_higher_above_does_not_move_what_is_read(growing: Growing) -> None:
    line, before = await read_below_the_question(growing)
    question = growing.page.locator(".message[data-role=user]")
    for height in (300, 0):
        await question.evaluate("(el, height) => { el.style.paddingBottom = `${height}px`; }", height)
        await growing.drawn()
        assert await line.evaluate(TOP) == before


async def test_what_becomes_higher_above_in_the_frame_of_a_step_is_made_up_for(growing: Growing) -> None:
    line, before = await read_below_the_question(growing)
    await growing.box.evaluate("""el => {
      el.scrollTop -= 50;
      document.querySelector(".message[data-role=user]").style.paddingBottom = "300px";
    }""")
    await growing.drawn()
    await growing.drawn()
    assert await line.evaluate(TOP) == before + 50


async def test_the_key_for_the_end_finds_it_however_fast_it_grows(growing: Growing) -> None:
    await growing.box.evaluate("el => { el.scrollTop -= 300; }")
    await growing.latest.wait_for()
    await growing.box.focus()
    await growing.page.keyboard.press("End")
    await growing.say(growing.length, "More.\n\n" * 40)
    await growing.latest.wait_for(state="hidden")
    await growing.drawn()
    assert await growing.box.evaluate(GAP) < 2
