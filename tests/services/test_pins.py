"""Sessions kept at the top: by one person, over restarts, and not longer than the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sprintagen.db import pin
from sprintagen.errors import DatabaseError, NotFound
from sprintagen.opencode.ids import SessionID
from sprintagen.services.changes import SessionChanged
from sprintagen.services.refs import OPERATOR, Actor
from tests.services.fakes import settled, until
from tests.services.test_deletions import running

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.services import Services
    from sprintagen.services.changes import Change
    from tests.services.fakes import FakeOpencode

ANN = Actor("ann")


async def test_a_pin_is_its_persons_own_and_is_told(services: Services, fake: FakeOpencode) -> None:
    first, second = fake.add_session("one"), fake.add_session("two")
    await settled()
    heard: list[Change] = []
    services.store.changed.subscribe(heard.append)
    await services.pins.pin(OPERATOR, first)
    await services.pins.pin(OPERATOR, second)
    await services.pins.pin(OPERATOR, first)
    services.store.changed.unsubscribe(heard.append)
    assert services.pins.all_of(OPERATOR) == [second, first]
    assert services.pins.all_of(ANN) == []
    assert services.pins.pinned_at(ANN, first) is None
    assert heard == [SessionChanged(first), SessionChanged(second)]
    await services.pins.unpin(OPERATOR, second)
    await services.pins.unpin(OPERATOR, second)
    assert services.pins.all_of(OPERATOR) == [first]


async def test_pins_outlive_the_process_and_go_with_their_session(fake: FakeOpencode, tmp_path: Path) -> None:
    async with running(fake, tmp_path) as services:
        session_id = fake.add_session()
        await services.pins.pin(OPERATOR, session_id)
    async with running(fake, tmp_path) as services:
        assert services.pins.all_of(OPERATOR) == [session_id]
        fake.connect()
        await until(lambda: services.feed.is_connected() and session_id in services.store.sessions)
        fake.forget_session(session_id)
        await until(lambda: not services.pins.all_of(OPERATOR))
        await settled()
        await services.behind.stop()
        assert await pin.all_for(services.store.server) == {}


async def test_a_pin_that_cannot_be_written_down_is_none(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise DatabaseError("The disk is full.")

    session_id = fake.add_session()
    await settled()
    monkeypatch.setattr(pin, "put", refuse)
    with pytest.raises(DatabaseError):
        await services.pins.pin(OPERATOR, session_id)
    assert services.pins.all_of(OPERATOR) == []
    with pytest.raises(NotFound):
        await services.pins.pin(OPERATOR, SessionID("ses_unknown"))
