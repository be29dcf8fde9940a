"""Prompts of a sprintagen beside this one that has died: all of them are taken over, as they stood in line."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.db import prompt as table
from sprintagen.errors import DatabaseError
from sprintagen.services import prompt_outbox, prompts
from sprintagen.services.prompt_outbox import PromptOutbox, Stored
from tests.services.conftest import build
from tests.services.fakes import until
from tests.services.test_outbox import waiting_prompt
from tests.services.test_prompt_queue import asked

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


def outbox_of(name: str, services: Services) -> PromptOutbox:
    """That of another process on this machine."""
    outbox = PromptOutbox(services.store.server)
    outbox._owner = f"{socket.gethostname()}/{name}"
    return outbox


def said_in(found: list[Stored]) -> list[str]:
    return [stored.waiting.prompt.draft.text for stored in found]


async def test_prompts_that_are_taken_over_go_out_in_the_order_a_person_gave_them(
    fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "ADOPT_EVERY", 0.02)
    services = build(fake, tmp_path)
    alive = {"neighbour"}
    monkeypatch.setattr(prompt_outbox, "_is_alive", lambda owner: owner.rpartition("/")[2] in alive)
    await services.start()
    try:
        fake.connect()
        await until(services.feed.is_connected)
        session_id = fake.add_session()
        neighbour = outbox_of("neighbour", services)
        a, b = (waiting_prompt(session_id, text) for text in "ab")
        for waiting in (a, b):
            assert await neighbour.add(waiting, actor="ann", key=None)
        await neighbour.move_now({b.prompt.id: 1, a.prompt.id: 2})
        alive.clear()
        await until(lambda: len(fake.history[session_id]) == 4)
        assert asked(fake, session_id) == ["b", "a"]
    finally:
        await services.stop()


async def test_what_was_taken_over_goes_on_though_the_prompts_of_another_cannot_be_taken_yet(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = fake.add_session()
    for name in ("one", "two"):
        assert await outbox_of(name, services).add(waiting_prompt(session_id, name), actor="ann", key=None)
    monkeypatch.setattr(prompt_outbox, "_is_alive", lambda owner: False)
    take_over, outcomes = table.take_over, iter(["is locked", "", "is locked", ""])

    async def now_and_then(*args: Any, **more: Any) -> Any:
        if trouble := next(outcomes):
            raise DatabaseError(f"The database {trouble}.")
        return await take_over(*args, **more)

    monkeypatch.setattr(table, "take_over", now_and_then)
    adopt = services.prompts._outbox.adopt
    with pytest.raises(DatabaseError, match="locked"):
        await adopt()
    assert said_in(await adopt()) == ["one"]
    assert said_in(await adopt()) == ["two"]
    assert await adopt() == []
