"""Two tabs at the same session agree: what is done in one is told to the other, which asks for nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Request

    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab
    from tests.e2e.served import Served

UNCHANGING = re.compile(r"/static/|/_nicegui/[^/]+/(?:components|libraries)/")
QUIET = re.compile(r'^\d$|^\d*\["ack"|"move"|"follow"')
"""What a tab says of itself and not to be told something: it lives, how far it has got, what it shows of a session."""


class Listening:
    """What a tab asks for, while nobody does anything in it."""

    def __init__(self, tab: Tab) -> None:
        self.asked: list[str] = []
        tab.watch.sockets[-1].on("framesent", self._sent)
        tab.page.on("request", self._requested)

    def _sent(self, frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode("latin-1")
        if not QUIET.search(text):
            self.asked.append(text)

    def _requested(self, request: Request) -> None:
        if not UNCHANGING.search(request.url):  # pictures and scripts say nothing of a session
            self.asked.append(request.url)


def stream(served: Served) -> dict[str, Any]:
    """How the server hears of opencode's changes."""
    with httpx.Client(headers={"Authorization": f"Bearer {served.token}"}) as client:
        found: dict[str, Any] = client.get(f"{served.base}/api/opencode/health").json()["stream"]
    return found


@pytest.fixture
async def other(open_tab: OpenTab, tab: Tab) -> Tab:
    """Beside `tab`, at the same session, which has one turn."""
    session_id = await tab.begin("/x text One.")
    await tab.ended()
    other = await open_tab(f"/admin/chats/{session_id}")
    await expect(other.answers).to_have_text("One.")
    await expect(other.item(session_id)).to_be_visible()
    await tab.page.bring_to_front()
    return other


@pytest.fixture
def heard(other: Tab, served: Served) -> Any:
    """From here on `other` must be told without asking, and the server too."""
    assert stream(served)["state"] == "connected"
    listening = Listening(other)
    yield listening
    assert stream(served)["state"] == "connected"
    assert not listening.asked


@pytest.mark.usefixtures("heard")
async def test_what_one_tab_sends_stands_in_the_other_with_the_answer(tab: Tab, other: Tab) -> None:
    await tab.composer.fill("a draft")
    await expect(other.composer).to_have_value("a draft")
    await tab.send("/x say 40 20")
    await expect(other.composer).to_have_value("")
    await expect(other.mine.last).to_contain_text("/x say 40 20")
    await expect(other.find("stop")).to_be_visible()
    await expect(other.answers.last).to_contain_text("w39")
    await other.ended(2)
    await expect(other.mine).to_have_count(2)


@pytest.mark.usefixtures("heard")
async def test_a_name_given_in_one_tab_is_the_name_in_the_other(tab: Tab, other: Tab) -> None:
    await tab.act(tab.session_id, "Rename")
    await tab.page.get_by_role("textbox", name="Title").fill("A better name")
    await tab.page.get_by_role("button", name="Rename", exact=True).click()
    await expect(other.item(other.session_id)).to_contain_text("A better name")
    await expect(other.page.get_by_role("heading", level=1)).to_have_text("A better name")
    await expect(other.page).to_have_title(re.compile("A better name"))


@pytest.mark.usefixtures("heard")
async def test_an_ask_that_is_answered_in_one_tab_asks_no_more_in_the_other(tab: Tab, other: Tab) -> None:
    await tab.send('/x tool bash {"command": "seq 9", "description": "counts"}\n/x text Counted.')
    await expect(other.find("permission-card")).to_be_visible()
    await expect(other.item(other.session_id, "asking")).to_be_visible()
    await tab.find("permission-once").click()
    await expect(other.find("permission-card")).to_have_count(0)
    await expect(other.tool("bash", "done")).to_be_visible()
    await expect(other.answers.last).to_have_text("Counted.")
    await expect(other.item(other.session_id, "asking")).to_have_count(0)


@pytest.mark.usefixtures("heard")
async def test_a_session_deleted_in_one_tab_is_gone_in_the_other_and_back_when_it_is_brought_back(
    tab: Tab, other: Tab
) -> None:
    session_id = tab.session_id
    await tab.act(session_id, "Delete")
    await expect(other.item(session_id)).to_have_count(0)
    await expect(other.missing).to_contain_text("is being deleted")
    await tab.find("deletions").get_by_role("button", name="Undo").click()
    await expect(other.item(session_id)).to_be_visible()
    await expect(other.answers).to_have_text("One.")


@pytest.mark.usefixtures("heard")
async def test_a_session_archived_in_one_tab_leaves_the_list_of_the_other(tab: Tab, other: Tab) -> None:
    await tab.act(tab.session_id, "Archive")
    await expect(other.item(tab.session_id)).to_have_count(0)
