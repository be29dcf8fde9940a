"""One place for everything that waits: counted, listed, answered with the keyboard, and told while nobody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.canned import SHOP
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser


def ask(fake_server: FakeServer, session: str, number: int, command: str) -> str:
    id_ = f"per_inbox{number}"
    fake_server.pull(
        "emit",
        "permission.asked",
        id=id_,
        sessionID=session,
        permission="bash",
        patterns=[command],
        metadata={"command": command},
        always=["git *"],
        tool={"messageID": "msg_x", "callID": "call_x"},
    )
    return id_


async def test_what_waits_anywhere_is_listed_and_answered_with_keys(page: Page, fake_server: FakeServer) -> None:
    before = fake_server.session("quiet")
    await visit(page, f"{fake_server.url}/admin/chats/{before}")
    button = page.get_by_test_id("inbox")
    there = int((await button.get_attribute("aria-label") or "").rpartition(" ")[2])
    session = fake_server.session("Deploy the shop")
    first = ask(fake_server, session, 1, "git push")
    await expect(button).to_have_attribute("aria-label", f"Waiting for you: {there + 1}")
    await page.keyboard.press("Alt+i")
    panel = page.get_by_role("dialog", name="Waiting for you")
    card = panel.locator(".card", has_text="git push")
    await expect(card).to_be_visible()
    await expect(panel).to_contain_text("Deploy the shop")
    while not await card.evaluate("(el) => el === document.activeElement"):
        await page.keyboard.press("ArrowDown")
    await page.evaluate("document.documentElement.dataset.keys = 'combined'")
    await page.keyboard.press("3")  # it means nothing to who has switched such keys off
    await page.evaluate("document.documentElement.dataset.keys = 'all'")
    await page.keyboard.press("1")
    await expect(card).to_have_count(0)
    assert fake_server.calls("permission")[-1][:2] == [first, "once"]
    await expect(button).to_have_attribute("aria-label", f"Waiting for you: {there}")
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()


async def test_a_card_appears_in_an_open_panel_and_its_session_is_a_click_away(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await page.get_by_test_id("inbox").click()
    session = fake_server.session("Tidy up")
    fake_server.pull("user", session, "Tidy the project up.")
    ask(fake_server, session, 2, "git clean -n")
    panel = page.get_by_role("dialog", name="Waiting for you")
    await expect(panel.locator(".card", has_text="git clean -n")).to_be_visible()
    await panel.get_by_role("link", name="Tidy up").click()
    await page.wait_for_url(f"**/admin/chats/{session}")
    await expect(panel).to_be_hidden()
    await expect(page.locator(".tail .card", has_text="git clean -n")).to_be_visible()


async def test_the_system_tells_once_what_begins_to_wait_while_nobody_looks(
    page: Page, fake_server: FakeServer
) -> None:
    await page.add_init_script(
        """window.told = [];
        window.Notification = class { constructor(title, options) { told.push([title, options.body, options.tag]); } };
        window.Notification.permission = 'granted';
        Object.defineProperty(Document.prototype, 'hidden', { get: () => !!window.isAway });"""
    )
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    seen = fake_server.session("Looked at")
    ask(fake_server, seen, 3, "git status")
    await expect(page.get_by_test_id("session-item").filter(has_text="Looked at")).to_have_attribute(
        "data-state", "asking"
    )
    assert await page.evaluate("told") == [], "somebody looks"
    await page.evaluate("window.isAway = true")
    session = fake_server.session("Deploy again")
    id_ = ask(fake_server, session, 4, "git push --tags")
    await page.wait_for_function("told.length > 0")
    assert await page.evaluate("told") == [["Deploy again", "Run git push --tags?", id_]]


async def test_who_left_the_open_panel_is_not_called_back_and_answers_nothing_by_typing(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    session = fake_server.session("Clean up")
    asked = ask(fake_server, session, 5, "git gc")
    await page.get_by_test_id("inbox").click()
    panel = page.get_by_role("dialog", name="Waiting for you")
    await expect(panel.locator(".card", has_text="git gc")).to_be_visible()
    search = page.get_by_test_id("session-search")
    await search.focus()
    ask(fake_server, fake_server.session("Another"), 6, "git fsck")
    await expect(panel.locator(".card", has_text="git fsck")).to_be_visible()
    await expect(search).to_be_focused()
    await page.keyboard.type("12")
    await expect(search).to_have_value("12")
    assert asked not in [call[0] for call in fake_server.calls("permission")]


async def test_escape_closes_the_search_before_it_stops_a_turn(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("Busy")
    fake_server.pull("busy", session)
    fake_server.pull("user", session, "work on")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await expect(page.get_by_test_id("stop")).to_be_visible()
    await page.locator(".transcript__box").focus()
    await page.keyboard.press("Control+f")
    bar = page.get_by_role("search", name="This session")
    await expect(bar).to_be_visible()
    await page.locator(".transcript__box").focus()
    await page.keyboard.press("Escape")
    await expect(bar).to_be_hidden()
    assert session not in [call[0] for call in fake_server.calls("abort")]
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("stop")).to_have_count(0)
    assert session in [call[0] for call in fake_server.calls("abort")]
