"""Undo, redo, saying it differently, asking again, forks and compacting."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab
    from tests.rig import RealOpencode


async def act(tab: Tab, number: int, name: str) -> None:
    """Press one of the buttons at one of the person's messages."""
    await tab.mine.nth(number).hover()
    await tab.mine.nth(number).get_by_role("button", name=name, exact=True).click()


async def choose(tab: Tab, name: str) -> None:
    """Choose from the menu of the open session."""
    await tab.find("session-menu").click()
    await tab.page.get_by_role("menuitem", name=name, exact=True).click()


async def agree(tab: Tab, name: str) -> None:
    await tab.page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


async def test_undo_says_what_it_takes_back_and_redo_brings_it_again(tab: Tab, real_opencode: RealOpencode) -> None:
    path = real_opencode.directory / "undone.txt"
    write = json.dumps({"filePath": str(path), "content": "one\ntwo\n"})
    await tab.begin("/x text Before.")
    await tab.ended()
    await tab.send(f"/x tool write {write}\n/x text Written.")
    await tab.find("permission-once").click()
    await tab.ended(2)
    assert path.exists()
    await act(tab, 1, "Undo from here")
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Undo this message?")
    await expect(tab.find("modal-rows")).to_contain_text("undone.txt")
    await expect(tab.find("modal-rows")).to_contain_text("+2 −0")
    await tab.shoot("undo-asks")
    await agree(tab, "Undo")
    await expect(tab.answers).to_have_text(["Before."])
    await expect(tab.find("undone")).to_contain_text("1 message undone")
    await expect(tab.find("undone")).to_contain_text("The next message you send removes them for good.")
    await expect(tab.composer).to_have_value(re.compile("^/x tool write"))
    assert not path.exists()
    await tab.shoot("undone")
    await tab.page.reload()
    await tab.live()
    await expect(tab.find("undone")).to_contain_text("1 message undone")
    await tab.find("redo").click()
    await expect(tab.answers).to_have_text(["Before.", "Written."])
    await expect(tab.find("undone")).to_be_empty()
    await expect(tab.composer).to_have_value("")
    assert path.read_text() == "one\ntwo\n"
    path.unlink()


async def test_a_cancelled_undo_changes_nothing(tab: Tab) -> None:
    await tab.begin("/x text Stays.")
    await tab.ended()
    await choose(tab, "Undo the last message")
    await agree(tab, "Cancel")
    await expect(tab.answers).to_have_text(["Stays."])
    await expect(tab.composer).to_have_value("")


async def test_several_undone_messages_come_back_one_by_one_or_up_to_one(tab: Tab) -> None:
    await tab.begin("/x text One.")
    await tab.ended()
    for turns, word in enumerate(("Two.", "Three."), start=2):
        await tab.send(f"/x text {word}")
        await tab.ended(turns)
    await act(tab, 0, "Undo from here")
    await expect(tab.page.get_by_role("dialog")).to_contain_text("Undo 3 messages?")
    await agree(tab, "Undo")
    await expect(tab.find("undone")).to_contain_text("3 messages undone")
    await expect(tab.answers).to_have_count(0)
    await tab.find("redo").click()
    await expect(tab.answers).to_have_text(["One."])
    await expect(tab.find("undone")).to_contain_text("2 messages undone")
    await tab.find("undone-list").click()
    await tab.shoot("undone-list")
    await tab.find("undone").get_by_role("button", name="Redo up to here").nth(1).click()
    await expect(tab.answers).to_have_text(["One.", "Two.", "Three."])


async def test_a_message_is_edited_and_sent_again_in_place_of_the_first(tab: Tab) -> None:
    await tab.begin("/x text Wrong.")
    await tab.ended()
    await act(tab, 0, "Edit and send again")
    await agree(tab, "Edit")
    await expect(tab.composer).to_have_value("/x text Wrong.")
    await tab.composer.fill("/x text Right.")
    await tab.composer.press("Enter")
    await expect(tab.answers).to_have_text(["Right."])
    await expect(tab.mine).to_have_count(1)
    await expect(tab.find("undone")).to_be_empty()


async def test_the_last_question_is_asked_again(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin("/x text The answer.")
    await tab.ended()
    before = real_opencode.messages(session_id)
    await tab.answers.last.hover()
    await tab.page.get_by_role("button", name="Ask again", exact=True).click()
    await expect(tab.page.locator(f'[data-message-id="{before[0]["info"]["id"]}"]')).to_have_count(0)
    await tab.ended()
    await expect(tab.answers).to_have_text(["The answer."])
    await expect(tab.mine).to_have_count(1)
    assert len(real_opencode.messages(session_id)) == len(before)


async def test_a_working_agent_is_stopped_before_its_turn_is_undone(tab: Tab) -> None:
    await tab.begin("/x say 600 20")
    await expect(tab.answers).to_contain_text("w3")
    await act(tab, 0, "Undo from here")
    await expect(tab.page.get_by_role("dialog")).to_contain_text("The agent is working; it is stopped first.")
    await agree(tab, "Stop and undo")
    await expect(tab.find("undone")).to_contain_text("1 message undone")
    await expect(tab.find("stop")).to_have_count(0)
    await expect(tab.composer).to_have_value("/x say 600 20")


async def test_a_fork_opens_with_what_came_before_and_says_where_it_is_from(tab: Tab) -> None:
    first = await tab.begin("/x text One.")
    await tab.ended()
    await tab.send("/x text Two.")
    await tab.ended(2)
    await act(tab, 1, "Fork before this message")
    await expect(tab.page).not_to_have_url(re.compile(first))
    await expect(tab.answers).to_have_text(["One."])
    await expect(tab.composer).to_have_value("/x text Two.")
    await expect(tab.page.get_by_role("button", name="Fork of /x text One.")).to_be_visible()
    await tab.shoot("fork")
    await tab.page.get_by_role("button", name="Fork of /x text One.").click()
    await expect(tab.answers).to_have_text(["One.", "Two."])
    await expect(tab.page).to_have_url(re.compile(first))
    await expect(tab.composer).to_have_value("")


async def test_a_fork_after_an_answer_has_the_answer(tab: Tab) -> None:
    first = await tab.begin("/x text One.")
    await tab.ended()
    await tab.answers.first.hover()
    await tab.page.get_by_role("button", name="Fork after this answer", exact=True).click()
    await expect(tab.page).not_to_have_url(re.compile(first))
    await expect(tab.answers).to_have_text(["One."])
    await expect(tab.composer).to_have_value("")


async def test_a_session_is_compacted(tab: Tab) -> None:
    await tab.begin("/x text Much was said.")
    await tab.ended()
    await choose(tab, "Compact")
    await agree(tab, "Compact")
    await expect(tab.page.locator(".compaction")).to_contain_text("Conversation compacted, on request")
    await expect(tab.toast).to_contain_text("Session compacted")
    await expect(tab.find("stop")).to_have_count(0)


async def test_a_working_session_is_not_compacted_and_says_why(tab: Tab) -> None:
    await tab.begin("/x say 600 20")
    await expect(tab.answers).to_contain_text("w3")
    await choose(tab, "Compact")
    await agree(tab, "Compact")
    await expect(tab.toast).to_contain_text("The agent is working in this session.")


async def test_the_buttons_at_a_message_are_reached_by_keyboard(tab: Tab) -> None:
    await tab.begin("/x text Hello.")
    await tab.ended()
    tools = tab.mine.first.get_by_role("group", name="Message actions")
    await tab.mine.first.get_by_role("button", name="Copy the message").focus()
    await tab.page.keyboard.press("Tab")
    await expect(tools.get_by_role("button", name="Edit and send again")).to_be_focused()
    await expect(tab.mine.first.locator(".message__tools")).to_have_css("opacity", "1")
    await tab.page.keyboard.press("Tab")
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("dialog")).to_contain_text("Undo this message?")
    await tab.page.keyboard.press("Escape")
    await expect(tab.answers).to_have_text(["Hello."])


async def test_sharing_is_not_offered_where_the_server_has_it_switched_off(tab: Tab) -> None:
    await tab.begin("/x text Private.")
    await tab.ended()
    await tab.find("session-menu").click()
    await expect(tab.page.get_by_role("menuitem", name="Compact")).to_be_visible()
    await expect(tab.page.get_by_role("menuitem", name="Share")).to_have_count(0)
