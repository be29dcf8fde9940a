"""The browser cut off, the web process gone: the page comes back by itself, and nothing that was typed is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.test_talking import said
from tests.faults.proxy import FaultProxy
from tests.services.fakes import until

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab, Serve
    from tests.e2e.served import Served
    from tests.rig import RealOpencode

CUT_OFF = r"ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INTERNET|WebSocket (connection|is closed)|Failed to load resource"
SELECT = """answer => {
  const text = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT).nextNode();
  getSelection().setBaseAndExtent(text, 0, text, 30);
}"""
TOP = "line => line.getBoundingClientRect().top"
SELECTED = "getSelection().toString()"
CARET = "[field.selectionStart, field.selectionEnd]"


@pytest.fixture
def product(serve: Serve, real_opencode: RealOpencode) -> Served:
    """A product of the test's own, which may be killed without its opencode."""
    return serve(real_opencode.url, real_opencode.password.get_secret_value(), real_opencode.directory)


async def mark(tab: Tab) -> None:
    await tab.page.evaluate("window.isTheSamePage = true")


async def is_marked(tab: Tab) -> bool:
    return bool(await tab.page.evaluate("window.isTheSamePage === true"))


async def stays(tab: Tab, line: Locator, top: float) -> None:
    """Waits until a line stands where it stood, and sees that it goes on standing there."""
    found = [await line.element_handle(), top]
    await tab.page.wait_for_function(f"([line, top]) => Math.abs(({TOP})(line) - top) < 2", arg=found)
    await tab.page.wait_for_timeout(300)
    assert abs(await line.evaluate(TOP) - top) < 2


def program_of(served: Served) -> httpx.Client:
    """A program beside the browser, over a line of its own."""
    bearer = {"Authorization": f"Bearer {served.token}"}
    return httpx.Client(base_url=f"{served.base}/api/opencode", headers=bearer, trust_env=False)


async def caret(tab: Tab) -> list[int]:
    found: list[int] = await tab.composer.evaluate(f"field => {CARET}")
    return found


async def test_a_cut_line_resumes_in_mid_answer_without_a_reload(
    open_tab: OpenTab, served: Served, real_opencode: RealOpencode
) -> None:
    with FaultProxy(served.base) as line:
        tab = await open_tab(served=served.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        session_id = await tab.begin("/x say 200 40")
        await expect(tab.answers).to_contain_text("w20")
        await tab.composer.fill("half a thought")
        await tab.composer.evaluate("field => field.setSelectionRange(2, 6)")
        await mark(tab)
        line.refuse()
        await expect(tab.banner).to_contain_text("is away")
        await tab.shoot("away")
        await expect(tab.page.locator("#popup")).to_be_visible()
        line.heal()
        await expect(tab.banner).to_have_count(0)
        await tab.ended()
        assert (await tab.answers.inner_text()).split() == [f"w{index}" for index in range(200)]
        await expect(tab.composer).to_have_value("half a thought")
        assert await caret(tab) == [2, 6]
        assert await is_marked(tab)
        assert len(said(real_opencode, session_id)) == 1


async def test_what_is_selected_in_the_transcript_stays_selected_through_a_cut_line(
    open_tab: OpenTab, served: Served
) -> None:
    with FaultProxy(served.base) as line:
        tab = await open_tab(served=served.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        await tab.begin("/x say 400")
        await tab.ended()
        await tab.answers.first.evaluate(SELECT)
        before = await tab.page.evaluate(SELECTED)
        assert before.startswith("w0 w1 w2")
        await mark(tab)
        line.refuse()
        await expect(tab.banner).to_contain_text("is away")
        line.heal()
        await expect(tab.banner).to_have_count(0)
        assert await tab.page.evaluate(SELECTED) == before
        assert await is_marked(tab)


async def test_a_message_sent_while_cut_off_goes_out_once_when_the_line_is_back(
    open_tab: OpenTab, served: Served, real_opencode: RealOpencode
) -> None:
    with FaultProxy(served.base) as line:
        tab = await open_tab(served=served.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        session_id = await tab.begin("/x text One.")
        await tab.ended()
        line.refuse()
        await expect(tab.banner).to_be_visible()
        await tab.send("/x text Two.")
        await tab.send("/x text Three.")
        await expect(tab.find("unsent")).to_contain_text("2 messages will be sent when the connection is back")
        await tab.shoot("unsent")
        line.heal()
        await expect(tab.answers.last).to_have_text("Three.")
        await expect(tab.find("unsent")).to_have_count(0)
        assert said(real_opencode, session_id) == ["/x text One.", "/x text Two.", "/x text Three."]
        assert await tab.page.evaluate("Object.keys(localStorage).filter((name) => /unsent/.test(name)).length") == 0


async def test_a_line_that_swallows_everything_is_found_out_and_left(open_tab: OpenTab, served: Served) -> None:
    with FaultProxy(served.base) as line:
        tab = await open_tab(served=served.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        await tab.begin("/x text One.")
        await tab.ended()
        await mark(tab)
        line.fault(silent=True, where=set(line.connections).__contains__)
        await tab.send("/x text Two.")
        await tab.page.evaluate("dispatchEvent(new Event('online'))")
        await expect(tab.answers.last).to_have_text("Two.")
        await expect(tab.mine).to_have_count(2)
        assert await is_marked(tab)


async def test_a_killed_web_process_is_waited_for_and_the_page_comes_back_as_it_was(
    open_tab: OpenTab, product: Served, real_opencode: RealOpencode
) -> None:
    tab = await open_tab(served=product)
    tab.watch.tolerated.append(CUT_OFF)
    session_id = await tab.begin('/x tool bash {"command": "seq 9", "description": "counts"}\n/x text Counted.')
    await expect(tab.find("permission-card")).to_be_visible()
    await tab.find("session-search").fill("zebra")
    await expect(tab.page.locator(".list__none")).to_contain_text("No session matches")
    await mark(tab)
    product.kill()
    await expect(tab.banner).to_contain_text("is away")
    await tab.send("/x text And then.")
    await expect(tab.find("unsent")).to_contain_text("will be sent when the connection is back")
    await tab.composer.fill("the next\nthought")
    await tab.composer.evaluate("field => field.setSelectionRange(4, 9, 'backward')")
    await tab.shoot("killed")
    product.start()
    await tab.page.wait_for_function("!window.isTheSamePage && window.did_handshake === true")
    await expect(tab.banner).to_have_count(0)
    await expect(tab.composer).to_have_value("the next\nthought")
    await tab.page.wait_for_function("document.activeElement?.dataset.testid === 'composer'")
    assert await caret(tab) == [4, 9]
    await expect(tab.find("session-search")).to_have_value("zebra")
    await expect(tab.page.locator(".list__none")).to_contain_text("No session matches")
    await tab.find("permission-once").click()
    await expect(tab.answers.last).to_have_text("And then.")
    await expect(tab.find("unsent")).to_have_count(0)
    assert said(real_opencode, session_id)[1:] == ["/x text And then."]
    assert tab.session_id == session_id


FIRST_IN_VIEW = """list => [...list.querySelectorAll('[data-testid=session-item]')]
  .find(row => row.getBoundingClientRect().bottom > list.getBoundingClientRect().top).dataset.sessionId"""


async def test_after_a_restart_the_list_is_where_it_was(
    open_tab: OpenTab, product: Served, real_opencode: RealOpencode
) -> None:
    for number in range(80):
        real_opencode.new_session(f"Old {number}")
    tab = await open_tab(served=product)
    tab.watch.tolerated.append(CUT_OFF)
    rows = tab.find("session-list")
    await expect(tab.find("session-item").first).to_be_visible()
    await rows.evaluate("list => list.scrollTop = 1303")
    await expect(tab.page.locator(".session--blank")).to_have_count(0)
    seen = await rows.evaluate(FIRST_IN_VIEW)
    await mark(tab)
    product.kill()
    await expect(tab.banner).to_contain_text("is away")
    product.start()
    await tab.page.wait_for_function("!window.isTheSamePage && window.did_handshake === true")
    await tab.page.wait_for_function("document.querySelector('[data-testid=session-list]').scrollTop === 1303")
    await expect(tab.page.locator(".session--blank")).to_have_count(0)
    assert await rows.evaluate(FIRST_IN_VIEW) == seen


async def test_a_page_whose_server_stays_away_does_not_load_itself_into_nothing(
    open_tab: OpenTab, product: Served
) -> None:
    tab = await open_tab(served=product)
    tab.watch.tolerated.append(CUT_OFF)
    await tab.begin("/x text Here.")
    await tab.ended()
    await mark(tab)
    product.stop()
    await expect(tab.banner).to_contain_text("Trying again")
    await tab.page.wait_for_timeout(4000)
    assert await is_marked(tab)
    await expect(tab.answers).to_have_text("Here.")
    product.start()
    await tab.page.wait_for_function("!window.isTheSamePage && window.did_handshake === true")
    await expect(tab.answers).to_have_text("Here.")


async def test_a_chat_whose_beginning_was_not_answered_before_the_web_process_died_is_one_session(
    open_tab: OpenTab, product: Served, real_opencode: RealOpencode
) -> None:
    with FaultProxy(product.base) as line:
        tab = await open_tab(served=product.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        before = {session["id"] for session in real_opencode.request("GET", "/session?limit=1000")}

        def new() -> list[str]:
            found = [session["id"] for session in real_opencode.request("GET", "/session?limit=1000")]
            return [id_ for id_ in found if id_ not in before]

        line.fault(drip=1, tick=30)  # what the browser says arrives, what it is answered does not
        await tab.send("/x text Begun.")
        await until(lambda: bool(new()) and len(real_opencode.messages(new()[0])) == 2, 60)
        product.kill()
        line.cut()
        product.start()
        line.heal()
        await expect(tab.answers).to_have_text("Begun.")
        await expect(tab.find("unsent")).to_have_count(0)
        assert await tab.page.evaluate("Object.keys(localStorage).filter((name) => /unsent/.test(name)).length") == 0
        assert new() == [tab.session_id]
        assert said(real_opencode, tab.session_id) == ["/x text Begun."]


async def test_an_ask_that_a_dead_line_swallowed_and_somebody_answered_does_not_come_back(
    open_tab: OpenTab, served: Served
) -> None:
    with FaultProxy(served.base) as line, program_of(served) as program:
        tab = await open_tab(served=served.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        session_id = await tab.begin("/x text One.")
        await tab.ended()
        await mark(tab)
        line.fault(silent=True, where=set(line.connections).__contains__)
        text = '/x tool bash {"command": "seq 9", "description": "counts"}\n/x text Counted.'
        path = f"/sessions/{session_id}/messages"
        assert program.post(path, json={"text": text}, params={"wait": "false"}).is_success

        def asks() -> list[dict[str, str]]:
            found: list[dict[str, str]] = program.get("/permissions", params={"session_id": session_id}).json()
            return found

        await until(asks, timeout=20)
        await asyncio.sleep(0.5)  # the card is on its way, into the void
        line.refuse()
        await expect(tab.banner).to_be_visible()
        answer = program.post(f"/permissions/{asks()[0]['id']}", json={"reply": "once"})
        assert answer.is_success, answer.text
        await until(lambda: not asks(), timeout=20)
        await asyncio.sleep(0.5)
        line.heal()
        await expect(tab.banner).to_have_count(0)
        await expect(tab.answers.last).to_have_text("Counted.")
        await tab.ended(2)
        await expect(tab.find("permission-card")).to_have_count(0)
        assert await is_marked(tab)


async def test_a_reader_keeps_the_place_while_the_line_is_cut_and_the_answer_goes_on(
    open_tab: OpenTab, served: Served
) -> None:
    with FaultProxy(served.base) as line:
        tab = await open_tab(served=served.through(line.url))
        tab.watch.tolerated.append(CUT_OFF)
        await tab.begin("/x text " + "\n".join(f"line {number}\n" for number in range(60)))
        await tab.ended()
        await tab.send("/x say 300 40")
        await expect(tab.answers.last).to_contain_text("w20")
        await tab.find("message-list").hover()
        await tab.page.mouse.wheel(0, -1500)
        await expect(tab.find("jump-latest")).to_be_visible()
        read = tab.answers.first.get_by_text("line 30", exact=True)
        await read.evaluate("line => line.scrollIntoView({block: 'center'})")
        before = await read.evaluate(TOP)
        await mark(tab)
        line.refuse()
        await expect(tab.banner).to_contain_text("is away")
        line.heal()
        await expect(tab.banner).to_have_count(0)
        await tab.ended(turns=2)
        await expect(tab.answers.last).to_contain_text("w299")
        await stays(tab, read, before)
        assert await is_marked(tab)


async def test_a_reader_finds_the_place_again_after_the_web_process_was_killed(
    open_tab: OpenTab, product: Served
) -> None:
    tab = await open_tab(served=product)
    tab.watch.tolerated.append(CUT_OFF)
    await tab.begin("/x text " + "\n".join(f"line {number}\n" for number in range(60)))
    await tab.ended()
    read = tab.answers.first.get_by_text("line 30", exact=True)
    await tab.find("message-list").hover()
    await tab.page.mouse.wheel(0, -1500)
    await expect(tab.find("jump-latest")).to_be_visible()
    await read.evaluate("line => line.scrollIntoView({block: 'center'})")
    before = await read.evaluate(TOP)
    await mark(tab)
    product.kill()
    await expect(tab.banner).to_contain_text("is away")
    product.start()
    await tab.live()
    await tab.page.wait_for_function("window.isTheSamePage !== true")
    await expect(read).to_be_visible()
    await stays(tab, read, before)
