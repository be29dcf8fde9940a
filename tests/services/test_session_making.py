"""A session that is asked for again because the answer was lost is the same session."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from sprintagen.opencode.ids import SessionID
from sprintagen.services.refs import OPERATOR, Actor
from sprintagen.services.session_making import BEGUN
from tests.services.conftest import build
from tests.services.fakes import settled

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


async def begin(services: Services, key: str, *, is_repeat: bool = False, actor: Actor = OPERATOR) -> SessionID:
    return (await services.sessions.create(actor, key=key, is_repeat=is_repeat)).session_id


async def test_the_same_key_is_the_same_session_one_after_the_other_and_at_once(
    services: Services, fake: FakeOpencode
) -> None:
    first = await begin(services, "k")
    assert await begin(services, "k") == first
    both = await asyncio.gather(begin(services, "l"), begin(services, "l", is_repeat=True))
    assert both[0] == both[1] != first
    assert len(fake.stored) == 2
    assert await begin(services, "k", actor=Actor("ann")) not in (first, *both)


async def test_no_key_is_a_new_session_each_time(services: Services, fake: FakeOpencode) -> None:
    for _ in range(2):
        await services.sessions.create(OPERATOR)
    assert len(fake.stored) == 2


async def test_a_new_process_that_knows_no_session_yet_asks_the_server_for_it(
    services: Services, fake: FakeOpencode, tmp_path: Path
) -> None:
    first = await begin(services, "k")
    await services.stop()
    again = build(fake, tmp_path)
    await again.start()  # and is not connected
    try:
        assert await begin(again, "k", is_repeat=True) == first
        assert fake.calls.count("sessions.create") == 1
    finally:
        await again.stop()


async def test_a_session_that_was_deleted_meanwhile_is_not_brought_back(services: Services, fake: FakeOpencode) -> None:
    first = await begin(services, "k")
    await services.sessions.delete(OPERATOR, first)
    second = await begin(services, "k", is_repeat=True)
    assert second != first
    assert first not in fake.stored
    services.sessions.hide(second, hidden=True)  # about to be deleted
    assert await begin(services, "k", is_repeat=True) not in (first, second)


async def test_a_session_whose_making_was_never_answered_is_no_other_clients(
    services: Services, fake: FakeOpencode, tmp_path: Path
) -> None:
    made = fake.add_session("Made", metadata={BEGUN: f"{OPERATOR.name} k"})
    await settled()
    row = await services.sessions.get(OPERATOR, made)
    assert row.origin == "found"
    row = await services.sessions.create(OPERATOR, key="k", is_repeat=True, ticket="SHOP-1")
    assert (row.session_id, row.origin, row.ticket) == (made, "created", "SHOP-1")
    await services.sessions.update(OPERATOR, made, ticket="SHOP-2")
    row = await services.sessions.create(OPERATOR, key="k", is_repeat=True, ticket="SHOP-1")
    assert row.ticket == "SHOP-2"
    await services.stop()
    again = build(fake, tmp_path)
    await again.start()
    try:
        assert (again.ledger.get(made).origin, again.ledger.get(made).ticket) == ("created", "SHOP-2")
    finally:
        await again.stop()


async def test_of_a_session_and_its_fork_the_first_is_meant(services: Services, fake: FakeOpencode) -> None:
    first = await begin(services, "k")
    origin = fake.stored[first]
    assert origin.metadata is not None
    assert BEGUN in origin.metadata
    time = origin.time.model_copy(update={"created": origin.time.created + timedelta(seconds=1)})
    fork = fake.add_session("A fork", metadata=origin.metadata)
    fake.change_session(fork, time=time)
    await settled()
    assert await begin(services, "k", is_repeat=True) == first
