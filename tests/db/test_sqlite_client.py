"""The connection: nothing is left open or half written by a cancelled task, a failed COMMIT, BEGIN or connection."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from sprintagen.db import close_db, database, open_db, preference, session_record
from sprintagen.db.preference import Preference
from sprintagen.db.session_record import SessionRecord
from sprintagen.errors import DatabaseError
from tests.faults import storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pydantic import SecretStr

pytestmark = pytest.mark.database_file

SERVER = "http://one"


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    await close_db()


def on_disk(tmp_path: Path, table: str = "sprintagen_preference") -> int:
    """How many rows another program sees: those that are committed."""
    with closing(sqlite3.connect(tmp_path / "db.sqlite")) as other:
        return int(other.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


async def assert_nothing_is_open(tmp_path: Path) -> None:
    """The next write is on the disk at once, for others to see, and others may write."""
    await Preference.all().count()  # after whatever the connection still had to do
    before = on_disk(tmp_path)
    async with asyncio.timeout(20):
        await preference.put("somebody", "later", 1)
    assert on_disk(tmp_path) == before + 1
    await preference.remove("somebody", "later")
    with closing(sqlite3.connect(tmp_path / "db.sqlite", timeout=1, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


async def cancelled_after(steps: int, work: asyncio.Future[None]) -> None:
    """Cancel the task once the loop has gone round so often."""
    for _ in range(steps):
        await asyncio.sleep(0)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


def records(count: int) -> list[SessionRecord]:
    now = datetime.now(UTC)
    return [
        session_record.found(server=SERVER, opencode_session_id=f"ses_{n}", title="t", directory="/d", now=now)
        for n in range(count)
    ]


@pytest.mark.parametrize("steps", range(12))
async def test_many_rows_whose_writer_is_cancelled_are_all_there_or_none(
    url: SecretStr, tmp_path: Path, steps: int
) -> None:
    await open_db(url)
    await cancelled_after(steps, asyncio.ensure_future(session_record.add_found(records(50))))
    await assert_nothing_is_open(tmp_path)
    assert on_disk(tmp_path, "sprintagen_opencode_session") in (0, 50)


async def two_rows() -> None:
    async with in_transaction():
        await Preference.create(user="u", key="1", value="1")
        await asyncio.sleep(0)
        await Preference.create(user="u", key="2", value="2")


@pytest.mark.parametrize("steps", range(24))
async def test_a_transaction_that_is_cancelled_anywhere_is_whole_or_nothing(
    url: SecretStr, tmp_path: Path, steps: int
) -> None:
    await open_db(url)
    work = asyncio.ensure_future(two_rows())
    for _ in range(steps):
        await asyncio.sleep(0.0005)  # the thread answers in its own time
    await cancelled_after(0, work)
    await assert_nothing_is_open(tmp_path)
    assert on_disk(tmp_path) in (0, 2)


async def test_a_transaction_that_fails_leaves_none_of_it(url: SecretStr, tmp_path: Path) -> None:
    await open_db(url)

    async def fails() -> None:
        async with in_transaction():
            await Preference.create(user="u", key="1", value="1")
            raise KeyError

    with pytest.raises(KeyError):
        await fails()
    assert on_disk(tmp_path) == 0
    await assert_nothing_is_open(tmp_path)


async def test_a_transaction_in_another_that_fails_takes_only_its_own_part_with_it(
    url: SecretStr, tmp_path: Path
) -> None:
    await open_db(url)
    async with in_transaction():
        await Preference.create(user="u", key="1", value="1")
        with suppress(KeyError):
            async with in_transaction():
                await Preference.create(user="u", key="2", value="2")
                raise KeyError
    assert await preference.all_of("u") == {"1": 1}
    await assert_nothing_is_open(tmp_path)


@pytest.mark.parametrize("fault", storage.FAULTS)
@pytest.mark.parametrize("once", [True, False])
async def test_each_statement_of_a_transaction_can_fail_and_leaves_nothing(
    url: SecretStr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, once: bool
) -> None:
    statements = storage.install(monkeypatch)
    await open_db(url)
    for k in range(1, 20):
        with statements.failing(k, storage.FAULTS[fault], once=once), suppress(Exception):
            await two_rows()
        if not statements.failed:
            break
        assert on_disk(tmp_path) == 0, statements.seen
        await assert_nothing_is_open(tmp_path)
    assert k > 3  # BEGIN, two rows, COMMIT
    assert on_disk(tmp_path) == 2


async def test_a_connection_that_cannot_be_made_is_made_the_next_time(
    url: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = storage.install(monkeypatch)
    await open_db(url)
    await get_connection("default").close()
    for k in range(1, 20):
        with statements.failing(k, storage.FAULTS["io"]), suppress(DatabaseError):
            await preference.put("u", "k", k)
        if not statements.failed:
            break
        async with asyncio.timeout(20):
            await preference.put("u", "k", k)
        _, rows = await get_connection("default").execute_query("PRAGMA foreign_keys")
        assert dict(rows[0]) == {"foreign_keys": 1}
        await get_connection("default").close()
    assert k > 4


async def test_a_script_of_a_migration_is_part_of_the_transaction_it_runs_in(url: SecretStr, tmp_path: Path) -> None:
    await open_db(url)
    with suppress(KeyError):
        async with in_transaction() as client:
            await client.execute_script("CREATE TABLE a (x TEXT DEFAULT 'a;b'); CREATE TABLE b (x TEXT)")
            raise KeyError
    with closing(sqlite3.connect(tmp_path / "db.sqlite")) as other:
        names = {name for (name,) in other.execute("SELECT name FROM sqlite_master")}
    assert not names & {"a", "b"}


async def test_a_file_that_was_moved_away_takes_no_writes_until_it_is_back(url: SecretStr, tmp_path: Path) -> None:
    await open_db(url)
    path = tmp_path / "db.sqlite"
    os.rename(path, tmp_path / "elsewhere")
    with pytest.raises(DatabaseError, match="moved, deleted or replaced"):
        await preference.put("u", "k", 1)
    with pytest.raises(DatabaseError, match="moved, deleted or replaced"):
        await session_record.add_found(records(2))
    path.write_bytes(b"another")
    with pytest.raises(DatabaseError, match="moved, deleted or replaced"):
        await preference.put("u", "k", 1)
    os.replace(tmp_path / "elsewhere", path)
    await preference.put("u", "k", 2)
    assert await preference.all_of("u") == {"k": 2}


async def test_once_waited_for_in_vain_a_lock_is_not_waited_for_as_long_again(
    url: SecretStr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database._PRAGMAS, "busy_timeout", "400")
    await open_db(url)

    async def patience() -> int:
        _, rows = await get_connection("default").execute_query("PRAGMA busy_timeout")
        return int(next(iter(dict(rows[0]).values())))

    with closing(sqlite3.connect(tmp_path / "db.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseError, match="locked"):
            await preference.put("u", "k", 1)
        assert await patience() == 200
        other.execute("ROLLBACK")
    await preference.put("u", "k", 1)
    assert await patience() == 400
