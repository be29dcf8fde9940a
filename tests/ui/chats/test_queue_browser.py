"""The queue above the composer: moved, edited, sent now, by hand and by keyboard, the same in every tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.chats.test_composer_browser import COMPOSER, begin
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

QUEUED = "[data-testid=queued-prompt]"


async def line_up(page: Page, server: FakeServer, title: str, *texts: str) -> str:
    session = await begin(page, server, title)
    server.pull("user", session, "go")
    server.pull("busy", session)
    await expect(page.locator("[data-testid=stop]")).to_be_visible()
    for count, text in enumerate(texts, 1):
        await page.fill(COMPOSER, text)
        await page.press(COMPOSER, "Enter")
        await expect(page.locator(QUEUED)).to_have_count(count)
    return session


async def test_a_waiting_message_is_moved_by_keyboard_and_every_tab_sees_it(
    page: Page, fake_server: FakeServer
) -> None:
    session = await line_up(page, fake_server, "move", "a", "b", "c")
    other = await page.context.new_page()
    await visit(other, f"{fake_server.url}/admin/chats/{session}")
    await page.locator(QUEUED).nth(2).get_by_label("Move up").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(QUEUED).nth(1)).to_contain_text("c")
    await expect(page.locator(QUEUED).nth(1).get_by_label("Move up")).to_be_focused()
    await page.keyboard.press("Enter")
    for tab in (page, other):
        for index, text in enumerate("cab"):
            await expect(tab.locator(f"{QUEUED} .waiting__text").nth(index)).to_have_text(text)
        await expect(tab.locator(QUEUED).nth(0)).to_contain_text("next in line")


async def test_a_waiting_message_is_edited_in_place(page: Page, fake_server: FakeServer) -> None:
    session = await line_up(page, fake_server, "edit", "a", "b")
    await page.locator(QUEUED).nth(0).get_by_label("Edit").click()
    field = page.locator("[data-testid=queue-field]")
    await expect(field).to_be_focused()
    await field.fill("never")
    await page.keyboard.press("Escape")
    await expect(page.locator(QUEUED).nth(0)).to_contain_text("a")
    await page.locator(QUEUED).nth(0).get_by_label("Edit").click()
    await field.fill("a, but better")
    fake_server.pull("prompts.take_out", session, 1)  # the list changes meanwhile
    await expect(page.locator(QUEUED)).to_have_count(1)
    await expect(field).to_have_value("a, but better")
    await page.keyboard.press("Enter")
    await expect(page.locator(QUEUED)).to_contain_text("a, but better")
    assert [call[2] for call in fake_server.calls("edit") if call[0] == session] == ["a, but better"]


async def test_words_for_a_message_that_went_out_meanwhile_are_not_lost(page: Page, fake_server: FakeServer) -> None:
    session = await line_up(page, fake_server, "too late", "a")
    await page.fill(COMPOSER, "half")
    await page.locator(QUEUED).get_by_label("Edit").click()
    await page.fill("[data-testid=queue-field]", "my long words")
    fake_server.pull("prompts.take_out", session, 0)
    await page.click("text=Put into the message field")
    await expect(page.locator(COMPOSER)).to_have_value("my long words\n\nhalf")
    await expect(page.locator(QUEUED)).to_have_count(0)


async def test_a_waiting_message_is_sent_now(page: Page, fake_server: FakeServer) -> None:
    session = await line_up(page, fake_server, "now", "a", "b")
    await page.locator(QUEUED).nth(1).get_by_role("button", name="Send now").click()
    await expect(page.locator(QUEUED)).to_have_count(1)
    [call] = [call for call in fake_server.calls("send_now") if call[0] == session]
    assert call[1] == "b"
