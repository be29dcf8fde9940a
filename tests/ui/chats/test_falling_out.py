"""A session that goes on for days: what falls out of memory while pages show it, without a browser."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sprintagen.opencode import ids
from sprintagen.ui.chats.scroller import Scroller
from tests.services.fakes import until

if TYPE_CHECKING:
    from nicegui import Client
    from nicegui.testing import User

    from sprintagen.services.reader import Reader
    from tests.ui.fake_services import FakeServices


async def say(fake: FakeServices, session_id: str, first: int, last: int) -> None:
    """So many messages, one at a time."""
    for number in range(first, last):
        fake.user(session_id, f"message {number}.")
        await until(lambda: not fake.shedding._running)


def only_reader(fake: FakeServices) -> Reader:
    (reader,) = fake.histories.held()[0].readers
    return reader


def tell(client: Client, name: str, argument: object) -> None:
    """As the scroll box's script says something."""
    (box,) = (element for element in client.elements.values() if isinstance(element, Scroller))
    listener = next(one for one in box._event_listeners.values() if one.type == name)
    box._handle_event({"listener_id": listener.id, "args": argument})


async def test_what_is_drawn_of_messages_that_fell_out_is_kept_right(user: User, fake: FakeServices) -> None:
    session_id = fake.new_session("Read above")
    message = fake.assistant(session_id, fake.user(session_id, "Look"), completed=fake.tick())
    state = {
        "status": "completed",
        "input": {"command": "ls"},
        "output": "a",
        "title": "",
        "time": {"start": 1, "end": 2},
    }
    part = fake.tool(session_id, message, "bash", state)
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see("Look")
    client = user.client
    assert client is not None
    tell(client, "follow", [False, message])  # the reader goes up, and nothing is far from them
    await say(fake, session_id, 0, 250)
    await asyncio.sleep(0.3)
    assert fake.live_length(session_id) < 200
    reader = only_reader(fake)
    assert reader.pages == 1
    await user.should_see("Look")
    await user.should_see("message 249.")
    rows = [one for one in client.elements.values() if one.props.get("data-testid") == "tool-call"]
    assert [row.props["data-state"] for row in rows] == ["done"]
    failed = state | {"status": "error", "error": "No such thing"}
    fake.tool(session_id, message, "bash", failed, part_id=part)
    await asyncio.sleep(0.3)
    assert [row.props["data-state"] for row in rows] == ["failed"]
    fake.tool(session_id, message, "bash", state, part_id=part)
    await asyncio.sleep(0.3)
    assert [row.props["data-state"] for row in rows] == ["done"]
    fake.emit("message.removed", sessionID=session_id, messageID=message)
    await asyncio.sleep(0.3)
    assert not [one for one in client.elements.values() if one.props.get("data-testid") == "tool-call"]


async def test_the_prompt_of_what_is_drawn_is_held_though_it_fell_out(user: User, fake: FakeServices) -> None:
    session_id = fake.new_session("Cut in a turn")
    await say(fake, session_id, 0, 99)
    prompt = fake.user(session_id, "What is this?")
    answer = fake.assistant(session_id, prompt, completed=fake.tick())
    fake.part(session_id, answer, "text", text="It is that.")
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see("It is that.")
    client = user.client
    assert client is not None
    tell(client, "follow", [False, answer])
    tell(client, "move", {"older": False, "newer": False, "first": answer, "last": answer})
    await say(fake, session_id, 100, 200)
    await asyncio.sleep(0.3)
    assert fake.live_length(session_id) < 200
    assert only_reader(fake).find(ids.message_id(prompt)) is not None
    await user.should_see("It is that.")
    await user.should_not_see("What is this?")


async def test_a_page_that_was_away_at_the_end_is_at_the_end_again_and_held_nothing_of_what_went_by(
    user: User, fake: FakeServices
) -> None:
    session_id = fake.new_session("Goes on for days")
    for number in range(10):
        fake.user(session_id, f"message {number}.")
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see("message 9.")
    client = user.client
    assert client is not None
    tab_id, client.tab_id = client.tab_id, None
    for handler in client.disconnect_handlers:
        client.safe_invoke(handler)
    await say(fake, session_id, 10, 650)
    reader = only_reader(fake)
    assert reader.pages == 0
    assert len(reader.messages) == fake.live_length(session_id) < 200
    client.tab_id = tab_id
    for handler in client.connect_handlers:
        client.safe_invoke(handler)
    await user.should_see("message 649.")
    await user.should_not_see("message 9.")


async def test_a_page_nobody_looks_at_does_not_grow_with_its_session(user: User, fake: FakeServices) -> None:
    session_id = fake.new_session("Goes on for days")
    fake.user(session_id, "message 0.")
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see("message 0.")
    client = user.client
    assert client is not None
    sizes: list[int] = []
    for number in range(1, 600, 10):
        await say(fake, session_id, number, number + 10)
        await asyncio.sleep(0.05)
        sizes.append(len(client.elements))
    await user.should_see("message 600.")
    assert only_reader(fake).pages <= 2
    assert fake.live_length(session_id) < 200
    assert max(sizes[len(sizes) // 2 :]) < 1.2 * max(sizes[: len(sizes) // 2])
