"""The ways about in a long session, in a real browser: timeline, outline, search, and the keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.canned import SHOP
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

TOP = """() => {
  const box = document.querySelector(".transcript__box").getBoundingClientRect();
  const all = [...document.querySelectorAll(".message")];
  const first = all.find((el) => el.getBoundingClientRect().bottom > box.top + 30);
  return [first.innerText.split("\\n")[0], Math.round(first.getBoundingClientRect().top - box.top)];
}"""


async def open_long(page: Page, fake_server: FakeServer, turns: int, live: int = 3) -> str:
    """A session with so many turns before its live end, opened, its index read."""
    session = fake_server.session(f"Long {turns}")
    for number in range(live):
        user = fake_server.pull("user", session, f"Live question {number}")
        message = fake_server.pull("assistant", session, user, completed=1)
        fake_server.pull("part", session, message, "text", text=f"Live answer {number}")
    fake_server.pull("add_past", session, turns)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_selector(".message")
    await expect(page.get_by_test_id("timeline")).to_have_attribute("aria-valuemax", str(turns + live))
    return session


async def at_top(page: Page, words: str) -> None:
    """Wait until a turn begins at the upper edge; nothing is above the first one."""
    await page.wait_for_function(
        f"(words) => {{ const [text, top] = ({TOP})(); return text === words && top > 12 && top < 28; }}", arg=words
    )


async def point(page: Page, share: float) -> None:
    """Put the pointer on the timeline."""
    box = await page.get_by_test_id("timeline").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 8, box["y"] + box["height"] * share)


async def test_the_timeline_shows_a_turn_under_the_pointer_and_a_click_goes_there(
    page: Page, fake_server: FakeServer
) -> None:
    await open_long(page, fake_server, 600)
    await point(page, 0.5)
    card = page.get_by_test_id("timeline-card")
    await expect(card).to_contain_text(re.compile(r"Past question 30\d"))
    await expect(card).to_contain_text(re.compile(r"Turn 30\d of 603 · .*20\d\d"))
    words = (await card.locator(".timeline__line").inner_text()).strip()
    await page.mouse.down()
    await page.mouse.up()
    await at_top(page, words)
    number = int(words.removeprefix("Past question "))
    await expect(page.get_by_test_id("timeline")).to_have_attribute("aria-valuenow", str(number + 1))
    await page.mouse.move(300, 300)
    await expect(card).to_have_count(0)


async def test_a_drag_along_the_timeline_goes_to_where_it_ends(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 600)
    await point(page, 0.9)
    await page.mouse.down()
    for share in (0.7, 0.4, 0.1):
        await point(page, share)
    words = page.locator(".timeline__line")
    await expect(words).to_contain_text(re.compile(r"Past question [56]\d$"))
    wanted = (await words.inner_text()).strip()
    await page.mouse.up()
    await at_top(page, wanted)


async def test_the_timeline_is_a_slider_for_the_keyboard(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 600)
    rail = page.get_by_role("slider", name="Turns of this session")
    await rail.press("Home")
    await at_top(page, "Past question 0")
    await expect(rail).to_have_attribute("aria-valuetext", "Turn 1 of 603: Past question 0")
    await rail.press("PageDown")
    await at_top(page, "Past question 10")
    await rail.press("ArrowUp")
    await at_top(page, "Past question 9")


async def test_alt_and_an_arrow_go_from_turn_to_turn_wherever_the_focus_is(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 200)
    await page.focus("[data-testid=composer]")
    await page.get_by_test_id("timeline").press("Home")
    await at_top(page, "Past question 0")
    await page.focus("[data-testid=composer]")
    for number in (1, 2, 3):
        await page.keyboard.press("Alt+ArrowDown")
        await at_top(page, f"Past question {number}")
    await page.mouse.move(600, 300)
    await page.mouse.wheel(0, 100)
    await page.wait_for_timeout(300)
    await page.keyboard.press("Alt+ArrowUp")
    await at_top(page, "Past question 3")  # first to the beginning of the turn one reads
    await page.keyboard.press("Alt+ArrowUp")
    await at_top(page, "Past question 2")


async def test_a_short_session_has_neither_timeline_nor_outline_but_a_search(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("Two turns")
    for number in range(2):
        fake_server.pull("user", session, f"Question {number}")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_selector(".message")
    await expect(page.get_by_test_id("open-find")).to_be_visible()
    await expect(page.get_by_test_id("timeline")).to_have_count(0)
    await expect(page.get_by_test_id("open-outline")).to_be_hidden()
    fake_server.pull("user", session, "Question 2")
    await expect(page.get_by_test_id("timeline")).to_be_visible()
    await expect(page.get_by_test_id("open-outline")).to_be_visible()


async def test_thousands_of_turns_take_few_elements(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 5000)
    assert await page.evaluate("document.querySelectorAll('.timeline *').length") < 20
    assert await page.evaluate("document.querySelectorAll('*').length") < 3000
    await page.click("[data-testid=open-outline]")
    outline = page.get_by_test_id("outline")
    await expect(outline).to_contain_text("5,003 turns")
    assert await outline.locator(".outline__row").count() < 60
    await page.keyboard.press("Home")
    await expect(outline.locator("[data-number='0']")).to_be_focused()
    await expect(outline.locator("[data-number='0']")).to_contain_text("Past question 0")


async def test_on_a_phone_the_outline_stands_for_the_timeline(page: Page, fake_server: FakeServer) -> None:
    await page.set_viewport_size({"width": 390, "height": 780})
    session = fake_server.session("Long on a phone")
    fake_server.pull("user", session, "Live question")
    fake_server.pull("add_past", session, 300)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_selector(".message")
    await expect(page.get_by_test_id("timeline")).to_be_hidden()
    await page.click("[data-testid=open-outline]")
    outline = page.get_by_test_id("outline")
    await expect(outline.locator("[aria-current]")).to_be_focused()
    await expect(outline.locator("[data-number='300']")).to_contain_text("Live question")
    for _ in range(60):
        await page.keyboard.press("PageUp")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(outline).to_be_hidden()
    await at_top(page, "Past question 1")
    await expect(page.locator("[data-message-id=msg_00001apast]")).to_be_focused()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_the_outline_marks_a_turn_that_failed_and_closes_with_escape(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 60)
    await page.click("[data-testid=open-outline]")
    row = page.get_by_test_id("outline").locator("[data-number='57']")
    await expect(row).to_contain_text("Failed")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("outline")).to_be_hidden()
    await expect(page.get_by_test_id("open-outline")).to_be_focused()


async def find(page: Page, words: str) -> None:
    await page.keyboard.press("Control+f")
    await expect(page.get_by_test_id("session-find")).to_be_focused()
    await page.get_by_test_id("session-find").fill(words)


async def test_the_search_counts_goes_and_marks_without_touching_the_page(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 300)
    await page.focus("[data-testid=composer]")
    await find(page, "ANSWER needle12")
    count = page.get_by_test_id("session-find-count")
    await expect(count).to_have_text("1 of 11")  # 12, and 120 to 129
    await expect(page.locator("[data-message-id=msg_00129bpast]")).to_be_in_viewport()
    await page.wait_for_function("CSS.highlights.get('session-hit-here')?.size === 2")
    marked = await page.evaluate("[...CSS.highlights.get('session-hit-here')].map((range) => range.toString())")
    assert sorted(marked) == ["answer", "needle12"]
    assert await page.locator("mark").count() == 0
    await page.keyboard.press("Enter")
    await expect(count).to_have_text("2 of 11")
    await expect(page.locator("[data-message-id=msg_00128bpast]")).to_be_in_viewport()
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.press("Shift+Enter")
    await expect(count).to_have_text("11 of 11")
    await expect(page.locator("[data-message-id=msg_00012bpast]")).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("session-find")).to_be_hidden()
    await expect(page.get_by_test_id("composer")).to_be_focused()
    assert await page.evaluate("CSS.highlights.size") == 0


async def test_a_folded_tool_call_with_a_hit_opens(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 100)
    await find(page, "hidden53y")
    await expect(page.get_by_test_id("session-find-count")).to_have_text("1 of 1")
    await expect(page.locator("[data-message-id=msg_00053bpast] .tool__body")).to_contain_text(
        "hidden53y in the output"
    )
    await page.wait_for_function("CSS.highlights.get('session-hit-here')?.size === 1")


async def test_a_hit_far_down_in_a_long_message_is_brought_into_view(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("One long answer")
    user = fake_server.pull("user", session, "Tell me everything")
    message = fake_server.pull("assistant", session, user, completed=1)
    text = "\n\n".join(f"Paragraph {number} says something." for number in range(300))
    fake_server.pull("part", session, message, "text", text=text)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_selector(".message")
    await find(page, "150")
    await page.wait_for_function("""() => {
      const [range] = CSS.highlights.get("session-hit-here") ?? [];
      const at = range?.getBoundingClientRect().top;
      return at > 80 && at < innerHeight - 150;
    }""")


async def test_nothing_found_is_said_and_hostile_words_stay_words(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 120)
    await find(page, "<img src=x onerror=window.hit=1> .* \\")
    await expect(page.get_by_test_id("session-find-count")).to_have_text("Nothing found")
    await page.get_by_test_id("session-find").fill("a.swer")
    await expect(page.get_by_test_id("session-find-count")).to_have_text("Nothing found")
    assert await page.evaluate("window.hit") is None


async def test_while_older_messages_are_read_it_says_how_far_it_has_come(page: Page, fake_server: FakeServer) -> None:
    await open_long(page, fake_server, 300)
    fake_server.put("delay", 0.4)
    try:
        await find(page, "question")
        note = page.get_by_test_id("session-find-note")
        await expect(note).to_contain_text(re.compile(r"Searched back to .*20\d\d"))
        await expect(page.get_by_test_id("session-find-count")).to_contain_text("+")
        await expect(page.get_by_test_id("session-find-count")).to_have_text("1 of 303", timeout=15_000)
        await expect(note).to_have_count(0)
    finally:
        fake_server.put("delay", 0)


async def test_the_keys_for_finding_are_the_browsers_outside_the_chat_and_in_the_field(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await page.wait_for_selector(".message")
    await page.evaluate("addEventListener('keydown', (event) => (window.taken = event.defaultPrevented))")
    await page.focus("[data-testid=session-search]")
    await page.keyboard.press("Control+f")
    assert await page.evaluate("window.taken") is False
    await expect(page.get_by_test_id("session-find")).to_be_hidden()
    await page.focus("[data-testid=composer]")
    await page.keyboard.press("Control+f")
    assert await page.evaluate("window.taken") is True
    await expect(page.get_by_test_id("session-find")).to_be_focused()
    await page.keyboard.press("Control+f")
    assert await page.evaluate("window.taken") is False
