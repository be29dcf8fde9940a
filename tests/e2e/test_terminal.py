"""A terminal in the side panel: typed into, still there after a reload, ended, and no trap for the keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.accessibility import check_all_looks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Locator

    from tests.e2e.browsing import Tab
    from tests.rig import RealOpencode

LEAVE = "Control+Shift+Backquote"


@pytest.fixture(autouse=True)
def _no_terminals(real_opencode: RealOpencode) -> Iterator[None]:
    """None is left by another test, nor for it."""
    yield
    for terminal in real_opencode.request("GET", "/pty"):
        real_opencode.request("DELETE", f"/pty/{terminal['id']}")


def lines(tab: Tab) -> Locator:
    """What the terminal shows."""
    return tab.page.locator(".shells__screen:not([hidden]) .xterm-rows")


async def open_terminal(tab: Tab) -> None:
    """A new one, with the keyboard in it."""
    side = tab.find("side")
    if not await side.is_visible():
        await tab.page.keyboard.press("Alt+t")
    await expect(side).to_be_visible()
    first = tab.find("first-terminal")
    await expect(first.or_(tab.find("terminal-tab")).first).to_be_visible()
    await (first if await first.is_visible() else tab.find("new-terminal")).click()
    await ready(tab)


async def ready(tab: Tab) -> None:
    """The shell asks for a command, and the keyboard is in it."""
    await expect(lines(tab)).to_contain_text(re.compile("[$#]"))
    await expect(tab.page.locator(".xterm-helper-textarea").last).to_be_focused()


async def run(tab: Tab, line: str) -> None:
    await tab.page.keyboard.type(line)
    await tab.page.keyboard.press("Enter")


async def test_what_is_typed_runs_and_is_still_there_after_a_reload(tab: Tab) -> None:
    await open_terminal(tab)
    await run(tab, "echo seen-$((40+2))")
    await expect(lines(tab)).to_contain_text("seen-42")
    await tab.page.reload()
    await tab.live()
    await expect(lines(tab)).to_contain_text("seen-42")
    await tab.page.locator(".xterm-screen").click()
    await run(tab, "echo again-$((40+3))")
    await expect(lines(tab)).to_contain_text("again-43")


async def test_the_keys_are_the_terminals_and_there_is_a_way_out(tab: Tab) -> None:
    await open_terminal(tab)
    await run(tab, "stty size; cat -v")
    await expect(lines(tab)).to_contain_text(re.compile(r"\d+ \d+"))
    for key in ("Escape", "Control+k", "Alt+t", "Tab", "Enter"):
        await tab.page.keyboard.press(key)
    await expect(lines(tab)).to_contain_text("^[^K^[t")
    await expect(tab.find("side")).to_be_visible()
    await expect(tab.page.locator(".xterm-helper-textarea")).to_be_focused()
    await tab.page.keyboard.press(LEAVE)
    await expect(tab.find("terminal-tab")).to_be_focused()
    await tab.page.keyboard.press(LEAVE)
    await expect(tab.page.locator(".xterm-helper-textarea")).to_be_focused()
    await tab.page.keyboard.press("Control+c")
    await tab.page.keyboard.press(LEAVE)
    await tab.page.keyboard.press("Escape")
    await expect(tab.find("side")).to_be_hidden()


async def test_an_end_says_its_code_and_offers_a_new_one(tab: Tab) -> None:
    await open_terminal(tab)
    await run(tab, "exit 3")
    await expect(tab.find("terminal-note")).to_contain_text("exit code 3")
    await check_all_looks(tab.page, "a terminal that has ended")
    await tab.find("another-terminal").click()
    await expect(tab.find("terminal-note")).to_be_hidden()
    await expect(tab.find("terminal-tab")).to_have_count(1)
    await ready(tab)
    await run(tab, "echo new-$((1+1))")
    await expect(lines(tab)).to_contain_text("new-2")


async def test_a_program_can_name_nothing_but_text_and_not_write_the_clipboard(tab: Tab) -> None:
    context = tab.page.context
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await tab.page.evaluate("navigator.clipboard.writeText('mine')")
    await open_terminal(tab)
    await run(tab, r"printf '\033]0;<img src=x onerror=alert(1)>\a\033]52;c;c3RvbGVu\a'; echo told-$((1+1))")
    await expect(lines(tab)).to_contain_text("told-2")
    await expect(tab.find("terminal-tab")).to_have_attribute("title", re.compile("<img src=x"))
    assert await tab.page.locator(".shells img").count() == 0
    assert await tab.page.evaluate("navigator.clipboard.readText()") == "mine"


async def test_it_is_named_by_the_person_and_closed_after_a_question(tab: Tab) -> None:
    await open_terminal(tab)
    await tab.page.keyboard.press(LEAVE)
    await tab.page.keyboard.press("F2")
    await tab.page.get_by_label("Title").fill("Build")
    await tab.page.keyboard.press("Enter")
    await expect(tab.find("terminal-tab")).to_have_text("Build")
    await tab.find("close-terminal").click()
    await expect(tab.page.get_by_text("What runs in it is ended.")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await expect(tab.find("terminal-tab")).to_have_text("Build")
    await tab.find("close-terminal").click()
    await tab.page.locator(".modal .btn--danger").click()
    await expect(tab.find("first-terminal")).to_be_visible()


async def test_on_a_phone_there_are_keys_that_its_keyboard_lacks(tab: Tab) -> None:
    session = await tab.page.context.new_cdp_session(tab.page)
    await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    await tab.page.set_viewport_size({"width": 390, "height": 780})
    await tab.page.reload()
    await tab.live()
    await tab.page.locator(".chat__panels .btn:visible").click()  # that of the panel seen last
    await tab.find("side-tab-terminal").click()
    first = tab.find("first-terminal")
    await expect(first).to_be_visible()
    await first.click()
    await expect(lines(tab)).to_contain_text(re.compile("[$#]"))
    assert await tab.overflow() == 0
    await run(tab, "cat -v")
    await tab.find("terminal-keys").get_by_text("Esc").click()
    await tab.find("terminal-keys").get_by_text("Ctrl").click()
    await tab.page.keyboard.type("x")
    await tab.find("terminal-keys").get_by_label("Left").click()
    await tab.page.keyboard.press("Enter")
    await expect(lines(tab)).to_contain_text("^[^X^[[D")
    await tab.shoot("terminal-phone")
    for count in (2, 3, 4):
        await tab.find("new-terminal").click()
        await expect(tab.find("terminal-tab")).to_have_count(count)
    await expect(tab.find("close-terminal").last).to_be_in_viewport(ratio=0.9)
