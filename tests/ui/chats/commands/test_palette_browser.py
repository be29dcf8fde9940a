"""The palette and the keys of the commands, as a person uses them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.canned import FAILED, LONG, SHOP
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser

NO_SERVER = "window.socket.disconnect()"


def palette(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Go to a session, or give a command")


def field(page: Page) -> Locator:
    return page.get_by_test_id("palette-field")


def rows(page: Page) -> Locator:
    return page.get_by_test_id("palette-row")


def row(page: Page, words: str) -> Locator:
    return rows(page).filter(has=page.locator(".palette__label", has_text=re.compile(f"^{re.escape(words)}$")))


async def call(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await expect(palette(page)).to_be_visible()
    await expect(field(page)).to_be_focused()


def chosen(page: Page) -> Locator:
    return palette(page).locator("[role=option][aria-selected=true] .palette__label")


async def expect_at(page: Page, label: str) -> None:
    """The row that Enter would take, as assistive technology knows it."""
    await expect(chosen(page)).to_have_text(label)
    option = palette(page).locator("[role=option][aria-selected=true]")
    await expect(field(page)).to_have_attribute("aria-activedescendant", await option.get_attribute("id") or "none")


async def test_a_session_is_gone_to_by_a_few_letters(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await call(page)
    await page.keyboard.type("sumweek")
    await expect_at(page, "Summarise last week's orders")
    await page.keyboard.press("Enter")
    await expect(palette(page)).to_be_hidden()
    await expect(page).to_have_url(re.compile(FAILED))


async def test_commands_are_found_without_waiting_for_the_server(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await page.evaluate(NO_SERVER)
    await call(page)
    await page.keyboard.type("outl")
    await expect_at(page, "Outline")
    await expect(row(page, "Outline").locator("mark")).to_have_text("Outl")


async def test_a_session_that_is_not_among_the_last_is_found_on_the_server(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.pull("new_session", "The needle", origin="created", age_days=400)
    fake_server.pull("fill_up", 80)
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await call(page)
    await expect(row(page, "The needle")).to_have_count(0)
    await field(page).fill("needle")
    await expect(row(page, "The needle")).to_be_visible()
    await field(page).fill(session)
    await expect(row(page, "The needle")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(session))


async def test_what_cannot_be_done_now_says_why_and_does_nothing(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    await call(page)
    await page.keyboard.type("fork")
    fork = row(page, "Fork")
    await expect(fork).to_contain_text("Open a session first")
    await expect(fork).to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("Enter")
    await expect(palette(page)).to_be_visible()
    await field(page).fill("unpin")
    await expect(row(page, "Unpin")).to_have_count(0)


async def test_what_can_be_done_follows_the_session_at_once(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("Works")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await call(page)
    await page.keyboard.type("stop the")
    await expect(row(page, "Stop the turn")).to_contain_text("Nothing is running")
    fake_server.pull("busy", session)
    await expect(row(page, "Stop the turn")).not_to_contain_text("Nothing is running")
    await page.keyboard.press("Enter")
    await expect(palette(page)).to_be_hidden()
    await expect(page.get_by_test_id("stop")).to_have_count(0)
    assert session in [one[0] for one in fake_server.calls("abort")]


async def test_a_model_is_chosen_in_the_palette_and_a_step_leads_back(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await call(page)
    await page.keyboard.type("switch model")
    await page.keyboard.press("Enter")
    models = page.get_by_role("dialog", name="Switch model")
    await expect(models.get_by_role("button", name="Back from: Switch model")).to_be_visible()
    await expect(row(page, "Claude opus")).to_be_visible()
    await page.keyboard.press("Backspace")
    await expect(palette(page)).to_be_visible()
    await page.keyboard.type("model opus")
    await expect_at(page, "Model: Claude opus")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("model-picker")).to_contain_text("Claude opus")


async def test_escape_leads_back_one_step_and_then_to_where_one_was(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await page.get_by_test_id("composer").focus()
    await call(page)
    await page.keyboard.type("switch agent")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Switch agent")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(palette(page)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(palette(page)).to_be_hidden()
    await expect(page.get_by_test_id("composer")).to_be_focused()


async def test_what_was_done_last_stands_first_next_time(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await call(page)
    await page.keyboard.type("copy link")
    await page.keyboard.press("Enter")
    await call(page)
    await expect(page.get_by_role("group", name="Used last").get_by_role("option")).to_have_text(["Copy link"])
    await expect_at(page, "Copy link")


async def test_what_waits_is_allowed_from_the_palette_and_never_by_a_bare_enter(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{LONG}")
    await call(page)
    waiting = page.get_by_role("group", name="Waiting for you")
    await expect(waiting.get_by_role("option")).to_have_count(3)
    await expect(chosen(page)).not_to_have_text(re.compile("^(Allow once|Deny)$"))
    await page.keyboard.type("rm -rf build")  # the agent's words lead to no answer
    await expect(row(page, "Allow once")).to_have_count(0)
    await field(page).fill("allow")
    await expect(row(page, "Allow once")).to_contain_text("Run rm -rf build && python -m build?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("toast")).to_contain_text("Allowed once")
    assert [one[1] for one in fake_server.calls("permission")] == ["once"]


async def test_theme_and_density_are_switched_and_kept(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    html = page.locator("html")
    for words, name, value in (("theme dark", "data-theme", "dark"), ("density compact", "data-density", "compact")):
        await call(page)
        await page.keyboard.type(words)
        await page.keyboard.press("Enter")
        await expect(html).to_have_attribute(name, value)
    first, second = [await page.get_by_test_id("session-item").nth(n).bounding_box() for n in (3, 4)]
    assert first is not None
    assert second is not None
    assert first["height"] in (26, 42)
    assert second["y"] - first["y"] in (26, 42, 26 + 28, 42 + 28)  # rows close up at once
    await page.get_by_test_id("theme-menu").click()
    await expect(page.get_by_role("menuitemradio", name="Dark")).to_be_checked()
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await expect(html).to_have_attribute("data-theme", "dark")
    await expect(html).to_have_attribute("data-density", "compact")
    for words in ("theme system", "comfortable"):
        await call(page)
        await page.keyboard.type(words)
        await page.keyboard.press("Enter")
    await expect(html).to_have_attribute("data-density", "comfortable")


async def test_the_servers_commands_go_to_the_message_field(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await call(page)
    await page.keyboard.type("/review")
    await expect_at(page, "Run: /review")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("composer")).to_have_value(re.compile("^/review"))


async def test_keys_go_from_session_to_session_and_to_a_new_one(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    await page.keyboard.press("Alt+Shift+ArrowDown")
    await page.wait_for_url(re.compile("/ses_"))
    first = page.url
    await page.keyboard.press("Alt+Shift+ArrowDown")
    await expect(page).not_to_have_url(first)
    await page.keyboard.press("Alt+Shift+ArrowUp")
    await expect(page).to_have_url(first)
    await page.keyboard.press("F2")
    await expect(page.get_by_role("dialog", name="Rename session")).to_be_visible()
    await page.keyboard.press("Alt+n")  # nothing happens behind a question
    await expect(page).to_have_url(first)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+n")
    await expect(page).to_have_url(re.compile("/admin/chats$"))


async def test_a_question_mark_opens_the_keys_unless_one_is_writing(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    sheet = page.get_by_role("dialog", name="Keys on the keyboard")
    composer = page.get_by_test_id("composer")
    await composer.focus()
    await page.keyboard.type("why?")
    await expect(composer).to_have_value("why?")
    await expect(sheet).to_be_hidden()
    await page.locator(".transcript__box").focus()
    await page.keyboard.press("?")
    await expect(sheet).to_be_visible()
    await expect(sheet.locator("dt", has_text="Go to a session").locator("xpath=..")).to_contain_text("CtrlK")
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.get_by_test_id("person-menu").click()
    await page.get_by_role("menuitem", name="Keys on the keyboard").click()
    await expect(sheet).to_be_visible()


async def test_keys_of_one_character_are_switched_off_and_the_sheet_says_so(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    sheet = page.get_by_role("dialog", name="Keys on the keyboard")
    for words, value in (("keys none single", "combined"), ("keys every key single", "all")):
        await call(page)
        await page.keyboard.type(words)
        await page.keyboard.press("Enter")
        await expect(page.locator("html")).to_have_attribute("data-keys", value)
        await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
        await expect(page.locator("html")).to_have_attribute("data-keys", value)
        await page.locator(".transcript__box").focus()
        await page.keyboard.press("?")
        if value == "combined":
            await call(page)  # in its turn: had the key opened anything, this would not
            await page.keyboard.type("keys on the keyboard")
            await expect_at(page, "Keys on the keyboard")
            await expect(palette(page).locator("[aria-selected=true] kbd")).to_have_count(0)
            await page.keyboard.press("Enter")
        await expect(sheet).to_be_visible()
        await expect(sheet).to_contain_text("are switched off" if value == "combined" else "can be switched off")
        await expect(sheet.get_by_text("?", exact=True)).to_have_count(0 if value == "combined" else 1)
        await page.keyboard.press("Escape")


async def test_on_a_mac_the_keys_are_a_macs(page: Page, fake_server: FakeServer) -> None:
    await page.add_init_script("Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' })")
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await expect(page.get_by_test_id("open-palette")).to_contain_text("⌘K")
    await page.keyboard.press("Control+k")  # ends a line there
    await expect(palette(page)).to_be_hidden()
    await page.keyboard.press("Meta+k")
    await expect(palette(page)).to_be_visible()
    await page.keyboard.press("Meta+k")
    await expect(palette(page)).to_be_hidden()


async def test_on_a_phone_the_palette_is_a_sheet_one_can_touch(page: Page, fake_server: FakeServer) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.emulate_media(reduced_motion="reduce")
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    header = await page.locator(".header").evaluate("box => box.scrollWidth - box.clientWidth")
    assert header <= 0
    await page.get_by_test_id("open-palette").click()
    box = await palette(page).bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"]) == (0, 0, 390)
    assert await rows(page).first.evaluate("row => row.clientHeight") >= 44
    await row(page, "Which currency").click()
    await expect(page).to_have_url(re.compile("ses_question"))
