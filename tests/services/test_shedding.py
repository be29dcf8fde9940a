"""A live view that stays short: what falls out of it, and that nobody who reads there notices."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.opencode import errors, events
from sprintagen.opencode.ids import MessageID, PartID, SessionID
from sprintagen.opencode.models import (
    AssistantMessage,
    MessageTime,
    MessageWithParts,
    PartTime,
    Revert,
    SessionStatus,
    TextPart,
)
from sprintagen.services.message_view import HOLE
from sprintagen.services.reader import Reader
from sprintagen.services.refs import OPERATOR
from sprintagen.services.session_search import words_in
from sprintagen.services.session_view import SessionView
from sprintagen.services.shedding import FULL, LATER, first_to_stay
from tests.services.fakes import until
from tests.services.test_session_index import item, lines, long_session, opened, whole

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

SES = SessionID("ses_1")


def name(number: int) -> MessageID:
    return MessageID(f"msg_{number:05d}")


def tell(fake: FakeOpencode, one: MessageWithParts) -> None:
    """A message as the events bring it, its parts and all."""
    session_id = one.info.session_id
    fake.history[session_id] = [*[old for old in fake.history[session_id] if old.info.id != one.info.id], one]
    fake.emit(events.MessageUpdated(session_id=session_id, info=one.info))
    for part in one.parts:
        fake.emit(events.PartUpdated(session_id=session_id, part=part))


def say(fake: FakeOpencode, session_id: SessionID, *numbers: int) -> None:
    for number in numbers:
        tell(fake, item(session_id, number))


def texts(reader: Reader) -> list[tuple[str, list[str]]]:
    return [(id_, [part.text for part in view.parts.values()]) for id_, view in reader.messages.items()]


async def settled(services: Services, fake: FakeOpencode) -> None:
    """Everything said has arrived, and nothing is being let go of."""
    await until(fake.stream.items.empty)
    await asyncio.sleep(0.01)
    await until(lambda: not services.shedding._running)


def view_of(count: int) -> SessionView:
    """A loaded view of so many messages."""
    view = SessionView(SES)
    for number in range(count):
        one = item(SES, number)
        view.apply(events.MessageUpdated(session_id=SES, info=one.info))
        view.apply(events.PartUpdated(session_id=SES, part=one.parts[0]))
    view.loaded = True
    return view


# -- what may fall out -------------------------------------------------------------------------------------------------


def test_a_page_falls_out_once_as_many_messages_stay() -> None:
    assert first_to_stay(view_of(FULL - 1)) is None
    assert first_to_stay(view_of(FULL)) == name(100)
    assert first_to_stay(view_of(3 * FULL)) == name(100), "the oldest first"


def test_what_is_undone_keeps_everything() -> None:
    view = view_of(FULL + 1)
    view.reverted[name(FULL)] = view.messages.pop(name(FULL))
    assert first_to_stay(view) is None


def test_the_last_turn_is_never_cut() -> None:
    view = view_of(FULL)
    for number in range(98, FULL):  # one prompt, and steps that answer it
        info = AssistantMessage(
            id=name(number), session_id=SES, parent_id=name(98), time=MessageTime(created=datetime.now(UTC))
        )
        view.messages[name(number)].info = info if number > 98 else view.messages[name(98)].info
    assert first_to_stay(view) is None
    view.messages[name(100)].info = item(SES, 100).info
    assert first_to_stay(view) == name(100)


def test_nothing_falls_out_that_is_still_being_said() -> None:
    view = view_of(FULL)
    part = view.messages[name(51)].parts[PartID("prt_00051")]
    part.part = part.part.model_copy(update={"time": PartTime(start=datetime.now(UTC))})
    view.set_status(SessionStatus(type="busy"))
    assert first_to_stay(view) is None
    view.set_status(SessionStatus(type="idle"))
    assert first_to_stay(view) == name(100), "of what is over for good, the words are kept aside"


# -- that nobody notices -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1, 99, 100, 101, 199, 250, 430])
@pytest.mark.parametrize("more", [50, 101, 250])
async def test_whoever_pages_back_finds_what_a_fresh_load_would_have(
    services: Services, fake: FakeOpencode, before: int, more: int
) -> None:
    """However long the session was when it was opened, and however much came then."""
    session_id = await long_session(services, fake, before)
    history = await opened(services, session_id)
    end, above, away = Reader(history), Reader(history), Reader(history)
    await above.read_older()
    if await away.go_to(name(0)):
        await away.read_newer()
    stretch = list(above.messages)
    await whole(history)
    say(fake, session_id, *range(before, before + more))
    await settled(services, fake)
    live = history.live
    count = before + more
    assert len(live.messages) < FULL

    fresh = SessionView(session_id)
    fresh.load(await fake.messages.list(session_id, limit=len(live.messages)))
    assert list(live.messages) == list(fresh.messages)
    assert live.older_cursor == fresh.older_cursor

    assert list(above.messages) == [*stretch, *(name(number) for number in range(before, count))], "nothing is missing"
    everything = [(one.info.id, [part.text for part in one.parts]) for one in fake.history[session_id]]  # type: ignore[union-attr]
    for reader in (end, above, Reader(history)):
        while await reader.read_older():
            assert reader.check()
        assert texts(reader) == everything
    while await away.read_newer():
        assert away.check()
    assert texts(away) == everything[-len(away.messages) :]
    assert away.reaches_end

    assert history.index.is_complete
    assert lines(history) == [f"Question {number}" for number in range(0, count, 2)]
    assert history.index.count() == count
    assert [history.index.place_of(name(number)) for number in range(count)] == list(range(count))
    for number in random.Random(count).sample(range(count), min(count, 10)):
        reader = Reader(history)
        assert await reader.go_to(name(number))
        assert name(number) in reader.messages
    found = [hit async for one in services.search.run(live, words_in("question")) for hit in one.hits]
    assert [hit.message_id for hit in found] == [name(number) for number in range(count) if number % 2 == 0][::-1]


async def test_a_view_that_lived_on_is_after_a_gap_as_a_fresh_one(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 150)
    history = await opened(services, session_id)
    reader = Reader(history)
    await reader.read_older()
    say(fake, session_id, *range(150, 350))
    await settled(services, fake)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    del fake.history[session_id][20:22]
    del fake.history[session_id][300:302]
    fake.history[session_id] += [item(session_id, 350), item(session_id, 351)]
    fake.connect()
    await until(services.feed.is_connected)
    assert reader.check()
    for one in (reader, Reader(history)):
        while await one.read_older():
            pass
        assert list(one.messages) == [message.info.id for message in fake.history[session_id]]


async def test_a_reader_holds_what_fell_out_and_lets_it_go_by_what_is_shown(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 150)
    history = await opened(services, session_id)
    reader = Reader(history)
    shown = name(120)
    told: list[int] = []

    def look() -> None:
        told.append(reader.pages)
        reader.keep(shown, shown)

    reader.on_shed = look
    say(fake, session_id, *range(150, 700))
    await settled(services, fake)
    assert told
    assert shown in reader.messages
    assert reader.pages <= 2
    assert reader.has_newer, "the end is not held by somebody who is far from it"
    while reader.has_newer:
        assert await reader.read_newer()
    assert list(reader.messages)[-600:] == [name(number) for number in range(100, 700)]


async def test_what_changes_in_a_message_that_fell_out_changes_where_it_is_read(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 150)
    history = await opened(services, session_id)
    reader = Reader(history)
    say(fake, session_id, *range(150, 300))
    await settled(services, fake)
    assert name(120) not in history.live.messages
    noted = item(session_id, 120).info.model_copy(update={"summary": {"diffs": []}})
    fake.emit(events.MessageUpdated(session_id=session_id, info=noted))
    part = item(session_id, 120).parts[0].model_copy(update={"text": "Another question"})
    fake.emit(events.PartUpdated(session_id=session_id, part=part))
    await settled(services, fake)
    message = reader.find(name(120))
    assert message is not None
    assert message.info == noted
    assert [one.text for one in message.parts.values()] == ["Another question"]
    assert name(120) not in history.live.messages
    await fake.messages.delete(session_id, name(120))
    await settled(services, fake)
    assert reader.find(name(120)) is None


async def test_what_is_said_of_a_message_before_the_live_end_that_nobody_reads_changes_nothing(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 150)
    view = await services.sessions.open(OPERATOR, session_id)
    say(fake, session_id, *range(150, 300))
    await settled(services, fake)
    messages = list(view.messages)
    tell(fake, item(session_id, 3))
    fake.emit(events.PartDelta(session_id=session_id, message_id=name(3), part_id=PartID("prt_x"), delta="late"))
    await settled(services, fake)
    assert list(view.messages) == messages
    assert not view.is_stale


async def test_words_that_nobody_else_has_outlive_the_message_in_memory(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 2)
    history = await opened(services, session_id)
    now = datetime.now(UTC)
    part = TextPart(
        id=PartID("prt_00003"), session_id=session_id, message_id=name(3), text="", time=PartTime(start=now)
    )
    say(fake, session_id, 2)
    tell(fake, MessageWithParts(info=item(session_id, 3).info, parts=[part]))
    fake.emit(events.PartDelta(session_id=session_id, message_id=name(3), part_id=part.id, delta="Broken off"))
    await settled(services, fake)
    say(fake, session_id, *range(4, 250))
    await settled(services, fake)
    assert name(3) not in history.live.messages
    reader = Reader(history)
    while await reader.read_older():
        pass
    message = reader.find(name(3))
    assert message is not None
    assert [one.text for one in message.parts.values()] == ["Broken off"]
    message.parts[part.id].append("more")
    assert message.parts[part.id].text == f"Broken off{HOLE}more", "what would come now does not join it"


async def test_what_the_session_changed_is_whole_though_the_live_end_becomes_shorter_while_it_is_read(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 250)
    for number in range(0, 250, 2):
        one = fake.history[session_id][number]
        noted = {"diffs": [{"file": f"{number}.py", "additions": 1, "deletions": 0}]}
        info = one.info.model_copy(update={"summary": noted})
        fake.history[session_id][number] = MessageWithParts(info=info, parts=one.parts)
    history = await opened(services, session_id)
    fetch, asked, answer = history.diffs._fetch, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        page = await fetch(*arguments)
        asked.set()
        await answer.wait()
        return page

    history.diffs._fetch = slow
    reading = asyncio.create_task(history.diffs.read())
    await asked.wait()
    before = history.live.older_cursor
    say(fake, session_id, *range(250, 400))
    await settled(services, fake)
    assert history.live.older_cursor != before
    answer.set()
    assert set(await reading) == {
        f"{number}.py" for number in range(0, 250, 2) if name(number) not in history.live.messages
    }


async def test_a_revert_to_what_fell_out_hides_it_all_and_comes_back(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 150)
    history = await opened(services, session_id)
    reader = Reader(history)
    say(fake, session_id, *range(150, 300))
    await settled(services, fake)
    fake.change_session(session_id, revert=Revert(message_id=name(60)))
    await until(lambda: not history.live.messages)
    reader.check()
    assert list(reader.messages) == [name(number) for number in range(50, 60)]
    fake.change_session(session_id, revert=None)
    await until(lambda: bool(history.live.messages))
    reader.check()
    assert list(reader.messages) == [name(number) for number in range(50, 300)]


async def test_a_session_nobody_opened_is_kept_short_without_asking(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 0)
    fake.calls.clear()
    say(fake, session_id, *range(450))
    await settled(services, fake)
    view = services.store.view(session_id)
    assert list(view.messages) == [name(number) for number in range(300, 450)]
    assert "messages.list_plain" not in fake.calls
    history = await opened(services, session_id)
    reader = Reader(history)
    while await reader.read_older():
        pass
    assert list(reader.messages) == [name(number) for number in range(450)]


async def test_where_opencode_knows_other_messages_nothing_falls_out_until_later(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await long_session(services, fake, 0)
    view = await services.sessions.open(OPERATOR, session_id)
    say(fake, session_id, *range(FULL - 1))
    await settled(services, fake)
    fake.calls.clear()
    gone = fake.history[session_id].pop(150)  # we have not heard of it
    say(fake, session_id, FULL - 1)
    await settled(services, fake)
    assert (len(view.messages), fake.calls.count("messages.list_plain")) == (FULL, 1)
    fake.history[session_id].insert(150, gone)
    say(fake, session_id, *range(FULL, FULL + LATER - 1))
    await settled(services, fake)
    assert (len(view.messages), fake.calls.count("messages.list_plain")) == (FULL + LATER - 1, 1)
    fake.broken["messages.list_plain"] = [errors.ServerUnreachable("It is away.")]
    say(fake, session_id, *range(FULL + LATER - 1, FULL + 2 * LATER))
    await settled(services, fake)
    assert len(view.messages) == FULL + 2 * LATER
    say(fake, session_id, *range(FULL + 2 * LATER, FULL + 3 * LATER))
    await settled(services, fake)
    assert len(view.messages) == 100 + 3 * LATER
