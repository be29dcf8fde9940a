"""Sessions that are deleted in a moment: neither the wish nor the session is lost."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sprintagen.db import deletion
from sprintagen.errors import Conflict, DatabaseError, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode.ids import SessionID
from sprintagen.services.changes import DeletionsChanged
from sprintagen.services.refs import OPERATOR, Actor
from tests.services.conftest import build
from tests.services.fakes import FakeStream, settled, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sprintagen.services import Services
    from sprintagen.services.changes import Change
    from tests.services.fakes import FakeOpencode

AT_ONCE = timedelta(0)
ANN = Actor("ann")


async def one(fake: FakeOpencode, title: str = "A session") -> SessionID:
    session_id = fake.add_session(title)
    await settled()
    return session_id


def listed(services: Services) -> list[SessionID]:
    return [row.session_id for row in services.sessions.rows(OPERATOR)]


async def stored(services: Services) -> list[str]:
    return [row.opencode_session_id for row in await deletion.all_for(services.store.server)]


async def test_a_session_leaves_the_list_at_once_and_is_there_until_its_time_is_up(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await one(fake)
    heard: list[Change] = []
    services.store.changed.subscribe(heard.append)
    wanted = await services.deletions.delete(OPERATOR, session_id)
    assert listed(services) == []
    assert services.deletions.pending() == [wanted]
    assert DeletionsChanged() in heard
    assert session_id in fake.stored
    assert await stored(services) == [session_id]
    assert (await services.sessions.get(OPERATOR, session_id)).title == "A session"
    services.store.changed.unsubscribe(heard.append)


async def test_a_session_is_deleted_when_its_time_is_up(services: Services, fake: FakeOpencode) -> None:
    session_id = await one(fake)
    services.deletions.grace = timedelta(milliseconds=20)
    await services.deletions.delete(OPERATOR, session_id)
    await until(lambda: not services.deletions.pending())
    assert session_id not in fake.stored
    assert await stored(services) == []


async def test_a_deletion_is_taken_back_by_anybody(services: Services, fake: FakeOpencode) -> None:
    session_id = await one(fake)
    await services.deletions.delete(OPERATOR, session_id)
    await services.deletions.cancel(ANN, session_id)
    assert listed(services) == [session_id]
    assert services.deletions.pending() == []
    assert await stored(services) == []
    with pytest.raises(NotFound):
        await services.deletions.cancel(ANN, session_id)


@asynccontextmanager
async def running(fake: FakeOpencode, tmp_path: Path) -> AsyncIterator[Services]:
    """One process: started, not connected, stopped."""
    fake.stream = FakeStream()
    services = build(fake, tmp_path)
    await services.start()
    try:
        yield services
    finally:
        await services.stop()


async def test_a_wish_outlives_the_process(fake: FakeOpencode, tmp_path: Path) -> None:
    async with running(fake, tmp_path) as services:
        fake.connect()
        await until(services.feed.is_connected)
        session_id = await one(fake)
        await services.deletions.delete(OPERATOR, session_id)
    assert session_id in fake.stored
    async with running(fake, tmp_path) as services:
        assert [pending.session_id for pending in services.deletions.pending()] == [session_id]
        fake.connect()
        await until(services.feed.is_connected)
        await settled()
        assert listed(services) == []
        await services.deletions.cancel(OPERATOR, session_id)
        assert listed(services) == [session_id]


async def test_what_is_overdue_waits_for_the_server_and_is_deleted_then(fake: FakeOpencode, tmp_path: Path) -> None:
    async with running(fake, tmp_path) as services:
        session_id = fake.add_session()
        fake.connect()
        await until(lambda: services.feed.is_connected() and session_id in services.store.sessions)
        services.deletions.grace = timedelta(milliseconds=1)
        fake.disconnect()
        await until(lambda: not services.feed.is_connected())
        await services.deletions.delete(OPERATOR, session_id)
        await settled()
        assert session_id in fake.stored
    async with running(fake, tmp_path) as services:
        await settled()
        assert session_id in fake.stored
        fake.connect()
        await until(lambda: session_id not in fake.stored)
        await until(lambda: not services.deletions.pending())


async def test_a_deletion_the_server_refuses_is_tried_again(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sprintagen.services.deletions.AGAIN", timedelta(milliseconds=20))
    session_id = await one(fake)
    fake.broken["sessions.delete"] = [opencode_errors.ServerFault("It failed.", status=500)]
    services.deletions.grace = AT_ONCE
    await services.deletions.delete(OPERATOR, session_id)
    await until(lambda: not services.deletions.pending())
    assert session_id not in fake.stored
    assert fake.calls.count("sessions.delete") == 2
    assert "is not deleted yet" in caplog.text


async def test_a_wish_that_cannot_be_written_down_is_no_wish(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(**_: object) -> None:
        raise DatabaseError("The disk is full.")

    session_id = await one(fake)
    monkeypatch.setattr(deletion, "put", refuse)
    with pytest.raises(DatabaseError):
        await services.deletions.delete(OPERATOR, session_id)
    assert listed(services) == [session_id]
    assert services.deletions.pending() == []


async def test_a_change_of_mind_that_cannot_be_written_down_holds_the_deletion(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise DatabaseError("The disk is full.")

    session_id = await one(fake)
    before = await services.deletions.delete(OPERATOR, session_id)
    with monkeypatch.context() as patch:
        patch.setattr(deletion, "remove", refuse)
        with pytest.raises(DatabaseError):
            await services.deletions.cancel(OPERATOR, session_id)
    [held] = services.deletions.pending()
    assert held.due_at - before.due_at > timedelta(seconds=30)
    await services.deletions.cancel(OPERATOR, session_id)
    assert listed(services) == [session_id]


async def test_it_is_too_late_once_it_is_being_deleted(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await one(fake)
    told: list[type[Exception]] = []
    delete = services.sessions.delete

    async def watched(actor: Actor, id_: SessionID) -> None:
        try:
            await services.deletions.cancel(actor, id_)
        except Conflict as error:
            told.append(type(error))
        await delete(actor, id_)

    monkeypatch.setattr(services.sessions, "delete", watched)
    services.deletions.grace = AT_ONCE
    await services.deletions.delete(OPERATOR, session_id)
    await until(lambda: not services.deletions.pending())
    assert told == [Conflict]
    assert session_id not in fake.stored


async def test_a_session_somebody_else_deletes_meanwhile_is_no_longer_pending(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await one(fake)
    await services.deletions.delete(OPERATOR, session_id)
    fake.forget_session(session_id)
    await until(lambda: not services.deletions.pending())
    assert await stored(services) == []


async def test_asking_twice_is_one_wish_and_an_unknown_session_none(services: Services, fake: FakeOpencode) -> None:
    session_id = await one(fake)
    first = await services.deletions.delete(OPERATOR, session_id)
    assert await services.deletions.delete(ANN, session_id) == first
    with pytest.raises(NotFound):
        await services.deletions.delete(OPERATOR, SessionID("ses_unknown"))
