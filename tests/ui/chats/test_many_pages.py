"""What pages cost that nobody looks at, and what is left of pages that were closed."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from typing import TYPE_CHECKING

from nicegui import Client
from nicegui.outbox import Outbox

from sprintagen.opencode import ids
from sprintagen.services.reader import Reader
from sprintagen.services.watching import Watch
from sprintagen.ui.chats.chat_pane import ChatPane
from sprintagen.ui.chats.list_pane import ListPane
from sprintagen.ui.chats.pacer import Pacer
from sprintagen.ui.chats.page import ChatsPage
from sprintagen.ui.chats.scroller import Scroller
from sprintagen.ui.chats.session_list import SessionList
from sprintagen.ui.chats.transcript import Transcript
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown
from tests.ui.canned import SHOP

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices

OF_A_PAGE = (
    ChatsPage,
    ChatPane,
    Client,
    ListPane,
    Outbox,
    Pacer,
    Reader,
    StreamingMarkdown,
    Transcript,
    Watch,
)
TIMES = 200


def emit_of_browser(client: Client, name: str, argument: object) -> None:
    """An event as the page's script sends it with `emitEvent`."""
    for listener in client.layout._event_listeners.values():
        if listener.type == name:
            client.layout._handle_event({"listener_id": listener.id, "args": argument})


def streamed(fake: FakeServices) -> tuple[str, str, str]:
    """A session in the middle of an answer: its id, the message's and the part's."""
    session_id = fake.new_session("Long answer")
    fake.busy(session_id)
    message = fake.assistant(session_id, fake.user(session_id, "Tell me"))
    part = fake.start_text(session_id, message)
    fake.delta(session_id, message, part, "It begins.")
    return session_id, message, part


async def test_words_cost_a_page_nobody_can_see_nothing_and_are_there_when_it_is_looked_at(
    user: User, fake: FakeServices
) -> None:
    session_id, message, part = streamed(fake)
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see(StreamingMarkdown, retries=20)
    client = user.client
    assert client is not None
    (text,) = [element for element in client.elements.values() if isinstance(element, StreamingMarkdown)]
    fake.delta(session_id, message, part, " Seen.")
    await asyncio.sleep(0.05)
    assert text.text == "It begins. Seen."
    emit_of_browser(client, "chats_visible", False)
    await asyncio.sleep(0.05)
    before = client.outbox.next_message_id, len(client.outbox.messages), len(client.outbox.updates)
    for _ in range(50):
        fake.delta(session_id, message, part, " More.")
    await asyncio.sleep(0.05)
    assert (client.outbox.next_message_id, len(client.outbox.messages), len(client.outbox.updates)) == before
    assert text.text == "It begins. Seen."
    emit_of_browser(client, "chats_visible", True)
    await asyncio.sleep(0.05)
    assert text.text == "It begins. Seen." + 50 * " More."
    fake.delta(session_id, message, part, " End.")
    await asyncio.sleep(0.05)
    assert text.text.endswith(" More. End.")


def alive() -> Counter[str]:
    """How many there are of everything a page consists of, tasks among it."""
    gc.collect()
    counted = Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, OF_A_PAGE))
    counted["tasks"] = len(asyncio.all_tasks())
    return counted


async def settled(before: Counter[str]) -> Counter[str]:
    """What is alive once what ends by itself has ended; NiceGUI's outbox looks every second whether it is over."""
    for _ in range(40):
        if alive() <= before:
            break
        await asyncio.sleep(0.1)
    return alive()


async def visit(user: User, *session_ids: str) -> None:
    """Open a page, show one session after the other in it, close it."""
    client = await user.open("/admin/chats")
    (rows,) = (element for element in client.elements.values() if isinstance(element, SessionList))
    for session_id in session_ids:
        listener = next(one for one in rows._event_listeners.values() if one.type == "pick")
        rows._handle_event({"listener_id": listener.id, "args": session_id})
        for _ in range(100):
            if any(
                isinstance(one, Scroller) and one._props["session"] == session_id for one in client.elements.values()
            ):
                break
            await asyncio.sleep(0.005)
        else:
            raise AssertionError(f"{session_id} was not drawn")
    client.delete()


async def test_pages_that_were_closed_leave_nothing_behind(user: User, fake: FakeServices) -> None:
    session_id, message, part = streamed(fake)
    await visit(user, SHOP, session_id)
    user.client = None
    await asyncio.sleep(1.2)
    before = alive()
    for number in range(TIMES):
        fake.delta(session_id, message, part, f" {number}")
        await visit(user, SHOP, session_id)
    user.client = None
    after = await settled(before)
    assert after - before == Counter()
    assert fake.watching.count() == fake.watching.count(ids.session_id(session_id)) == 0
