from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

COMPOSER = "[data-testid=composer]"


async def begin(page: Page, server: FakeServer, title: str) -> str:
    session = server.session(title)
    await visit(page, f"{server.url}/admin/chats/{session}")
    await page.wait_for_function(
        "id => getElement(document.querySelector('.composer').id.slice(1)).session === id", arg=session
    )
    return session


def sent(server: FakeServer, session: str) -> list[str]:
    return [call[1]["text"] for call in server.calls("send") if call[0] == session]


async def test_enter_sends_and_clears_at_once(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "enter")
    await page.fill(COMPOSER, "  hello\nthere ")
    await page.press(COMPOSER, "Enter")
    assert await page.input_value(COMPOSER) == ""
    await page.wait_for_selector(".message[data-role=user]")
    assert sent(fake_server, session) == ["  hello\nthere "]
    await expect(page.locator(".message[data-role=assistant] .prose")).to_contain_text("You said 14 characters")


async def test_shift_enter_breaks_the_line(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "shift")
    await page.focus(COMPOSER)
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    assert await page.input_value(COMPOSER) == "one\ntwo"
    assert sent(fake_server, session) == []


async def test_enter_that_ends_a_composition_does_not_send(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "ime")
    await page.fill(COMPOSER, "にほん")
    for options in ("isComposing: true", "keyCode: 229"):
        event = f"new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {options}}})"
        await page.evaluate(f"document.querySelector('{COMPOSER}').dispatchEvent({event})")
    assert await page.input_value(COMPOSER) == "にほん"
    assert sent(fake_server, session) == []


async def test_an_empty_message_is_not_sent(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "empty")
    await page.fill(COMPOSER, "  \n ")
    await page.press(COMPOSER, "Enter")
    await expect(page.locator("[data-testid=send]")).to_be_disabled()
    assert sent(fake_server, session) == []


async def test_a_double_click_on_send_sends_once(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "double")
    await page.fill(COMPOSER, "only once")
    await page.dblclick("[data-testid=send]")
    await page.wait_for_selector(".message[data-role=user]")
    await page.wait_for_timeout(200)
    assert sent(fake_server, session) == ["only once"]


async def test_a_draft_is_kept_for_each_session_and_through_a_reload(page: Page, fake_server: FakeServer) -> None:
    first = await begin(page, fake_server, "draft one")
    other = fake_server.session("draft two")
    await page.fill(COMPOSER, "half a thought")
    await page.click(f"[data-session-id={other}]")
    await expect(page.locator(COMPOSER)).to_have_value("")
    await page.fill(COMPOSER, "another")
    await page.click(f"[data-session-id={first}]")
    await expect(page.locator(COMPOSER)).to_have_value("half a thought")
    await page.reload()
    await expect(page.locator(COMPOSER)).to_have_value("half a thought")
    await page.click(f"[data-session-id={other}]")
    await expect(page.locator(COMPOSER)).to_have_value("another")


async def test_what_was_sent_is_no_draft_any_more(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "no draft")
    await page.fill(COMPOSER, "gone")
    await page.press(COMPOSER, "Enter")
    await page.wait_for_selector(".message[data-role=user]")
    await page.reload()
    await page.wait_for_function("window.did_handshake === true")
    await expect(page.locator(COMPOSER)).to_have_value("")


async def test_a_very_long_paste_arrives_whole(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "paste")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fake_server.put("answers", "none")
    text = "".join(f'Line {number} with \\ "quotes" 漢字 👩‍👩‍👧‍👦\tand a tab\n' for number in range(20_000))
    assert len(text.encode()) > 1_200_000
    await page.evaluate("text => navigator.clipboard.writeText(text)", text)
    await page.focus(COMPOSER)
    await page.keyboard.press("Control+V")
    await page.wait_for_function(f"document.querySelector('{COMPOSER}').value.length > 100000", timeout=30_000)
    await page.press(COMPOSER, "Enter")
    assert await page.input_value(COMPOSER) == ""
    await page.wait_for_selector(".message[data-role=user]", timeout=30_000)
    fake_server.put("answers", "echo")
    assert [hashlib.sha256(one.encode()).hexdigest() for one in sent(fake_server, session)] == [
        hashlib.sha256(text.encode()).hexdigest()
    ]
    await expect(page.locator(".composer__sending")).to_have_count(0)
    assert await page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft')).length") == 0


async def test_a_refused_message_comes_back(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "refused")
    fake_server.put("refuse", True)
    await page.fill(COMPOSER, "not today")
    await page.press(COMPOSER, "Enter")
    await expect(page.locator("[data-testid=toast]")).to_contain_text("does not take this message")
    await expect(page.locator(COMPOSER)).to_have_value("not today")
    fake_server.put("refuse", False)


async def test_send_turns_into_stop_while_working_and_enter_queues(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "working")
    fake_server.pull("user", session, "work")
    fake_server.pull("busy", session)
    await expect(page.locator("[data-testid=stop]")).to_be_visible()
    await expect(page.locator("[data-testid=send]")).to_have_count(0)
    for text in ("next", "after that"):
        await page.fill(COMPOSER, text)
        await page.press(COMPOSER, "Enter")
    queued = page.locator("[data-testid=queued-prompt]")
    await expect(queued).to_have_count(2)
    await expect(queued.nth(0)).to_contain_text("next in line")
    await expect(queued.nth(1)).to_contain_text("number 2")
    await queued.nth(0).get_by_text("Remove").click()
    await expect(queued).to_have_count(1)
    await expect(queued).to_contain_text("after that")
    await page.click("[data-testid=stop]")
    await expect(page.locator("[data-testid=stop]")).to_have_count(0)
    assert [session] in fake_server.calls("abort")


async def test_the_first_message_makes_a_session_and_the_address_names_it(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    await page.click("[data-testid=suggestion] >> nth=0")
    await expect(page.locator(COMPOSER)).to_have_value("Read the project and explain how it is built.")
    await page.press(COMPOSER, "Enter")
    await page.wait_for_url("**/admin/chats/ses_*")
    await page.wait_for_selector(".message[data-role=user]")
    session = page.url.rsplit("/", 1)[1]
    assert sent(fake_server, session) == ["Read the project and explain how it is built."]
    await page.wait_for_selector(".facts")
    await page.go_back()
    await page.wait_for_selector(".start")
    await expect(page.locator(COMPOSER)).to_have_value("")


async def test_agent_and_model_are_remembered_for_the_session(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "choices")
    await page.click("[data-testid=model-picker]")
    await page.fill(".menu__filter:visible", "opus")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-testid=model-picker]")).to_contain_text("Claude opus")
    await page.click("[data-testid=agent-picker]")
    await page.click(".menu__item:visible >> text=Plan")
    await page.reload()
    await expect(page.locator("[data-testid=model-picker]")).to_contain_text("Claude opus")
    await expect(page.locator("[data-testid=agent-picker]")).to_contain_text("Plan")
    await page.fill(COMPOSER, "with it")
    await page.press(COMPOSER, "Enter")
    await page.wait_for_selector(".message[data-role=user]")
    draft = next(call[1] for call in fake_server.calls("send") if call[0] == session)
    assert draft["agent"] == "plan"
    assert draft["model"]["model_id"] == "claude-opus"


async def test_two_enters_in_one_moment_send_once(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "two enters")
    await page.fill(COMPOSER, "once")
    await page.evaluate(
        f"""const field = document.querySelector('{COMPOSER}');
        const enter = () => new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true }});
        for (let n = 0; n < 2; n++) field.dispatchEvent(enter())"""
    )
    await page.wait_for_selector(".message[data-role=user]")
    await page.wait_for_timeout(200)
    assert sent(fake_server, session) == ["once"]


async def test_escape_stops_the_turn_from_anywhere_but_not_while_something_is_open(
    page: Page, fake_server: FakeServer
) -> None:
    session = await begin(page, fake_server, "escape")
    fake_server.pull("user", session, "work")
    fake_server.pull("busy", session)
    await expect(page.locator("[data-testid=stop]")).to_be_visible()
    await page.click("[data-testid=theme-menu]")
    await page.keyboard.press("Escape")
    await page.fill("[data-testid=session-search]", "esc")
    await page.keyboard.press("Escape")
    assert [session] not in fake_server.calls("abort")
    await page.locator("[data-testid=message-list]").focus()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-testid=stop]")).to_have_count(0)
    assert [session] in fake_server.calls("abort")


async def test_a_text_that_is_too_long_is_told_at_once_and_kept(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "too long")
    await page.evaluate(
        f"""const field = document.querySelector('{COMPOSER}');
        field.value = 'word '.repeat(900000); field.dispatchEvent(new Event('input'))"""
    )
    await page.press(COMPOSER, "Enter")
    await expect(page.locator("[data-testid=composer-trouble]")).to_contain_text("at most 4 MB")
    assert await page.evaluate(f"document.querySelector('{COMPOSER}').value.length") == 4_500_000
    assert sent(fake_server, session) == []
