"""The feed: what is missed is read afresh, what comes meanwhile is not lost, readers cannot hurt anybody."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from sprintagen.managed import ManagedStatus
from sprintagen.opencode import errors, events
from sprintagen.opencode.ids import MessageID, PermissionID, SessionID
from sprintagen.opencode.models import MessageTime, MessageWithParts, PermissionRequest, SessionStatus, UserMessage
from sprintagen.services import feed
from sprintagen.services.changes import Change, ConnectionChanged
from sprintagen.services.reader import Reader
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import build
from tests.services.fakes import FakeStream, settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


async def test_a_server_that_is_away_at_the_start_is_a_state(fake: FakeOpencode, tmp_path: Path) -> None:
    services = build(fake, tmp_path)
    heard: list[str] = []

    def listen(change: Change) -> None:
        if isinstance(change, ConnectionChanged):
            heard.append(services.feed.connection.state)

    services.store.changed.subscribe(listen)
    await services.start()
    assert services.feed.connection.state == "starting"
    fake.disconnect(errors.ServerUnreachable("It cannot be reached.", hint="Start it."))
    await until(lambda: heard == ["reconnecting"])
    away = services.feed.connection
    assert (away.reason, away.hint) == ("It cannot be reached.", "Start it.")
    fake.disconnect(errors.ServerUnreachable("It still cannot.", hint="Start it."))
    await until(lambda: len(heard) == 2)
    assert services.feed.connection.since == away.since
    fake.connect()
    await until(services.feed.is_connected)
    assert heard[-1] == "connected"
    await services.stop()


async def test_a_wrong_password_is_a_failure_somebody_has_to_mend(services: Services, fake: FakeOpencode) -> None:
    fake.disconnect(errors.ServerAuthError("The password is not right."))
    await until(lambda: services.feed.connection.state == "failed")
    fake.connect()
    await until(services.feed.is_connected)


async def test_what_came_while_the_state_was_read_is_applied_afterwards(services: Services, fake: FakeOpencode) -> None:
    first = fake.add_session("first")
    await until(lambda: first in services.store.sessions)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    release = asyncio.Event()
    original = fake.sessions.list_all

    async def slowly() -> list[object]:
        listed = await original()
        await release.wait()
        return list(listed)

    fake.sessions.list_all = slowly  # type: ignore[assignment, method-assign]
    fake.connect()
    await until(lambda: fake.calls.count("sessions.list_all") == 2)
    second = fake.add_session("second")
    fake.change_session(first, title="renamed")
    await settled()
    assert second not in services.store.sessions
    assert not services.feed.is_connected()
    release.set()
    await until(services.feed.is_connected)
    assert sorted(session.title for session in services.store.sessions.values()) == ["renamed", "second"]


async def test_states_asks_and_open_sessions_are_read_after_a_gap(services: Services, fake: FakeOpencode) -> None:
    worked, asks = fake.add_session("worked"), fake.add_session("asks")
    fake.status(worked, "busy")
    await until(lambda: services.store.state(worked) == "working" and asks in services.store.sessions)
    view = await services.sessions.open(OPERATOR, worked)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.busy = {asks: SessionStatus(type="busy")}
    fake.asked["per_1"] = PermissionRequest(id=PermissionID("per_1"), session_id=asks, permission="bash")
    fake.asked["per_2"] = PermissionRequest(id=PermissionID("per_2"), session_id=worked, permission="bash")
    reads = fake.calls.count("messages.list")
    fake.connect()
    await until(services.feed.is_connected)
    assert services.store.state(worked) == "idle"  # what an idle session asks is left over from an abort
    assert services.store.state(asks) == "asking"
    assert fake.calls.count("messages.list") == reads + 2  # the open one and the one at work
    assert services.store.view(worked) is view


async def test_a_session_nobody_shows_is_not_read_again_after_a_gap(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("x")
    await until(lambda: session_id in services.store.sessions)
    await services.sessions.open(OPERATOR, session_id)
    gc.collect()
    reads = fake.calls.count("messages.list")
    fake.disconnect()
    fake.connect()
    await until(lambda: fake.calls.count("sessions.list_all") == 2 and services.feed.is_connected())
    assert fake.calls.count("messages.list") == reads
    assert not services.store.view(session_id).loaded


async def test_a_server_that_cannot_be_read_yet_is_asked_again(services: Services, fake: FakeOpencode) -> None:
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.broken["sessions.statuses"] = [errors.ServerTimeout("It is slow.")]
    fake.connect()
    await until(lambda: services.feed.connection.reason == "It is slow.")
    await until(services.feed.is_connected)


async def test_a_directory_with_a_broken_configuration_does_not_hide_the_others(
    services: Services, fake: FakeOpencode
) -> None:
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.broken["permissions.list"] = [errors.InvalidRequest("Broken.", status=400)]
    fake.connect()
    await until(services.feed.is_connected)


async def test_an_old_server_without_the_long_list_is_asked_for_the_short_one(
    services: Services, fake: FakeOpencode
) -> None:
    fake.add_session("x")
    fake.disconnect()
    fake.broken["sessions.list_all"] = [errors.UnreadableAnswer("HTML")]
    fake.connect()
    await until(lambda: "sessions.list" in fake.calls and services.feed.is_connected())
    assert len(services.store.sessions) == 1


async def test_after_an_instance_was_disposed_its_asks_are_gone_and_its_offers_read_anew(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session("x")
    fake.status(session_id, "busy")
    fake.ask(PermissionRequest(id=PermissionID("per_1"), session_id=session_id, permission="bash"))
    await until(services.asks.pending)
    await services.catalog.agents()
    fake.busy.clear()
    fake.asked.clear()
    fake.emit(events.InstanceDisposed(directory=fake.directory))
    await until(lambda: services.asks.pending() == [])
    assert services.store.state(session_id) == "idle"
    await services.catalog.agents()
    assert fake.calls.count("agents.list") == 2


async def test_a_view_that_missed_an_announcement_is_read_again(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("x")
    await until(lambda: session_id in services.store.sessions)
    view = await services.sessions.open(OPERATOR, session_id)
    reads = fake.calls.count("messages.list")
    fake.emit(events.PartDelta(session_id=session_id, message_id="msg_1", part_id="prt_1", delta="x"))  # type: ignore[arg-type]
    await until(lambda: fake.calls.count("messages.list") == reads + 1)
    await until(lambda: not view.is_stale)


async def test_a_session_nobody_announced_is_looked_up(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("quiet")
    await until(lambda: session_id in services.store.sessions)
    del services.store.sessions[session_id]
    fake.status(session_id, "busy")
    await until(lambda: session_id in services.store.sessions)


async def test_readers_get_the_events_with_numbers_that_grow(services: Services, fake: FakeOpencode) -> None:
    with services.feed.subscribe() as reader:
        fake.add_session("a")
        fake.status(fake.add_session("b"), "busy")
        items = [await anext(reader) for _ in range(3)]
    assert [item.event.type for item in items if item.event] == ["session.created", "session.created", "session.status"]
    assert [item.id for item in items] == list(range(items[0].id, items[0].id + 3))


async def test_a_reader_of_one_session_hears_of_its_subagents_too(services: Services, fake: FakeOpencode) -> None:
    parent = fake.add_session("parent")
    with services.feed.subscribe(parent) as reader:
        child = fake.add_session("child", parent_id=parent)
        fake.status(fake.add_session("other"), "busy")
        fake.status(child, "busy")
        heard = [(await anext(reader)).event for _ in range(3)]
    assert [(event.type, getattr(event, "session_id", None)) for event in heard if event] == [
        ("session.created", parent),
        ("session.created", child),
        ("session.status", child),
    ]


async def test_a_reader_that_comes_back_gets_what_it_missed(services: Services, fake: FakeOpencode) -> None:
    with services.feed.subscribe() as reader:
        fake.add_session("a")
        fake.add_session("b")
        first = await anext(reader)
        second = await anext(reader)
    with services.feed.subscribe(after=first.id) as again:
        assert not again.missed
        assert (await anext(again)).id == second.id
    with services.feed.subscribe(after=5) as stranger:
        assert stranger.missed


async def test_a_reader_that_does_not_keep_up_is_closed_and_told(services: Services, fake: FakeOpencode) -> None:
    reader = services.feed.subscribe(limit=3)
    quick = services.feed.subscribe()
    for number in range(5):
        fake.add_session(str(number))
    await until(lambda: reader.closed_reason is not None)
    assert [item.event async for item in reader] == [None]
    assert "slowly" in (reader.closed_reason or "")
    assert (await anext(quick)).event is not None


async def test_a_dropped_reader_is_forgotten(services: Services) -> None:
    services.feed.subscribe()
    gc.collect()
    assert len(services.feed._readers) == 0


async def test_readers_end_when_sprintagen_stops(fake: FakeOpencode, tmp_path: Path) -> None:
    services = build(fake, tmp_path)
    await services.start()
    reader = services.feed.subscribe()
    await services.stop()
    assert [item async for item in reader] == []


async def test_a_crash_of_our_own_server_is_seen_at_once_and_so_is_the_end_of_trying(services: Services) -> None:
    now = datetime.now(UTC)
    services.feed.handle_managed(ManagedStatus("restarting", now, "opencode crashed.", "", ("line 1",)))
    connection = services.feed.connection
    assert (connection.state, connection.reason, connection.log_tail) == (
        "reconnecting",
        "opencode crashed.",
        ("line 1",),
    )
    services.feed.handle_managed(ManagedStatus("gave_up", now, "It crashed 5 times.", "Look.", ("line 2",)))
    assert (services.feed.connection.state, services.feed.connection.log_tail) == ("failed", ("line 2",))


async def test_when_our_own_server_is_back_the_connection_is_tried_at_once(
    services: Services, fake: FakeOpencode
) -> None:
    services.feed.handle_managed(ManagedStatus("running", datetime.now(UTC)))
    assert fake.stream.retries == 1
    assert services.feed.is_connected()


@pytest.mark.parametrize("session_id", [None, SessionID("ses_x")])
async def test_heartbeats_are_for_us_alone(
    services: Services, fake: FakeOpencode, session_id: SessionID | None
) -> None:
    before = services.feed.connection.last_event_at
    with services.feed.subscribe(session_id) as reader:
        fake.emit(events.ServerHeartbeat())
        await until(lambda: services.feed.connection.last_event_at != before)
        assert len(reader._items) == 0


async def test_what_was_deleted_from_older_pages_during_a_gap_is_gone_without_a_reload(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session("long")
    await until(lambda: session_id in services.store.sessions)
    for number in range(250):
        time = MessageTime(created=datetime.fromtimestamp(1_700_000_000 + number, UTC))
        info = UserMessage(id=MessageID(f"msg_{number:04d}"), session_id=session_id, time=time)
        fake.history[session_id].append(MessageWithParts(info=info, parts=[]))
    reader = Reader(services.histories.of(await services.sessions.open(OPERATOR, session_id)))
    assert await reader.read_older()
    assert await reader.read_older()
    assert len(reader.messages) == 250
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    del fake.history[session_id][20], fake.history[session_id][120]
    fake.connect()
    await until(services.feed.is_connected)
    assert reader.check()
    assert list(reader.messages) == [item.info.id for item in fake.history[session_id]]
    assert not reader.has_older


async def test_a_mistake_while_events_are_read_does_not_end_the_reading(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(feed, "_PAUSES", (0.01,))
    broken, fake.stream = fake.stream, FakeStream()
    fake.connect()
    broken.items.put_nowait(RuntimeError("a mistake"))
    made = fake.add_session("made afterwards")
    await until(lambda: made in services.store.sessions and services.feed.is_connected())
    assert [record.message for record in caplog.records if record.exc_info]
