"""Writes that nobody waits for: later when the database refuses, once in the log, and never in anybody's way."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sprintagen.db import preference, seen
from sprintagen.errors import DatabaseError
from sprintagen.services import sign_ins, write_behind
from sprintagen.services.refs import OPERATOR
from sprintagen.services.write_behind import WriteBehind
from tests.faults import storage
from tests.services.fakes import FakeOpencode, until

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.services import Services


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> storage.Statements:
    """Installed before the services open their database."""
    monkeypatch.setattr(write_behind, "RETRY_AFTER", 0.02)
    return storage.install(monkeypatch)


@pytest.mark.database_file
async def test_with_a_full_disk_choices_and_marks_count_at_once_and_are_written_when_it_ends(
    statements: storage.Statements,
    services: Services,
    fake: FakeOpencode,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session_id = fake.add_session()
    await until(lambda: session_id in services.store.sessions and bool(services.ledger.recorded()))
    cookie = await services.sign_ins.sign_in("a token of sixteen")
    await services.preferences.get(OPERATOR, "theme")
    monkeypatch.setattr(sign_ins, "SEEN_EVERY", timedelta(0))
    seen_at = services.ledger.seen_at(OPERATOR, session_id)
    with caplog.at_level(logging.INFO), statements.failing(1, storage.FAULTS["full"]):
        for number in range(20):
            await services.preferences.set(OPERATOR, "theme", number)
            assert await services.preferences.get(OPERATOR, "theme") == number
            assert await services.sign_ins.check(cookie) == OPERATOR
            await services.ledger.mark_seen(OPERATOR, session_id, seen_at + timedelta(seconds=number), True)
        with pytest.raises(DatabaseError, match="The disk is full"):
            await services.sessions.update(OPERATOR, session_id, ticket="T-1")
        assert services.behind.waiting == 3
        await until(lambda: statements.failed > 10)  # it goes on trying
    warnings = [line for line in caplog.messages if "wait to be written" in line]
    assert len(warnings) == 1
    assert "The disk is full" in warnings[0]
    await until(lambda: services.behind.waiting == 0)
    assert await preference.all_of(OPERATOR.name) == {"theme": 19}
    marks = await seen.all_for(services.store.server)
    assert marks[OPERATOR.name, session_id] == seen_at + timedelta(seconds=19)
    await services.sessions.update(OPERATOR, session_id, ticket="T-1")
    assert services.sessions.rows(OPERATOR)[0].ticket == "T-1"


async def test_the_latest_write_of_a_key_counts_also_when_it_came_during_another() -> None:
    written: list[int] = []
    behind = WriteBehind()

    async def write(number: int) -> None:
        await asyncio.sleep(0)
        written.append(number)

    await asyncio.gather(*(behind.write("k", lambda n=n: write(n)) for n in range(3)))  # type: ignore[misc]
    assert written[-1] == 2
    assert behind.waiting == 0


async def test_what_still_waits_at_the_end_is_tried_once_more(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    behind, refuses, written = WriteBehind(), True, []

    async def write() -> None:
        if refuses:
            raise DatabaseError("The disk is full.")
        written.append(1)

    await behind.write("k", write)
    assert behind.waiting == 1
    refuses = False
    await behind.stop()
    assert written == [1]


async def test_a_write_that_fails_for_another_reason_is_given_up_and_holds_up_nobody(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_behind, "RETRY_AFTER", 0.01)
    behind, written = WriteBehind(), list[str]()
    broken: list[Exception] = [DatabaseError("The disk is full."), ValueError("a mistake")]
    refuses = True

    async def fail() -> None:
        raise broken.pop(0)

    async def write(name: str) -> None:
        if refuses:
            raise DatabaseError("The disk is full.")
        written.append(name)

    await behind.write("broken", fail)
    await behind.write("first", lambda: write("first"))
    await until(lambda: not broken)
    refuses = False
    await until(lambda: behind.waiting == 0)
    assert written == ["first"]
    assert "a mistake" in caplog.text
    refuses = True  # and the next time the database refuses it is tried again, too
    await behind.write("second", lambda: write("second"))
    assert behind.waiting == 1
    refuses = False
    await until(lambda: behind.waiting == 0)
    assert written == ["first", "second"]
    broken.append(ValueError("another mistake"))
    with pytest.raises(ValueError, match="another mistake"):
        await behind.write("broken", fail)
    assert behind.waiting == 0
