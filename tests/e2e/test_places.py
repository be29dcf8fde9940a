"""Whoever reads in the middle of a long session goes on reading there: the line cut, the web process gone, the same
words stand at the same pixel, still selected, and what was typed is in its field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.e2e.test_away import CUT_OFF, is_marked, mark
from tests.faults.proxy import FaultProxy

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab, Serve
    from tests.e2e.served import Served
    from tests.rig import RealOpencode

BESIDE = 30
"""Messages before what is read and after it: several windows full each."""
PLACE = """() => {
  const box = document.querySelector('[data-testid=message-list]');
  if (!box || box.dataset.placing) return null;
  const edge = box.getBoundingClientRect().top;
  const all = [...box.querySelectorAll('[data-testid=message]')];
  const one = all.find((el) => el.getBoundingClientRect().bottom > edge + 1);
  return one && `${one.dataset.messageId} ${Math.round(one.getBoundingClientRect().top - edge)}`;
}"""
IS_IN_ITS_MIDDLE = """el => {
  const { top, bottom } = el.getBoundingClientRect();
  return top < -50 && bottom > 500;
}"""
SELECT = """message => {
  const find = (word) => {
    const walker = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) if (node.data.includes(word)) return [node, node.data.indexOf(word)];
  };
  const [from, to] = [find("w200 "), find("w230 ")];
  getSelection().setBaseAndExtent(to[0], to[1], from[0], from[1]);
}"""
SELECTED = """() => {
  const selection = getSelection();
  const inFront = selection.rangeCount && selection.getRangeAt(0).startContainer === selection.focusNode;
  return [selection.toString(), !!inFront];
}"""


def long_session(opencode: RealOpencode) -> str:
    """With a long answer in its middle, far from both ends."""
    session_id = opencode.new_session("Long")

    def say(number: int) -> None:
        text = f"Message {number}.\n\nIt has\n\nsome lines."
        body = {"parts": [{"type": "text", "text": text}], "noReply": True}
        opencode.request("POST", f"/session/{session_id}/message", body)

    for number in range(BESIDE):
        say(number)
    opencode.play("/x say 900", session_id=session_id)
    for number in range(BESIDE, 2 * BESIDE):
        say(number)
    return session_id


async def read_in_the_middle(tab: Tab) -> str:
    """Scroll to the middle of the long answer, select something there, type something; returns the place."""
    box = tab.find("message-list")
    await expect(tab.mine.last).to_contain_text(f"Message {2 * BESIDE - 1}.")
    await tab.composer.fill("half a thought")
    await box.hover()
    for _ in range(100):
        if await tab.answers.count() and await tab.answers.evaluate(IS_IN_ITS_MIDDLE):
            break
        await tab.page.mouse.wheel(0, -90)
        await tab.page.evaluate("() => new Promise(requestAnimationFrame)")
    await tab.page.wait_for_function(f"place => ({PLACE})() !== null")
    await tab.answers.evaluate(SELECT)
    place = str(await tab.page.evaluate(PLACE))
    message, _, offset = place.partition(" ")
    assert await tab.page.locator(f'[data-message-id="{message}"]').get_attribute("data-role") == "assistant"
    assert int(offset) < -50
    return place


async def selected(tab: Tab) -> tuple[str, bool]:
    """The words, and whether they were selected backwards."""
    words, is_backwards = await tab.page.evaluate(SELECTED)
    return str(words), bool(is_backwards)


async def assert_reading_on(tab: Tab, place: str) -> None:
    await tab.page.wait_for_function(f"place => ({PLACE})() === place", arg=place)
    await expect(tab.composer).to_have_value("half a thought")
    await tab.page.wait_for_function("getSelection().toString().startsWith('w200 w201')")
    words, is_backwards = await selected(tab)
    assert words.split() == [f"w{number}" for number in range(200, 230)]
    assert is_backwards
    assert await tab.page.evaluate(PLACE) == place


@pytest.fixture
def product(serve: Serve, real_opencode: RealOpencode) -> Served:
    """A product of the test's own, which may be killed without its opencode."""
    return serve(real_opencode.url, real_opencode.password.get_secret_value(), real_opencode.directory)


async def test_a_reader_in_the_middle_stays_there_through_a_cut_line(
    open_tab: OpenTab, served: Served, real_opencode: RealOpencode
) -> None:
    session_id = long_session(real_opencode)
    with FaultProxy(served.base) as line:
        tab = await open_tab(f"/admin/chats/{session_id}", served=served.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        place = await read_in_the_middle(tab)
        await mark(tab)
        line.refuse()
        await expect(tab.banner).to_contain_text("is away")
        real_opencode.play("/x text Said meanwhile.", session_id=session_id)
        line.heal()
        await expect(tab.banner).to_have_count(0)
        await expect(tab.find("jump-latest")).to_contain_text("2 new")
        await assert_reading_on(tab, place)
        assert await is_marked(tab)


async def test_a_reader_in_the_middle_is_there_again_after_a_new_web_process(
    open_tab: OpenTab, product: Served, real_opencode: RealOpencode
) -> None:
    session_id = long_session(real_opencode)
    tab = await open_tab(f"/admin/chats/{session_id}", served=product)
    tab.watch.tolerated.append(CUT_OFF)
    place = await read_in_the_middle(tab)
    await mark(tab)
    product.kill()
    await expect(tab.banner).to_contain_text("is away")
    product.start()
    await tab.page.wait_for_function("!window.isTheSamePage && window.did_handshake === true")
    await assert_reading_on(tab, place)
    await expect(tab.banner).to_have_count(0)
    assert tab.session_id == session_id
