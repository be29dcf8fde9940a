"""The main job: send, watch the answer come, stop it, send more."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.e2e.browsing import PATIENCE

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab
    from tests.rig import RealOpencode


def said(opencode: RealOpencode, session_id: str) -> list[str]:
    """What opencode keeps of the person's messages."""
    return [
        "".join(part["text"] for part in message["parts"] if part["type"] == "text" and not part.get("synthetic"))
        for message in opencode.messages(session_id)
        if message["info"]["role"] == "user"
    ]


async def test_words_stand_on_the_page_while_the_model_goes_on(tab: Tab) -> None:
    await tab.begin("/x say 80 20")
    await expect(tab.answers).to_contain_text("w5")
    await expect(tab.find("stop")).to_be_visible()
    await expect(tab.answers).not_to_contain_text("w79", timeout=1)
    await expect(tab.answers).to_contain_text("w79")
    await tab.ended()
    text = await tab.answers.inner_text()
    assert text.split() == [f"w{index}" for index in range(80)]


async def test_the_message_stands_above_its_answer(tab: Tab) -> None:
    await tab.begin("/x text An **answer**.")
    await tab.ended()
    roles = await tab.find("message").evaluate_all("all => all.map((one) => one.dataset.role)")
    assert roles == ["user", "assistant"]
    await expect(tab.mine.locator(".bubble__text")).to_have_text("/x text An **answer**.")
    await expect(tab.answers.locator("strong")).to_have_text("answer")
    ids = await tab.find("message").evaluate_all("all => all.map((one) => one.dataset.messageId)")
    assert all(one.startswith("msg") for one in ids)


async def test_reasoning_is_folded_and_opens(tab: Tab) -> None:
    await tab.begin("/x think 12\n/x text So be it.")
    await tab.ended()
    reasoning = tab.page.locator('[data-testid=part][data-part-type="reasoning"]')
    await expect(reasoning).to_contain_text("Thought")
    await expect(reasoning).not_to_contain_text("w11")
    await reasoning.get_by_role("button").click()
    await expect(reasoning).to_contain_text("w11")


async def test_code_is_coloured_and_can_be_copied(tab: Tab) -> None:
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=tab.served.base)
    await tab.begin("/x text Look:\n\n```python\ndef price():\n    return 3\n```")
    await tab.ended()
    await expect(tab.answers.locator("pre .hljs-keyword").first).to_have_text("def")
    await tab.answers.get_by_role("button", name=re.compile("copy", re.I)).click()
    assert await tab.page.evaluate("navigator.clipboard.readText()") == "def price():\n    return 3"


async def test_stop_ends_the_turn_and_keeps_what_was_said(tab: Tab) -> None:
    await tab.begin("/x say 2000 20")
    await expect(tab.answers).to_contain_text("w8")
    await tab.find("stop").click()
    await expect(tab.find("stop")).to_have_count(0)
    await expect(tab.page.get_by_text("Stopped", exact=True)).to_be_visible()
    await expect(tab.answers).to_contain_text("w8")
    await tab.send("/x text On we go.")
    await expect(tab.answers.last).to_have_text("On we go.")


async def test_messages_sent_meanwhile_wait_in_view_and_are_answered_one_by_one(
    tab: Tab, real_opencode: RealOpencode
) -> None:
    await tab.begin("/x say 60 20")
    await expect(tab.answers).to_contain_text("w2")
    await tab.send("/x text second answer")
    await tab.send("/x text third answer")
    await expect(tab.queued).to_have_text(
        [re.compile("second answer.*next in line", re.S), re.compile("third.*number 2", re.S)]
    )
    await tab.ended(turns=3)
    await expect(tab.queued).to_have_count(0)
    texts = [" ".join((await one.inner_text()).split())[:13] for one in await tab.find("message").all()]
    assert [text.split()[0] for text in texts] == ["/x", "w0", "/x", "second", "/x", "third"]
    assert said(real_opencode, tab.session_id) == ["/x say 60 20", "/x text second answer", "/x text third answer"]


async def test_a_waiting_message_can_be_taken_back(tab: Tab, real_opencode: RealOpencode) -> None:
    await tab.begin("/x say 60 20")
    await expect(tab.answers).to_contain_text("w2")
    await tab.send("/x text never")
    await tab.queued.get_by_role("button", name="Remove").click()
    await expect(tab.queued).to_have_count(0)
    await tab.ended()
    assert said(real_opencode, tab.session_id) == ["/x say 60 20"]


async def test_a_double_click_on_send_sends_once(tab: Tab, real_opencode: RealOpencode) -> None:
    await tab.composer.fill("/x text once")
    await tab.find("send").dblclick()
    await tab.page.wait_for_url(re.compile("/ses"), timeout=PATIENCE)
    await tab.ended()
    await tab.composer.fill("/x text again")
    await asyncio.gather(tab.composer.press("Enter"), tab.composer.press("Enter"))
    await tab.ended(turns=2)
    assert said(real_opencode, tab.session_id) == ["/x text once", "/x text again"]
    await expect(tab.mine).to_have_count(2)


async def test_an_empty_message_is_not_sent(tab: Tab) -> None:
    await expect(tab.find("send")).to_be_disabled()
    await tab.composer.fill("  \n ")
    await expect(tab.find("send")).to_be_disabled()
    await tab.composer.press("Enter")
    await tab.begin("/x text first")
    await tab.ended()
    await expect(tab.mine).to_have_count(1)


async def test_shift_enter_breaks_the_line(tab: Tab, real_opencode: RealOpencode) -> None:
    await tab.composer.press_sequentially("/x text one")
    await tab.composer.press("Shift+Enter")
    await tab.composer.press_sequentially("two")
    await expect(tab.composer).to_have_value("/x text one\ntwo")
    await tab.composer.press("Enter")
    await tab.page.wait_for_url(re.compile("/ses"), timeout=PATIENCE)
    await tab.ended()
    assert said(real_opencode, tab.session_id) == ["/x text one\ntwo"]


async def test_enter_in_an_input_method_does_not_send(tab: Tab) -> None:
    await tab.composer.fill("nihon")
    await tab.composer.evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, isComposing: true}))"
    )
    await expect(tab.composer).to_have_value("nihon")
    await expect(tab.mine).to_have_count(0)


async def test_a_paste_of_a_megabyte_arrives_whole(tab: Tab, real_opencode: RealOpencode) -> None:
    lines = [f"{number:06} äöü 漢字 🙂 <b>&amp;</b> ```" for number in range(30_000)]
    text = "\n".join([*lines, "/x usage 100", "/x text got it"])
    assert len(text.encode()) > 1_000_000
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=tab.served.base)
    await tab.page.evaluate("text => navigator.clipboard.writeText(text)", text)
    await tab.composer.press("ControlOrMeta+v")
    await tab.composer.press("Enter")
    await expect(tab.composer).to_have_value("")
    await tab.page.wait_for_url(re.compile("/ses"), timeout=PATIENCE)
    await expect(tab.answers.last).to_have_text("got it")
    assert said(real_opencode, tab.session_id)[0] == text
    await expect(tab.mine.first.get_by_role("button", name="Show all")).to_be_visible()


async def test_a_draft_survives_a_reload_and_belongs_to_its_session(tab: Tab) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    await tab.composer.fill("half a thou")
    await tab.page.reload()
    await tab.live()
    await expect(tab.composer).to_have_value("half a thou")
    await tab.find("new-session").click()
    await expect(tab.composer).to_have_value("")
    await tab.item(session_id).click()
    await expect(tab.composer).to_have_value("half a thou")
    await tab.send("/x text done")
    await tab.ended(turns=2)
    await tab.page.reload()
    await tab.live()
    await expect(tab.composer).to_have_value("")


async def test_a_reload_in_mid_answer_shows_all_of_it(tab: Tab) -> None:
    await tab.begin("/x say 100 20")
    await expect(tab.answers).to_contain_text("w10")
    await tab.page.reload()
    await expect(tab.answers).to_contain_text("w10")
    await tab.ended()
    assert (await tab.answers.inner_text()).split() == [f"w{index}" for index in range(100)]


async def test_a_reader_who_scrolled_up_stays_and_can_jump_to_the_latest(tab: Tab) -> None:
    await tab.begin("/x text " + "\n".join(f"line {number}\n" for number in range(60)))
    await tab.ended()
    await tab.send("/x say 600 60")
    await expect(tab.answers.last).to_contain_text("w20")
    await expect(tab.find("jump-latest")).to_be_hidden()
    box = tab.find("message-list")
    await box.hover()
    await tab.page.mouse.wheel(0, -1500)
    await expect(tab.find("jump-latest")).to_be_visible()
    line = tab.answers.first.get_by_text("line 30", exact=True)
    await line.evaluate("line => line.scrollIntoView({block: 'center'})")
    before = await line.evaluate("line => line.getBoundingClientRect().top")
    await expect(tab.answers.last).to_contain_text("w300")
    assert abs(await line.evaluate("line => line.getBoundingClientRect().top") - before) < 2
    await tab.find("jump-latest").click()
    await expect(tab.find("jump-latest")).to_be_hidden()
    await tab.ended(turns=2)
    assert await box.evaluate("box => box.scrollHeight - box.clientHeight - box.scrollTop") < 2


async def test_two_tabs_on_one_session_agree(tab: Tab, open_tab: OpenTab) -> None:
    session_id = await tab.begin("/x say 120 40")
    await expect(tab.answers).to_contain_text("w3")
    other = await open_tab(f"/admin/chats/{session_id}")
    await expect(other.answers).to_contain_text("w20")
    await other.send("/x text from the other tab")
    await expect(tab.queued).to_contain_text("from the other tab")
    await tab.ended(turns=2)
    await other.ended(turns=2)
    assert await tab.answers.all_inner_texts() == await other.answers.all_inner_texts()
    assert await tab.mine.all_inner_texts() == await other.mine.all_inner_texts()
