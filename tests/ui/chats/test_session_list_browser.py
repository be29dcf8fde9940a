"""The session list with thousands of rows: only those near the window exist, and nothing about it says so."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.ui.canned import SHOP
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

MANY = 3000
LIST = "[data-testid=session-list]"
ITEMS = "[data-testid=session-item]"
BLANK = ".session--blank"
FIRST_SEEN = """() => {
  const list = document.querySelector('[data-testid=session-list]');
  const edge = list.getBoundingClientRect().top;
  const seen = [...list.querySelectorAll('[data-testid=session-item]')]
    .find((one) => one.getBoundingClientRect().bottom > edge + 1);
  return [seen.dataset.sessionId, Math.round(seen.getBoundingClientRect().top - edge)];
}"""
FOCUSED = "document.activeElement.closest('.sessions__item')?.ariaPosInSet ?? null"


@pytest.fixture(scope="module")
def many(fake_server: FakeServer) -> FakeServer:
    """Thousands of sessions, some of each height."""
    fake_server.pull("fill_up", MANY)
    return fake_server


async def scroll_to(page: Page, top: str) -> None:
    await page.evaluate(f"(() => {{ const list = document.querySelector('{LIST}'); list.scrollTop = {top}; }})()")


async def first_seen(page: Page) -> list[Any]:
    found: list[Any] = await page.evaluate(FIRST_SEEN)
    return found


async def settled(page: Page) -> None:
    """The rows of where it is are there."""
    await page.wait_for_timeout(50)
    await expect(page.locator(BLANK)).to_have_count(0)


async def test_only_rows_near_the_window_exist_and_any_place_can_be_gone_to(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    items = page.locator(ITEMS)
    height = await page.evaluate(f"document.querySelector('{LIST}').scrollHeight")
    assert height > MANY * 30
    total = int(await page.locator(".sessions__item").first.get_attribute("aria-setsize") or 0)
    assert total > MANY
    for place in ("0.5", "0.9", "0.1", "1"):
        await scroll_to(page, f"list.scrollHeight * {place}")
        await settled(page)
        assert 10 < await items.count() < 80
    assert await page.evaluate(f"document.querySelector('{LIST}').scrollHeight") == height
    last = page.locator(f".sessions__item[aria-posinset='{total}']")
    await expect(last).to_be_in_viewport()
    await expect(last).to_contain_text("Filled 2999")
    rows = await page.evaluate(
        "[...document.querySelectorAll('.sessions__item')]"
        ".map((one) => [+one.ariaPosInSet, one.offsetTop, one.offsetHeight])"
    )
    assert all((one[0] + 1, one[1] + one[2]) == (next_[0], next_[1]) for one, next_ in pairwise(rows)), (
        "no gap and no overlap"
    )


async def test_every_row_has_the_height_that_was_told_for_it(page: Page, many: FakeServer) -> None:
    for width in (1400, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        await visit(page, f"{many.url}/admin/chats")
        if width == 390:
            await page.click("[data-testid=toggle-list]")
        for place in ("0", "0.3"):
            await scroll_to(page, f"list.scrollHeight * {place}")
            await settled(page)
            cut = await page.evaluate(
                "[...document.querySelectorAll('.session__link')].filter((a) => a.scrollHeight > a.clientHeight).length"
            )
            empty = await page.evaluate(
                "[...document.querySelectorAll('.session__more')].filter((one) => !one.textContent.trim()).length"
            )
            assert (cut, empty) == (0, 0)


async def test_what_a_reader_looks_at_stays_where_it_is_while_rows_above_come_move_grow_and_go(
    page: Page, many: FakeServer
) -> None:
    await visit(page, f"{many.url}/admin/chats")
    await scroll_to(page, "20_011")
    await settled(page)
    seen = await first_seen(page)
    many.pull("new_session", "Comes above", age_days=1)
    below = many.pull("sessions_at", 2000)
    many.pull("touch", below)
    above = many.pull("sessions_at", 100)
    many.pull("set_ticket", above, "GROWS-1")
    many.pull("store.remove", many.pull("sessions_at", 90))
    await page.wait_for_timeout(700)
    assert await first_seen(page) == seen
    many.pull("touch", seen[0])  # the very row goes to the top: the next one is where it was
    await page.wait_for_function(f"id => ({FIRST_SEEN})()[0] !== id", arg=seen[0])
    await settled(page)
    await scroll_to(page, "0")
    await settled(page)
    await expect(page.locator(ITEMS).first).to_have_attribute("data-session-id", seen[0])
    await expect(page.locator(f"[data-session-id={above}]")).to_have_count(0)


async def test_at_the_top_what_is_new_comes_into_view(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    newest = many.session("Newest of all")
    await expect(page.locator(ITEMS).first).to_have_attribute("data-session-id", newest)
    await expect(page.locator(ITEMS).first).to_be_in_viewport()


async def test_a_change_far_away_costs_a_few_hundred_bytes(page: Page, many: FakeServer) -> None:
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(len(data))))
    await visit(page, f"{many.url}/admin/chats")
    await page.wait_for_timeout(500)
    frames.clear()
    many.pull("touch", many.pull("sessions_at", 2500))
    await page.wait_for_timeout(600)
    assert 0 < sum(frames) < 1500, frames


async def test_the_keyboard_goes_through_the_whole_list_and_keeps_its_place(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    total = int(await page.locator(".sessions__item").first.get_attribute("aria-setsize") or 0)
    await page.locator(ITEMS).first.focus()
    for key, position in (("ArrowDown", 2), ("ArrowDown", 3), ("ArrowUp", 2), ("End", total), ("ArrowUp", total - 1)):
        await page.keyboard.press(key)
        await page.wait_for_function(f"+({FOCUSED}) === {position}")
    await settled(page)
    await expect(page.locator(":focus")).to_have_attribute("data-testid", "session-item")
    await expect(page.locator(":focus")).to_be_in_viewport()
    await page.keyboard.press("PageUp")
    await page.wait_for_function(f"+({FOCUSED}) < {total - 12} && +({FOCUSED}) > {total - 40}")
    focused = await page.evaluate("document.activeElement.dataset.sessionId")
    await page.mouse.move(100, 400)
    await scroll_to(page, "0")  # far from its window the focused row is still there for the keyboard
    await settled(page)
    assert await page.evaluate("document.activeElement.dataset.sessionId") == focused
    many.pull("touch", focused)
    await page.wait_for_function(f"+({FOCUSED}) === 1")
    assert await page.evaluate("document.activeElement.dataset.sessionId") == focused
    await page.keyboard.press("End")
    await page.keyboard.press("PageUp")
    await page.keyboard.press("Home")
    await page.wait_for_function(f"+({FOCUSED}) === 1")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"[data-session-id={focused}]")).to_have_attribute("aria-current", "page")


async def test_when_the_focused_row_goes_its_neighbour_has_the_focus(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    goes, stays = many.pull("sessions_at", 3), many.pull("sessions_at", 4)
    await page.locator(f"[data-session-id={goes}]").focus()
    many.pull("store.remove", goes)
    await expect(page.locator(f"[data-session-id={goes}]")).to_have_count(0)
    await expect(page.locator(f"[data-session-id={stays}]")).to_be_focused()


async def test_the_list_is_one_stop_on_the_way_through_the_page(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    await page.locator("[data-testid=session-filter]").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_attribute("data-testid", "session-item")
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_class("session__menu")
    await page.keyboard.press("Tab")
    assert await page.evaluate(f"document.querySelector('{LIST}').contains(document.activeElement)") is False


async def test_an_opened_session_far_down_is_shown_in_the_list(page: Page, many: FakeServer) -> None:
    session = many.pull("sessions_at", 2222)
    await visit(page, f"{many.url}/admin/chats/{session}")
    await expect(page.locator(f"[data-session-id={session}]")).to_be_in_viewport()
    await expect(page.locator(f"[data-session-id={session}]")).to_have_attribute("aria-current", "page")
    await page.click("[data-testid=new-session]")
    await expect(page.locator(f"[data-session-id={session}]")).to_be_in_viewport()


async def test_after_a_reload_the_list_is_where_it_was(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats/{SHOP}")
    await scroll_to(page, "40_005")
    await settled(page)
    seen = await first_seen(page)
    await page.reload()
    await page.wait_for_function("window.did_handshake === true")
    await settled(page)
    await page.wait_for_timeout(300)
    assert await first_seen(page) == seen
    await page.fill("[data-testid=session-search]", "filled 1")
    await expect(page.locator(ITEMS).first).to_contain_text("Filled 1")
    await expect(page.locator(ITEMS).first).to_be_in_viewport()
    await scroll_to(page, "10_000")
    await settled(page)
    seen = await first_seen(page)
    await page.reload()
    await expect(page.locator("[data-testid=session-search]")).to_have_value("filled 1")
    await page.wait_for_function(f"document.querySelector('{LIST}').scrollTop === 10_000")
    await settled(page)
    assert await first_seen(page) == seen
    await page.fill("[data-testid=session-search]", "")


async def test_a_row_in_the_middle_has_its_menu(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    await scroll_to(page, "50_000")
    await settled(page)
    session = (await first_seen(page))[0]
    row = page.locator(f".session:has([data-session-id={session}])")
    await row.locator("a").click(button="right")
    await page.get_by_role("menuitem", name="Archive", exact=True).click()
    await expect(row).to_have_count(0)
    assert [session, {"archived": True}] in many.calls("update")
    await settled(page)


OVER = """ids => ids.forEach((id) => document.querySelector(`[data-session-id=${id}]`)
    .dispatchEvent(new PointerEvent("pointerover", { bubbles: true, pointerType: "mouse" })))"""


async def heard(page: Page, many: FakeServer, session: str) -> None:
    """The server was told that this session may be opened."""
    for _ in range(200):
        if [session] in many.calls("expect"):
            return
        await page.wait_for_timeout(50)
    raise AssertionError(f"nothing was told of {session}")


async def test_resting_on_a_row_says_that_it_may_be_opened_and_passing_over_does_not(
    page: Page, many: FakeServer
) -> None:
    await visit(page, f"{many.url}/admin/chats")
    rested, passed, focused = (many.pull("sessions_at", at) for at in (4, 6, 8))
    await page.evaluate(OVER, [passed, rested])  # in one go, however long anything takes
    await page.hover(f"[data-session-id={rested}]")
    await heard(page, many, rested)
    await page.locator(f"[data-session-id={focused}]").focus()
    await heard(page, many, focused)
    assert [passed] not in many.calls("expect")
    assert many.calls("open") == []


async def test_searching_shows_what_is_found_from_its_beginning(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    await scroll_to(page, "30_000")
    await page.fill("[data-testid=session-search]", "filled 2718")
    await expect(page.locator(ITEMS)).to_have_count(1)
    session = await page.locator(ITEMS).get_attribute("data-session-id")
    assert session is not None
    await page.fill("[data-testid=session-search]", session[:20].upper())
    await expect(page.locator(f"[data-session-id={session}]")).to_be_in_viewport()
    await page.fill("[data-testid=session-search]", "")
    await expect(page.locator(".sessions__item[aria-posinset='1']")).to_be_in_viewport()


async def test_a_pinned_session_goes_to_the_top_under_its_own_heading_and_back(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    session = many.pull("sessions_at", 7)
    row = page.locator(f".sessions__item:has([data-session-id={session}])")
    await row.locator("a").click(button="right")
    await page.get_by_role("menuitem", name="Pin", exact=True).click()
    await expect(row).to_have_attribute("aria-posinset", "1")
    await expect(row.locator(".sessions__day")).to_have_text("Pinned")
    await expect(page.locator(".sessions__item[aria-posinset='2'] .sessions__day")).not_to_have_text("Pinned")
    await page.reload()
    await expect(row.locator(".sessions__day")).to_have_text("Pinned")
    await row.locator("a").click(button="right")
    await page.get_by_role("menuitem", name="Unpin", exact=True).click()
    await expect(row).to_have_attribute("aria-posinset", "8")


async def test_subagents_sessions_show_below_the_one_they_work_for(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    parent = many.pull("sessions_at", 3)
    child = many.pull("new_session", "A subagent at work", parent=parent)
    await expect(page.locator(f"[data-session-id={child}]")).to_have_count(0)
    await page.click("[data-testid=session-filter]")
    await page.get_by_role("menuitemradio", name="Subagents, too").click()
    above = page.locator(f".sessions__item:has([data-session-id={parent}])")
    below = page.locator(f".sessions__item:has([data-session-id={child}])")
    await expect(below).to_have_count(1)
    place = int(await above.get_attribute("aria-posinset") or 0)
    await expect(below).to_have_attribute("aria-posinset", str(place + 1))
    titles = [await one.locator(".session__title").bounding_box() for one in (above, below)]
    assert titles[0]
    assert titles[1]
    assert titles[1]["x"] > titles[0]["x"] + 8
    await page.get_by_role("button", name="Do not filter by Subagents, too").click()
    await expect(below).to_have_count(0)


async def test_several_sessions_are_chosen_and_archived_at_once(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    chosen = [many.pull("sessions_at", at) for at in range(4, 9)]
    rows = [page.locator(f"[data-session-id={one}]") for one in chosen]
    await rows[0].click(button="right")
    await page.get_by_role("menuitem", name="Choose", exact=True).click()
    await rows[4].click(modifiers=["Shift"])
    bar = page.get_by_test_id("chosen-sessions")
    await expect(bar).to_contain_text("5 sessions")
    await rows[2].click()
    await expect(bar).to_contain_text("4 sessions")
    await expect(rows[2]).to_have_attribute("aria-checked", "false")
    assert many.calls("open") == [], "a click chooses and opens nothing"
    await bar.get_by_role("button", name="Archive").click()
    await expect(page.locator(".toast")).to_contain_text("4 sessions archived")
    await expect(bar).to_have_count(0)
    for one in (0, 1, 3, 4):
        await expect(rows[one]).to_have_count(0)
    await expect(rows[2]).to_have_count(1)
    assert [call[0] for call in many.calls("update")][-4:] == [chosen[0], chosen[1], chosen[3], chosen[4]]


async def test_sessions_are_chosen_with_the_keyboard(page: Page, many: FakeServer) -> None:
    await visit(page, f"{many.url}/admin/chats")
    first = page.locator(ITEMS).first
    await first.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Shift+Space")
    bar = page.get_by_test_id("chosen-sessions")
    await expect(bar).to_contain_text("3 sessions")
    await page.keyboard.press("Control+a")
    await expect(bar).not_to_contain_text("3 sessions")
    await page.keyboard.press("Escape")
    await expect(bar).to_have_count(0)
    await expect(page.locator(".session--chosen")).to_have_count(0)


async def test_a_mouse_opens_a_session_as_its_button_goes_down_and_the_click_that_follows_does_nothing_more(
    page: Page, fake_server: FakeServer
) -> None:
    session_id = fake_server.session("Is pressed")
    fake_server.pull("user", session_id, "Words of the pressed session")
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    steps = await page.evaluate("history.length")
    await page.hover(f'a[href$="/{session_id}"]')
    await page.mouse.down()
    await expect(page.get_by_text("Words of the pressed session")).to_be_visible()
    await expect(page).to_have_url(f"{fake_server.url}/admin/chats/{session_id}")
    await page.mouse.up()
    await page.wait_for_timeout(100)
    assert await page.evaluate("history.length") == steps + 1


async def test_a_press_that_is_for_the_browser_or_of_a_finger_opens_nothing_by_itself(
    page: Page, fake_server: FakeServer
) -> None:
    session_id = fake_server.session("Is left alone")
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    link = page.locator(f'a[href$="/{session_id}"]')
    for given in (
        {"pointerType": "mouse", "button": 0, "ctrlKey": True},
        {"pointerType": "mouse", "button": 0, "metaKey": True},
        {"pointerType": "mouse", "button": 0, "shiftKey": True},
        {"pointerType": "mouse", "button": 1},
        {"pointerType": "mouse", "button": 2},
        {"pointerType": "touch", "button": 0},
    ):
        await link.dispatch_event("pointerdown", given)
    await page.wait_for_timeout(200)
    await expect(page).to_have_url(f"{fake_server.url}/admin/chats/{SHOP}")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{fake_server.url}/admin/chats/{session_id}")


async def test_a_title_that_is_being_typed_when_another_session_is_pressed_stays_with_its_own(
    page: Page, fake_server: FakeServer
) -> None:
    named, other = fake_server.session("Is renamed"), fake_server.session("Is pressed meanwhile")
    await visit(page, f"{fake_server.url}/admin/chats/{named}")
    await page.locator(".chat__title button").dblclick()
    await page.get_by_test_id("title-field").fill("Has another name")
    await page.locator(f'a[href$="/{other}"]').click()
    await expect(page.locator(f'a[href$="/{named}"]')).to_contain_text("Has another name")
    await expect(page.locator(f'a[href$="/{other}"]')).to_contain_text("Is pressed meanwhile")
    await expect(page.locator(".chat__title")).to_have_text("Is pressed meanwhile")
