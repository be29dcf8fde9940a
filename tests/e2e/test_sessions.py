"""The session list and the address bar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab
    from tests.rig import RealOpencode

UNKNOWN = "/admin/chats/ses_0000000000000000000000000"


async def test_a_new_session_stands_in_the_list_with_the_title_it_gets(tab: Tab) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    await expect(tab.item(session_id)).to_contain_text("/x text hello")
    await expect(tab.item(session_id)).to_have_attribute("aria-current", "page")
    await expect(tab.find("session-list").get_by_role("heading", name="Today")).to_be_visible()
    await expect(tab.page).to_have_title(re.compile("^/x text hello"))


async def test_a_deep_link_a_reload_and_back_lead_to_the_session(tab: Tab) -> None:
    first = await tab.begin("/x text the first")
    await tab.ended()
    await tab.find("new-session").click()
    await expect(tab.page).to_have_url(re.compile("/admin/chats$"))
    second = await tab.begin("/x text the second")
    await tab.ended()
    await tab.item(first).click()
    await expect(tab.answers).to_have_text("the first")
    assert tab.session_id == first
    await tab.page.reload()
    await expect(tab.answers).to_have_text("the first")
    await tab.live()
    await tab.page.go_back()
    await expect(tab.answers).to_have_text("the second")
    assert tab.session_id == second
    await expect(tab.item(second)).to_have_attribute("aria-current", "page")
    await tab.page.go_back()
    await expect(tab.page.get_by_role("heading", name="What should be done?")).to_be_visible()
    await tab.page.go_forward()
    await expect(tab.answers).to_have_text("the second")
    await tab.go(f"/admin/chats/{first}")
    await expect(tab.answers).to_have_text("the first")


async def test_states_are_told_apart_in_the_list(tab: Tab) -> None:
    session_id = await tab.begin("/x say 60 20")
    await expect(tab.item(session_id, "working")).to_be_visible()
    await tab.find("new-session").click()
    await expect(tab.item(session_id, "working")).to_be_visible()
    await expect(tab.item(session_id, "unread")).to_be_visible()
    await tab.item(session_id).click()
    await expect(tab.item(session_id, "idle")).to_be_visible()
    await tab.send('/x tool bash {"command": "seq 8", "description": "counts"}\n/x text Ran.')
    await expect(tab.item(session_id, "asking")).to_be_visible()
    await expect(tab.page).to_have_title(re.compile(r"^\(1\) "))
    await tab.find("permission-once").click()
    await tab.ended(turns=2)
    await expect(tab.item(session_id, "idle")).to_be_visible()
    await tab.page.reload()
    await expect(tab.item(session_id, "idle")).to_be_visible()


async def test_rename(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    await tab.act(session_id, "Rename")
    await tab.page.get_by_role("textbox", name="Title").fill("A better <b>name</b>")
    await tab.page.get_by_role("button", name="Rename", exact=True).click()
    await expect(tab.item(session_id)).to_contain_text("A better <b>name</b>")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("A better <b>name</b>")
    assert real_opencode.request("GET", f"/session/{session_id}")["title"] == "A better <b>name</b>"


async def test_a_title_given_elsewhere_arrives(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    real_opencode.request("PATCH", f"/session/{session_id}", {"title": "Named in the terminal"})
    await expect(tab.item(session_id)).to_contain_text("Named in the terminal")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Named in the terminal")


async def test_a_title_is_changed_where_it_stands(tab: Tab) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    title = tab.page.locator(".chat__title")
    await title.get_by_role("button").dblclick()
    await expect(tab.find("title-field")).to_have_value("/x text hello")
    await tab.find("title-field").fill("A better one <b>")
    await tab.page.keyboard.press("Enter")
    await expect(title).to_have_text("A better one <b>")
    await expect(tab.item(session_id)).to_contain_text("A better one <b>")
    await title.get_by_role("button").focus()
    await tab.page.keyboard.press("Enter")
    await tab.find("title-field").fill("Not this")
    await tab.page.keyboard.press("Escape")
    await expect(title).to_have_text("A better one <b>")
    await tab.find("session-menu").click()
    await tab.page.get_by_role("menuitem", name="Rename").click()
    await expect(tab.find("title-field")).to_be_focused()
    await tab.page.keyboard.type("From the menu")
    await tab.composer.click()
    await expect(tab.item(session_id)).to_contain_text("From the menu")


async def test_a_deleted_session_leaves_every_page_at_once_and_the_server_a_little_later(
    tab: Tab, open_tab: OpenTab, real_opencode: RealOpencode
) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    other = await open_tab()
    await tab.act(session_id, "Delete")
    await expect(tab.find("deletions")).to_contain_text("is deleted")
    await expect(tab.item(session_id)).to_have_count(0)
    await expect(tab.page).to_have_url(re.compile("/admin/chats$"))
    await expect(other.item(session_id)).to_have_count(0)
    await expect(other.find("deletions")).to_be_empty()
    assert session_id not in [one["id"] for one in real_opencode.request("GET", "/session")]


async def test_a_session_deleted_by_mistake_is_open_again_when_that_is_undone(tab: Tab) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    await tab.act(session_id, "Delete")
    await expect(tab.page).to_have_url(re.compile("/admin/chats$"))
    await tab.find("undo-delete").click()
    await expect(tab.answers).to_have_text("hello")
    await expect(tab.page).to_have_url(re.compile(session_id))


async def test_a_deletion_is_taken_back_from_another_page(
    tab: Tab, open_tab: OpenTab, real_opencode: RealOpencode
) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    other = await open_tab(f"/admin/chats/{session_id}")
    await expect(other.answers).to_have_text("hello")
    await tab.act(session_id, "Delete")
    await expect(other.missing).to_contain_text("This session is being deleted")
    await tab.page.close()
    await other.find("undo-delete").click()
    await expect(other.answers).to_have_text("hello")
    await expect(other.item(session_id)).to_be_visible()
    await expect(other.find("deletions")).to_be_empty()
    assert session_id in [one["id"] for one in real_opencode.request("GET", "/session")]


async def test_an_archived_session_leaves_the_list_and_can_come_back(tab: Tab) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    await tab.act(session_id, "Archive")
    await expect(tab.item(session_id)).to_have_count(0)
    await tab.find("session-filter").click()
    await tab.page.get_by_role("menuitemradio", name="Archived").click()
    await expect(tab.item(session_id)).to_be_visible()
    await tab.act(session_id, "Take out of the archive")
    await expect(tab.item(session_id)).to_have_count(0)
    await tab.page.get_by_role("button", name="Do not filter by Archived").click()
    await expect(tab.item(session_id)).to_be_visible()


async def test_search_and_filter(tab: Tab, real_opencode: RealOpencode) -> None:
    found = real_opencode.new_session("Made in the terminal, quixotic")
    created = await tab.begin("/x text Quixotic too")
    await tab.ended()
    await expect(tab.item(found)).to_be_visible()
    await tab.find("session-search").fill("quixotic")
    await expect(tab.find("session-item")).to_have_count(2)
    await tab.find("session-filter").click()
    await tab.page.get_by_role("menuitemradio", name="Created here").click()
    await expect(tab.item(found)).to_have_count(0)
    await expect(tab.item(created)).to_be_visible()
    await tab.find("session-search").fill("no such thing at all")
    await expect(tab.find("session-list")).to_contain_text("No session matches “no such thing at all”.")
    await tab.page.get_by_role("button", name="Clear the search").click()
    await tab.page.get_by_role("button", name="Do not filter by Created here").click()
    await expect(tab.item(found)).to_be_visible()


async def test_a_session_opens_with_what_was_said_in_the_terminal(tab: Tab, real_opencode: RealOpencode) -> None:
    played = real_opencode.play("/x think 5\n/x text Said elsewhere.")
    await tab.item(played.session_id).click()
    await expect(tab.answers).to_have_text("Said elsewhere.")


async def test_an_unknown_session_in_the_address_is_told_in_words(tab: Tab) -> None:
    await tab.go(UNKNOWN)
    await expect(tab.missing).to_contain_text("There is no such session")
    await expect(tab.missing).to_contain_text("It may have been deleted.")
    await expect(tab.composer).to_be_disabled()
    await tab.missing.get_by_role("button", name="New session").click()
    await tab.begin("/x text Here we are.")
    await expect(tab.answers).to_have_text("Here we are.")


async def test_an_address_that_holds_no_id_is_told_in_words(tab: Tab) -> None:
    for text in ("not-an-id", "%3Cimg src=x onerror=alert(1)%3E", "ses_%00%0A"):
        await tab.go(f"/admin/chats/{text}")
        await expect(tab.missing).to_contain_text("There is no such session")


async def test_a_session_deleted_elsewhere_while_open_is_told_in_words(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    await tab.composer.fill("and now")
    real_opencode.request("DELETE", f"/session/{session_id}")
    await expect(tab.missing).to_contain_text("This session was deleted")
    await expect(tab.item(session_id)).to_have_count(0)
    await expect(tab.composer).to_be_disabled()


async def test_a_session_deleted_elsewhere_in_mid_answer_is_told_in_words(
    tab: Tab, real_opencode: RealOpencode
) -> None:
    session_id = await tab.begin("/x say 600 20")
    await expect(tab.answers).to_contain_text("w3")
    real_opencode.request("DELETE", f"/session/{session_id}")
    await expect(tab.missing).to_contain_text("This session was deleted")
    await expect(tab.find("stop")).to_have_count(0)
