"""The changes panel in the browser: reading, commenting, and what stays while a turn goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.hit=1>"


def note(path: str, *lines: str, start: int = 1, **more: Any) -> dict[str, Any]:
    """A file as opencode tells it; lines with their signs."""
    old, new = (sum(line[0] != sign for line in lines) for sign in "+-")
    patch = f"@@ -{start},{old} +{start},{new} @@\n" + "".join(f"{line}\n" for line in lines)
    return {"file": path, "patch": patch, "status": "modified", **more}


async def opened(page: Page, server: FakeServer, notes: list[dict[str, Any]], title: str) -> str:
    server.pull("file_changes.put", "session", notes)
    session = server.session(title)
    await visit(page, f"{server.url}/admin/chats/{session}")
    button = page.get_by_test_id("open-changes")
    if await button.get_attribute("aria-pressed") != "true":  # an earlier test may have left it open
        await button.click()
    await expect(page.get_by_test_id("changes")).to_have_attribute("data-state", "ready")
    return session


def file(page: Page, path: str) -> Locator:
    return page.locator(f"[data-path='{path}']")


def changed(server: FakeServer, session: str, notes: list[dict[str, Any]]) -> None:
    """A turn has changed something else, too."""
    server.pull("file_changes.put", "session", notes)
    server.pull("touch", session)


async def test_comments_are_made_by_keyboard_and_go_along_with_the_next_message(
    page: Page, fake_server: FakeServer
) -> None:
    notes = [note("a.py", " one", "-two", "+zwei", "+drei", " four")]
    session = await opened(page, fake_server, notes, "keyboard")
    body = file(page, "a.py").locator(".diff__body")
    await body.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Shift+ArrowDown", "Enter"):
        await body.press(key)
    form = page.get_by_test_id("comment-form")
    await expect(form).to_contain_text("lines 2 to 3")
    await page.keyboard.type("In English, please.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("comment")).to_contain_text("In English, please.")
    await expect(page.get_by_test_id("changes-comments")).to_have_text("1 comment goes with your next message")
    await body.press("ArrowUp")
    await body.press("c")
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(page.get_by_test_id("changes")).to_be_visible()
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("comment-chip")).to_have_count(0)
    await expect(page.locator(".told__note")).to_have_text("In English, please.")
    [text] = [call[1]["text"] for call in fake_server.calls("send") if call[0] == session]
    assert text == (
        "Comments on the changes:\n\n1. a.py, lines 2 to 3:\n```diff\n+zwei\n+drei\n```\nIn English, please."
    )


async def test_comments_wait_while_a_command_is_given_and_it_is_said(page: Page, fake_server: FakeServer) -> None:
    session = await opened(page, fake_server, [note("a.py", "-one", "+eins")], "a command between")
    await file(page, "a.py").locator(".diff__row--add .diff__no:not(:empty)").click()
    await page.keyboard.type("In English, please.")
    await page.keyboard.press("Enter")
    wait = page.get_by_test_id("comments-wait")
    await expect(page.get_by_test_id("comment-chip")).to_have_count(1)
    await expect(wait).to_have_count(0)
    composer = page.get_by_test_id("composer")
    for line in ("/review a.py", "!ls"):
        await composer.fill(line)
        await expect(wait).to_have_text(
            "Commands and shell lines take no comments: this one goes with your next message."
        )
        await composer.press("Enter")
        await expect(composer).to_have_value("")
        await expect(wait).to_be_visible()
    await expect(page.get_by_test_id("comment-chip")).to_have_count(1)
    await composer.fill("Now this.")
    await composer.press("Enter")
    await expect(page.get_by_test_id("comment-chip")).to_have_count(0)
    await expect(wait).to_have_count(0)
    await expect(page.locator(".told__note")).to_have_text("In English, please.")
    given = {call[1]["kind"]: call[1]["text"] for call in fake_server.calls("send") if call[0] == session}
    assert given["command"] == "/review a.py"
    assert given["shell"] == "!ls"
    assert given["prompt"].startswith("Now this.\n\nComments on the changes:")


async def test_a_comment_is_taken_out_at_its_line_or_in_the_composer(page: Page, fake_server: FakeServer) -> None:
    await opened(page, fake_server, [note("a.py", "-one", "+eins", "+zwei")], "taken out")
    numbers = file(page, "a.py").locator(".diff__row--add .diff__no:not(:empty)")
    for at in (0, 1):
        await numbers.nth(at).click()
        await page.get_by_test_id("comment-form").locator("textarea").fill(f"note {at}")
        await page.get_by_role("button", name="Add comment").click()
    await expect(page.get_by_test_id("comment-chip")).to_have_count(2)
    await page.get_by_role("button", name="Remove the comment on line 1").click()
    await page.get_by_role("button", name="Take out the comment on a.py:2").click()
    await expect(page.get_by_test_id("comment")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_test_id("composer")).to_be_visible()
    await expect(page.get_by_test_id("comment-chip")).to_have_count(0)


async def test_what_is_open_and_half_a_comment_stay_while_files_change(page: Page, fake_server: FakeServer) -> None:
    long = [*(f" line {n}" for n in range(40)), "-old", "+new"]
    session = await opened(page, fake_server, [note("a.py", *long)], "stays")
    one = file(page, "a.py")
    await one.locator(".diff__gap").click()
    await one.locator(".diff__row--add .diff__no:not(:empty)").click()
    await page.keyboard.type("half a ")
    changed(fake_server, session, [note("a.py", *long, "+more"), note("b.py", "+b")])
    await expect(one.locator(".diff__row--add")).to_have_count(2)
    await expect(file(page, "b.py")).to_be_visible()
    await expect(one.locator(".diff__gap")).to_have_count(0)
    await page.keyboard.type("comment")
    await expect(page.get_by_test_id("comment-form").locator("textarea")).to_have_value("half a comment")


async def test_a_file_is_seen_until_it_changes_again(page: Page, fake_server: FakeServer) -> None:
    session = await opened(page, fake_server, [note("a.py", "-1", "+2")], "seen")
    box = page.get_by_role("checkbox", name="Seen: a.py")
    await box.check()
    await expect(file(page, "a.py").locator(".diff__row")).to_have_count(0)
    changed(fake_server, session, [note("a.py", "-1", "+3")])
    await expect(box).not_to_be_checked()


async def test_of_many_files_only_those_in_sight_are_asked_for(page: Page, fake_server: FakeServer) -> None:
    lines = [f"+line {n}" for n in range(20)]
    notes = [note(f"dir/file{n:03}.py", *lines) for n in range(500)] + [note("zz/long.py", *(lines * 500))]
    await opened(page, fake_server, notes, "many")
    await expect(page.get_by_test_id("changes-total")).to_have_text("501 files")
    await expect(page.locator(".diff__row")).to_have_count(0)
    await page.get_by_role("button", name="Open all").click()
    await expect(file(page, "dir/file000.py").locator(".diff__row")).to_have_count(20)
    assert await page.locator(".diff__row").count() < 20 * 100
    await page.get_by_test_id("changes-filter").fill("LONG")
    long = file(page, "zz/long.py")
    await expect(long.locator(".diff__row")).to_have_count(300)
    await long.get_by_role("button", name="Show 5,000 more of 10,000 lines").click()
    await expect(long.locator(".diff__row")).to_have_count(5300)


async def test_a_file_may_have_the_name_of_what_every_object_has(page: Page, fake_server: FakeServer) -> None:
    names = ["constructor", "toString"]
    lines = [f"+{n}" for n in range(400)]  # so many are not opened by themselves
    await opened(page, fake_server, [note(name, *lines) for name in names], "odd names")
    for name in names:
        one = file(page, name)
        await expect(one).not_to_have_attribute("data-open", "true")
        await one.locator(".changes__name").click()
        await expect(one.locator(".diff__row--add").first).to_be_visible()
        await one.locator("input").check()
        await expect(one).not_to_have_attribute("data-open", "true")
    await page.reload()
    for name in names:
        await expect(file(page, name).locator("input")).to_be_checked()


async def test_hostile_names_and_lines_are_text(page: Page, fake_server: FakeServer) -> None:
    name = f"{HOSTILE}/\u202etxt.exe'\""
    notes = [note(name, f"-{HOSTILE}", f"+{HOSTILE}"), {"file": "b.bin", "patch": "", "status": "added"}]
    await opened(page, fake_server, notes, "hostile")
    first = page.get_by_test_id("changed-file").first
    await expect(first.locator(".diff__row--add .diff__text")).to_have_text(HOSTILE)
    await first.locator(".diff__row--add .diff__no:not(:empty)").click()
    await page.keyboard.type(HOSTILE)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("comment")).to_contain_text(HOSTILE)
    await expect(page.get_by_test_id("comment-chip")).to_contain_text(HOSTILE)
    await expect(file(page, "b.bin")).to_contain_text("This is no text")
    assert await page.evaluate("window.hit") is None


async def test_two_columns_are_offered_where_there_is_room_and_take_comments(
    page: Page, fake_server: FakeServer
) -> None:
    await page.set_viewport_size({"width": 1600, "height": 900})
    await opened(page, fake_server, [note("a.py", " same", "-one", "+eins")], "columns")
    await expect(page.get_by_role("button", name="Side by side")).to_have_count(0)
    await page.evaluate("document.documentElement.style.setProperty('--side-width', '800px')")
    await page.get_by_role("button", name="Side by side").click()
    pair = file(page, "a.py").locator(".diff__pair", has_text="eins")
    await expect(pair).to_contain_text("one")
    await pair.locator(".diff__row--del .diff__no").click()
    await expect(page.get_by_test_id("comment-form")).to_contain_text("line 2 before the change")
    await page.keyboard.type("Keep it.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("comment-chip")).to_contain_text("a.py:2")
    await page.get_by_role("button", name="Unified").click()
    await expect(page.get_by_test_id("comment")).to_contain_text("Keep it.")
