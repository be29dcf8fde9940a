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
from sprintagen.services.deletions import Deletions
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR, Actor
from tests.services.conftest import build
from tests.services.fakes import FakeStream, settled, until
from tests.services.test_prompt_queue import asked, drained, line_up, texts
from tests.services.test_prompts import posts

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


async def test_a_wish_that_a_process_beside_this_one_took_back_is_not_carried_out(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await one(fake)
    beside = Deletions(services.store, services.sessions, is_connected=services.feed.is_connected)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    services.deletions.grace = AT_ONCE
    await services.deletions.delete(OPERATOR, session_id)
    await beside.start()
    try:
        await services.deletions.cancel(OPERATOR, session_id)
        assert [pending.session_id for pending in beside.pending()] == [session_id]
        fake.connect()
        await until(lambda: not beside.pending())
    finally:
        await beside.stop()
    assert "sessions.delete" not in fake.calls
    assert listed(services) == [session_id]


# -- what waits to be sent there --------------------------------------------------------------------------------------


async def answered_elsewhere(services: Services, fake: FakeOpencode) -> None:
    """In another session a prompt has gone out and was answered: what could go out before it has gone, too."""
    session_id = await one(fake, "Another session")
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="hello"))
    await services.prompts.answer(session_id, prompt.id, 5)


async def test_what_waits_goes_out_only_when_the_deletion_is_taken_back(services: Services, fake: FakeOpencode) -> None:
    session_id = await one(fake)
    await line_up(services, fake, session_id, "a")
    await services.deletions.delete(OPERATOR, session_id)
    fake.finish(session_id)
    await until(lambda: "first" not in texts(services, session_id))
    await answered_elsewhere(services, fake)
    assert texts(services, session_id) == ["a"]
    assert asked(fake, session_id) == ["first"]
    await services.deletions.cancel(OPERATOR, session_id)
    await drained(services, session_id)
    assert asked(fake, session_id) == ["first", "a"]


async def test_what_waits_is_held_back_by_a_wish_that_outlived_the_process(fake: FakeOpencode, tmp_path: Path) -> None:
    async with running(fake, tmp_path) as services:
        fake.connect()
        await until(services.feed.is_connected)
        session_id = await one(fake)
        await line_up(services, fake, session_id, "a")
        await services.deletions.delete(OPERATOR, session_id)
    fake.finish(session_id)
    async with running(fake, tmp_path) as services:
        fake.connect()
        await until(lambda: texts(services, session_id) == ["a"])
        await answered_elsewhere(services, fake)
        assert asked(fake, session_id) == ["first"]
        await services.deletions.cancel(OPERATOR, session_id)
        await drained(services, session_id)
    assert asked(fake, session_id) == ["first", "a"]


async def test_what_waits_does_not_go_out_when_the_turn_is_stopped_to_delete_the_session(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await one(fake)
    await line_up(services, fake, session_id, "a", "b")
    delete = fake.sessions.delete
    said_before: list[str] = []

    async def takes_its_time(id_: SessionID) -> None:
        await until(lambda: "first" not in texts(services, session_id))
        await answered_elsewhere(services, fake)
        said_before.extend(asked(fake, session_id))
        await delete(id_)

    monkeypatch.setattr(fake.sessions, "delete", takes_its_time)
    await services.sessions.delete(OPERATOR, session_id)
    assert "sessions.abort" in fake.calls
    assert said_before == ["first"]
    assert session_id not in fake.stored
    assert services.store.going == set()


async def test_what_waits_does_not_go_out_between_two_attempts_to_delete_the_session(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sprintagen.services.deletions.AGAIN", timedelta(milliseconds=20))
    session_id = await one(fake)
    await line_up(services, fake, session_id, "a")
    fake.broken["sessions.delete"] = [opencode_errors.ServerFault("It failed.", status=500)]
    services.deletions.grace = AT_ONCE
    await services.deletions.delete(OPERATOR, session_id)
    await until(lambda: not services.deletions.pending())
    assert fake.calls.count("sessions.delete") == 2
    assert posts(fake) == 1
    assert services.store.going == set()


async def test_what_waits_goes_out_when_the_server_did_not_delete_the_session(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await one(fake)
    await line_up(services, fake, session_id, "a")
    fake.broken["sessions.delete"] = [opencode_errors.ServerFault("It failed.", status=500)]
    with pytest.raises(opencode_errors.ServerFault):
        await services.sessions.delete(OPERATOR, session_id)
    await drained(services, session_id)
    assert asked(fake, session_id) == ["first", "a"]
