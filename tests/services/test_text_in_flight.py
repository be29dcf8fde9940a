"""What the agent was just saying outlives the process that heard it, and leaves nothing behind once it is stored."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.db import text_in_flight as table
from sprintagen.errors import DatabaseError
from sprintagen.opencode import events
from sprintagen.opencode.ids import MessageID, PartID, SessionID
from sprintagen.opencode.models import AssistantMessage, MessageTime, MessageWithParts, PartTime, TextPart
from sprintagen.services import text_in_flight
from sprintagen.services.message_view import HOLE
from sprintagen.services.refs import OPERATOR
from tests import databases
from tests.services.conftest import build, first_handshake
from tests.services.fakes import FakeOpencode, FakeStream, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sprintagen.services import Services

NOW = datetime.now(UTC)
MESSAGE, PART = MessageID("msg_1"), PartID("prt_1")
SOON = 0.01


@asynccontextmanager
async def running(fake: FakeOpencode, folder: Path, *, every: float = SOON) -> AsyncIterator[Services]:
    """A process: it begins, is connected, and ends."""
    fake.stream = FakeStream()
    services = build(fake, folder)
    services.text_in_flight.every = every
    await services.start()
    try:
        fake.connect()
        await until(services.feed.is_connected)
        await first_handshake(services)
        yield services
    finally:
        await services.stop()


def announce(fake: FakeOpencode, session_id: SessionID) -> None:
    """The agent begins to speak; the part is stored without its text."""
    info = AssistantMessage(
        id=MESSAGE, session_id=session_id, parent_id=MessageID("msg_0"), time=MessageTime(created=NOW)
    )
    part = TextPart(id=PART, session_id=session_id, message_id=MESSAGE, text="", time=PartTime(start=NOW))
    fake.history[session_id] = [MessageWithParts(info=info, parts=[part])]
    fake.emit(events.MessageUpdated(session_id=session_id, info=info))
    fake.emit(events.PartUpdated(session_id=session_id, part=part))


def begin(fake: FakeOpencode) -> SessionID:
    session_id = fake.add_session("speaks")
    fake.status(session_id, "busy")
    announce(fake, session_id)
    return session_id


def say(fake: FakeOpencode, session_id: SessionID, text: str) -> None:
    fake.emit(events.PartDelta(session_id=session_id, message_id=MESSAGE, part_id=PART, field="text", delta=text))


def end(fake: FakeOpencode, session_id: SessionID, text: str) -> None:
    part = TextPart(id=PART, session_id=session_id, message_id=MESSAGE, text=text, time=PartTime(start=NOW, end=NOW))
    fake.history[session_id][0].parts[:] = [part]
    fake.emit(events.PartUpdated(session_id=session_id, part=part))


def rows(folder: Path) -> list[tuple[int, str]]:
    return databases.rows(folder, "SELECT at, text FROM sprintagen_text_in_flight ORDER BY id")


def shown(services: Services, session_id: SessionID) -> str:
    part = services.store.view(session_id).find_part(MESSAGE, PART)
    return part.text if part is not None else ""


async def test_text_is_written_in_pieces_and_goes_when_opencode_has_stored_it(
    fake: FakeOpencode, tmp_path: Path
) -> None:
    async with running(fake, tmp_path):
        session_id = begin(fake)
        say(fake, session_id, "Once upon")
        await until(lambda: rows(tmp_path) == [(0, "Once upon")])
        say(fake, session_id, " a \0time")
        await until(lambda: rows(tmp_path) == [(0, "Once upon"), (9, " a \N{REPLACEMENT CHARACTER}time")])
        end(fake, session_id, "Once upon a time.")
        await until(lambda: not rows(tmp_path))


async def test_a_later_process_shows_what_an_earlier_one_heard_with_a_mark_for_what_nobody_did(
    fake: FakeOpencode, tmp_path: Path
) -> None:
    async with running(fake, tmp_path):
        session_id = begin(fake)
        say(fake, session_id, "Once upon")
        await until(lambda: rows(tmp_path))
    async with running(fake, tmp_path) as services:
        say(fake, session_id, "time")
        await until(lambda: shown(services, session_id) == f"Once upon{HOLE}time")
        await services.sessions.open(OPERATOR, session_id)
        assert shown(services, session_id) == f"Once upon{HOLE}time"
        await until(lambda: len(rows(tmp_path)) == 2)
    async with running(fake, tmp_path) as services:
        await services.sessions.open(OPERATOR, session_id)
        assert shown(services, session_id) == f"Once upon{HOLE}time"
        end(fake, session_id, "Once upon a time.")
        await until(lambda: shown(services, session_id) == "Once upon a time.")
        await until(lambda: not rows(tmp_path))


async def test_what_was_said_since_the_last_second_is_written_by_a_process_that_ends_in_order(
    fake: FakeOpencode, tmp_path: Path
) -> None:
    async with running(fake, tmp_path, every=60) as services:
        session_id = begin(fake)
        say(fake, session_id, "Once")
        await until(lambda: shown(services, session_id) == "Once")
    assert rows(tmp_path) == [(0, "Once")]


async def test_an_answer_whose_opencode_died_too_is_kept_for_every_later_process(
    fake: FakeOpencode, tmp_path: Path
) -> None:
    async with running(fake, tmp_path):
        session_id = begin(fake)
        say(fake, session_id, "Once upon")
        await until(lambda: rows(tmp_path))
    fake.busy.clear()
    for _ in range(2):
        async with running(fake, tmp_path) as services:
            await services.sessions.open(OPERATOR, session_id)
            assert shown(services, session_id) == "Once upon"
            assert not services.store.view(session_id).is_active
    assert rows(tmp_path) == [(0, "Once upon")]


async def test_a_short_answer_leaves_the_disk_alone(
    fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[object] = []
    real = table.write

    async def write(*args: Any, **more: Any) -> None:
        writes.append(args)
        await real(*args, **more)

    monkeypatch.setattr(table, "write", write)
    async with running(fake, tmp_path, every=0.1) as services:
        session_id = begin(fake)
        say(fake, session_id, "Yes.")
        end(fake, session_id, "Yes.")
        fake.status(session_id, "idle")
        await until(lambda: not services.store.view(session_id).is_active)
        await asyncio.sleep(0.2)
    assert not writes


@pytest.mark.parametrize("gone", ["session", "message", "part"])
async def test_nothing_is_kept_of_what_is_gone(gone: str, fake: FakeOpencode, tmp_path: Path) -> None:
    async with running(fake, tmp_path):
        session_id = begin(fake)
        say(fake, session_id, "Once upon")
        await until(lambda: rows(tmp_path))
        match gone:
            case "session":
                fake.forget_session(session_id)
            case "message":
                fake.emit(events.MessageRemoved(session_id=session_id, message_id=MESSAGE))
            case _:
                fake.emit(events.PartRemoved(session_id=session_id, message_id=MESSAGE, part_id=PART))
        await until(lambda: not rows(tmp_path))


async def test_nothing_is_kept_of_a_session_that_was_deleted_while_nobody_ran(
    fake: FakeOpencode, tmp_path: Path
) -> None:
    async with running(fake, tmp_path):
        session_id = begin(fake)
        say(fake, session_id, "Once upon")
        await until(lambda: rows(tmp_path))
    fake.forget_session(session_id)
    async with running(fake, tmp_path):
        await until(lambda: not rows(tmp_path))


async def test_a_full_disk_is_said_once_and_the_text_is_written_when_there_is_room(
    fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = 0
    real = table.write

    async def full(*_args: Any, **_more: Any) -> None:
        nonlocal tries
        tries += 1
        raise DatabaseError("The disk is full.")

    with caplog.at_level(logging.WARNING, text_in_flight.__name__):
        async with running(fake, tmp_path) as services:
            monkeypatch.setattr(table, "write", full)
            session_id = begin(fake)
            say(fake, session_id, "Once upon")
            await until(lambda: tries > 2)
            say(fake, session_id, " a time")
            await until(lambda: shown(services, session_id) == "Once upon a time")
            monkeypatch.setattr(table, "write", real)
            await until(lambda: rows(tmp_path) == [(0, "Once upon a time")])
    assert len([one for one in caplog.records if one.name == text_in_flight.__name__]) == 1


async def test_pieces_that_were_stored_twice_are_read_once(fake: FakeOpencode, tmp_path: Path) -> None:
    """A COMMIT that failed may have been done all the same."""
    async with running(fake, tmp_path):
        session_id = begin(fake)
        say(fake, session_id, "Once upon")
        await until(lambda: rows(tmp_path))
    columns = "server, opencode_session_id, message_id, part_id, at, text, said_at"
    databases.change(
        tmp_path, f"INSERT INTO sprintagen_text_in_flight ({columns}) SELECT {columns} FROM sprintagen_text_in_flight"
    )
    async with running(fake, tmp_path) as services:
        await services.sessions.open(OPERATOR, session_id)
        assert shown(services, session_id) == "Once upon"


async def test_old_and_many_broken_off_answers_are_forgotten(
    fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_in_flight, "KEPT_PARTS", 2)
    async with running(fake, tmp_path) as services:
        server = services.store.server
        session_id = fake.add_session("speaks")
        for number, age in enumerate([0, 0, 0, 40]):
            piece = table.TextInFlight(
                server=server,
                opencode_session_id=session_id,
                message_id=MESSAGE,
                part_id=f"prt_{number}",
                at=0,
                text=str(number),
                said_at=NOW - timedelta(days=age),
            )
            await table.write([piece], server=server, ended=[])
    async with running(fake, tmp_path) as services:
        assert services.store.view(session_id).said == {"prt_1": "1", "prt_2": "2"}
    assert rows(tmp_path) == [(0, "1"), (0, "2")]
