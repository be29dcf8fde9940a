"""The index of a session: complete, in order, and right while the session changes under it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.opencode import errors, events
from sprintagen.opencode.ids import MessageID, PartID, SessionID
from sprintagen.opencode.models import (
    AssistantMessage,
    MessageError,
    MessageTime,
    MessageWithParts,
    Revert,
    TextPart,
    UserMessage,
)
from sprintagen.services.reader import Reader
from sprintagen.services.refs import OPERATOR
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.services import Services
    from sprintagen.services.history import History
    from tests.services.fakes import FakeOpencode

START = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = MessageError(name="APIError", data={"message": "Too many requests"})


def item(session_id: SessionID, number: int, *, error: MessageError | None = None) -> MessageWithParts:
    """Even numbers ask, odd ones answer."""
    message_id = MessageID(f"msg_{number:05d}")
    time = MessageTime(created=START + timedelta(seconds=number))
    words = f"Question {number}\nand more of it" if number % 2 == 0 else f"Answer {number} has a needle{number}."
    part = TextPart(id=PartID(f"prt_{number:05d}"), session_id=session_id, message_id=message_id, text=words)
    if number % 2 == 0:
        return MessageWithParts(info=UserMessage(id=message_id, session_id=session_id, time=time), parts=[part])
    parent = MessageID(f"msg_{number - 1:05d}")
    info = AssistantMessage(id=message_id, session_id=session_id, parent_id=parent, time=time, error=error)
    return MessageWithParts(info=info, parts=[part])


async def long_session(services: Services, fake: FakeOpencode, count: int) -> SessionID:
    session_id = fake.add_session("long")
    await until(lambda: session_id in services.store.sessions)
    fake.history[session_id] = [item(session_id, number) for number in range(count)]
    return session_id


async def opened(services: Services, session_id: SessionID) -> History:
    return services.histories.of(await services.sessions.open(OPERATOR, session_id))


async def whole(history: History) -> None:
    """Wait until the index reaches the beginning."""
    assert await history.index.find("msg_none") is None
    assert history.index.is_complete


def lines(history: History) -> list[str]:
    return [turn.line for turn in history.index.turns()]


async def test_the_turns_are_in_order_with_the_first_line_of_what_was_asked_and_their_place(
    services: Services, fake: FakeOpencode
) -> None:
    history = await opened(services, await long_session(services, fake, 450))
    await whole(history)
    turns = history.index.turns()
    assert [turn.line for turn in turns] == [f"Question {number}" for number in range(0, 450, 2)]
    assert [turn.place for turn in turns] == list(range(0, 450, 2))
    assert turns[3].at == round((START + timedelta(seconds=6)).timestamp() * 1000)
    assert history.index.count() == 450
    assert [history.index.place_of(f"msg_{number:05d}") for number in (0, 99, 349, 449)] == [0, 99, 349, 449]


async def test_a_jump_with_the_index_there_is_one_page_read(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 1000))
    await whole(history)
    fake.calls.clear()
    reader = Reader(history)
    assert await reader.go_to("msg_00421")
    assert fake.calls == ["messages.list"]
    assert next(iter(reader.messages)) == "msg_00400"
    assert await reader.read_newer(), "and from there one can read on"
    assert list(reader.messages) == [f"msg_{number:05d}" for number in range(400, 600)]


async def test_a_jump_without_it_reads_only_as_far_as_needed(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 1000))
    assert await Reader(history).go_to("msg_00750")
    assert fake.calls.count("messages.list_plain") == 2
    assert not history.index.is_complete
    assert lines(history)[0] == "Question 700"


async def test_it_is_built_by_itself_and_says_so_as_it_grows(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 350))

    class Watcher:
        counts: list[int] = []  # noqa: RUF012

        def look(self) -> None:
            self.counts.append(history.index.count())

    watcher = Watcher()
    history.index.watch(watcher.look)
    history.index.start()
    await until(lambda: history.index.is_complete)
    assert watcher.counts == [200, 300, 350]


async def test_what_is_said_while_it_is_built_is_in_it(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 300)
    history = await opened(services, session_id)
    building = asyncio.create_task(whole(history))
    await asyncio.sleep(0)
    fake.history[session_id].append(item(session_id, 300))
    fake.emit(events.MessageUpdated(session_id=session_id, info=item(session_id, 300).info))
    fake.emit(events.PartUpdated(session_id=session_id, part=item(session_id, 300).parts[0]))
    await building
    await until(lambda: len(history.live.messages) == 101)
    assert lines(history) == [f"Question {number}" for number in range(0, 301, 2)]


async def test_a_message_removed_from_an_old_page_is_gone_from_the_index_and_from_the_pages(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 300)
    history = await opened(services, session_id)
    reader = Reader(history)
    assert await reader.read_older()
    await whole(history)
    await fake.messages.delete(session_id, MessageID("msg_00150"))
    await until(lambda: history.index.count() == 299)
    assert "Question 150" not in lines(history)
    assert history.index.place_of("msg_00151") == 150
    assert "msg_00150" not in reader.messages


async def test_a_message_removed_while_its_page_is_read_does_not_come_back(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 150)
    history = await opened(services, session_id)
    page = await fake.messages.list_plain(session_id, limit=100, before=history.live.older_cursor)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(*_: Any) -> Any:
        asked.set()
        await answer.wait()
        return page

    history.index._fetch = slow
    building = asyncio.create_task(whole(history))
    await asked.wait()
    await fake.messages.delete(session_id, MessageID("msg_00010"))
    await until(lambda: "msg_00010" in history.index._removed)
    answer.set()
    await building
    assert "Question 10" not in lines(history)


async def test_after_a_gap_it_is_read_anew_and_answers_from_what_it_knew_until_then(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 400)
    history = await opened(services, session_id)
    await whole(history)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    del fake.history[session_id][20:22]
    fake.connect()
    await until(services.feed.is_connected)
    assert len(lines(history)) == 200
    await whole(history)
    assert len(lines(history)) == 199
    assert "Question 20" not in lines(history)


async def test_a_hole_before_the_live_end_makes_it_begin_again(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 300)
    history = await opened(services, session_id)
    await whole(history)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.history[session_id] += [item(session_id, number) for number in range(300, 600)]
    fake.connect()
    await until(services.feed.is_connected)
    await whole(history)
    assert lines(history) == [f"Question {number}" for number in range(0, 600, 2)]


async def test_a_live_end_that_is_read_anew_beyond_what_was_known_makes_it_begin_again_too(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 300)
    history = await opened(services, session_id)
    await whole(history)
    fake.history[session_id] += [item(session_id, number) for number in range(300, 600)]
    history.live.load(await fake.messages.list(session_id, limit=100))
    assert not history.index.is_complete
    await whole(history)
    assert lines(history) == [f"Question {number}" for number in range(0, 600, 2)]


async def test_reverted_turns_are_not_in_it_wherever_the_revert_begins(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 300)
    history = await opened(services, session_id)
    await whole(history)
    fake.change_session(session_id, revert=Revert(message_id=MessageID("msg_00280")))
    await until(lambda: lines(history)[-1] == "Question 278")
    assert history.index.count() == 280
    fake.change_session(session_id, revert=Revert(message_id=MessageID("msg_00050")))
    await until(lambda: lines(history)[-1] == "Question 48")
    assert history.index.count() == 50
    fake.change_session(session_id, revert=None)
    await until(lambda: len(lines(history)) == 150)


async def test_a_turn_that_failed_says_so_and_one_that_was_stopped_does_not(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 300)
    stopped = MessageError(name="MessageAbortedError", data={"message": "Aborted"})
    for number, error in ((41, FAILED), (61, stopped), (291, FAILED)):
        fake.history[session_id][number] = item(session_id, number, error=error)
    history = await opened(services, session_id)
    await whole(history)
    assert [turn.line for turn in history.index.turns() if turn.is_failed] == ["Question 40", "Question 290"]


async def test_who_waits_for_a_page_that_cannot_be_read_hears_why_and_the_next_one_tries_again(
    services: Services, fake: FakeOpencode
) -> None:
    history = await opened(services, await long_session(services, fake, 300))
    fake.broken["messages.list_plain"] = [errors.ServerUnreachable("It is away.")]
    with pytest.raises(errors.ServerUnreachable):
        await history.index.find("msg_00001")
    assert await history.index.find("msg_00001") is not None


async def test_it_goes_with_the_last_reader(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 300))
    readers = [Reader(history), Reader(history)]
    index = weakref.ref(history.index)
    history.index.start()
    del history
    readers.pop()
    gc.collect()
    assert index() is not None
    readers.clear()
    gc.collect()
    assert index() is None


async def test_the_page_before_is_read_ahead_once_and_trouble_with_it_is_nobodys(
    services: Services, fake: FakeOpencode
) -> None:
    history = await opened(services, await long_session(services, fake, 350))
    reader = Reader(history)
    fake.calls.clear()
    fake.broken["messages.list"] = [errors.ServerUnreachable("It is away.")]
    await reader.prefetch_older()
    assert reader.pages == 0
    await asyncio.gather(reader.prefetch_older(), reader.prefetch_older())
    assert fake.calls == ["messages.list"] * 2
    assert await reader.read_older()
    assert fake.calls == ["messages.list"] * 2, "it was there already"
