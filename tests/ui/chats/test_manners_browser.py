"""What a person expects without being told: copying, a title that calls, words when something is away or cut off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.canned import ANSWER, FAILED, SHOP, done
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser


async def clipboard(page: Page) -> str:
    return str(await page.evaluate("navigator.clipboard.readText()"))


async def test_a_message_and_an_answer_are_copied_as_they_were_written(page: Page, fake_server: FakeServer) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    mine = page.locator("[data-testid=message][data-role=user]")
    await mine.hover()
    await mine.get_by_role("button", name="Copy the message").click()
    await expect(mine.locator("[title=Copied]")).to_be_visible()
    assert (await clipboard(page)).startswith("The cart total is off by a cent for some carts.")
    await page.get_by_role("button", name="Copy the answer").click()
    await expect(page.locator(".facts [title=Copied]")).to_be_visible()
    assert await clipboard(page) == f"I'll look at how the total is computed.\n\n{ANSWER}"


async def test_a_long_message_is_copied_whole(page: Page, fake_server: FakeServer) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    session = fake_server.session("long")
    fake_server.pull("user", session, "word " * 3000 + "end")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.locator("[data-testid=message]").hover()
    await page.get_by_role("button", name="Copy the message").click()
    await expect(page.locator("[title=Copied]")).to_be_visible()
    assert await clipboard(page) == "word " * 3000 + "end"


async def test_an_answer_that_was_cut_off_before_its_first_word_says_so(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("cut off")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "hello")
    fake_server.pull("assistant", session, user)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    note = page.locator("[data-testid=interrupted]")
    await expect(page.locator(".working")).to_be_visible()
    await expect(note).to_have_count(0)
    fake_server.pull("idle", session)
    await expect(note).to_contain_text("Interrupted")
    await page.reload()
    await expect(note).to_contain_text("The answer is not complete")


async def test_the_tab_calls_while_something_needs_the_person(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{FAILED}")
    await expect(page).to_have_title(re.compile(r"^\(\d\) Summarise last week's orders · sprintagen$"))
    icon = page.locator("link[rel~=icon]")
    await expect(icon).to_have_attribute("href", re.compile("favicon-asking.svg$"))
    response = await page.request.get(fake_server.url + str(await icon.get_attribute("href")))
    assert response.ok


async def test_the_note_that_we_are_away_is_ours_and_goes_by_itself(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    banner = page.locator("[data-testid=status-banner]")
    await expect(page.locator(".message").first).to_be_visible()
    await page.evaluate("window.socket.disconnect()")
    await expect(banner).to_contain_text(re.compile(r"sprintagen is away\s*since \d"))
    await expect(banner).to_have_count(1)
    await expect(page.get_by_text("Connection lost")).to_have_count(0)
    header, note = await page.locator(".header").bounding_box(), await banner.bounding_box()
    assert header is not None
    assert note is not None
    assert note["y"] == header["y"] + header["height"]
    await page.evaluate("window.socket.connect()")
    await expect(banner).to_have_count(0)
    await expect(page.locator("#popup")).to_be_hidden()


async def test_where_a_session_comes_from_is_marked_and_its_ticket_shown(page: Page, fake_server: FakeServer) -> None:
    here = fake_server.session("begun here")
    there = fake_server.pull("new_session", "begun in a terminal", origin="found")
    await visit(page, f"{fake_server.url}/admin/chats/{there}")
    await expect(page.locator(f"[data-session-id={here}]")).to_have_attribute("data-origin", "created")
    row = page.locator(f"[data-session-id={there}]")
    await expect(row).to_have_attribute("data-origin", "found")
    await expect(row.get_by_role("img", name="Created elsewhere")).to_be_visible()
    await expect(page.locator(".chat__header")).to_contain_text("Created elsewhere")
    await page.click("[data-testid=session-menu]")
    await page.get_by_role("menuitem", name="Set ticket").click()
    await page.get_by_role("textbox", name="Ticket").fill("SHOP-99")
    await page.keyboard.press("Enter")
    await expect(page.locator(".chat__header")).to_contain_text("SHOP-99")
    await expect(row).to_contain_text("SHOP-99")


async def test_a_long_run_of_reading_is_one_line_that_opens(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("reading")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "Look around.")
    message = fake_server.pull("assistant", session, user)
    for number in range(6):
        fake_server.pull("tool", session, message, "read", done({"filePath": f"/workspace/shop/{number}.py"}, "", 1, 5))
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    rows = page.locator("[data-testid=tool-call]")
    await expect(rows.last).to_be_visible()
    await expect(page.locator("[data-testid=reading-run]")).to_have_count(0)
    fake_server.pull("part", session, message, "text", text="Seen.", time={"start": 1, "end": 2})
    run = page.locator("[data-testid=reading-run]")
    await expect(run).to_contain_text("6 reads")
    await expect(rows.first).to_be_hidden()
    await run.locator(".fold__head").click()
    await expect(rows.first).to_be_visible()
    await rows.first.locator(".fold__head").click()
    await run.locator(".fold__head").first.click()
    await expect(rows.last).to_be_hidden()
