"""Opening: what is no database of ours is refused in words and left as it was."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from sprintagen.db import Database, close_db, open_db, preference, session_record, sqlite_file, tortoise_config
from sprintagen.db import prompt as prompt_table
from sprintagen.db.preference import Preference
from sprintagen.db.trouble import in_words
from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.database_file


VALUES = {"text": "dark", "number": 300, "list": [1, "ä"], "flag": False, "nothing": {}, "looks like json": "[1"}


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    await close_db()


def schema(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, tbl_name FROM sqlite_master WHERE tbl_name LIKE 'sprintagen_%'")
        return {" ".join(row) for row in rows}


async def test_a_new_file_is_made_for_its_owner_only_and_gets_every_table(url: SecretStr, tmp_path: Path) -> None:
    await (await open_db(url)).ping()
    path = tmp_path / "db.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    tables = {line.split()[1] for line in schema(path) if line.startswith("table")}
    assert tables == {
        "sprintagen_deletion",
        "sprintagen_opencode_session",
        "sprintagen_pin",
        "sprintagen_preference",
        "sprintagen_prompt",
        "sprintagen_prompt_content",
        "sprintagen_seen",
        "sprintagen_sign_in",
        "sprintagen_text_in_flight",
        "sprintagen_upload",
    }


async def test_the_migrations_make_what_the_models_say(url: SecretStr, tmp_path: Path) -> None:
    await open_db(url)
    await close_db()
    path = tmp_path / "generated.sqlite"
    config = tortoise_config(SecretStr(f"sqlite://{path}"))
    await Tortoise.init(config=config, _enable_global_fallback=True)
    await Tortoise.generate_schemas()
    await close_db()
    assert schema(tmp_path / "db.sqlite") == schema(path)


async def as_it_was(url: SecretStr, version: str) -> None:
    """Make a database as an earlier sprintagen left it, without what later migrations add."""
    config = tortoise_config(url)
    await Tortoise.init(config=config, _enable_global_fallback=True)
    target = MigrationTarget("sprintagen", version)
    await MigrationExecutor(get_connection("default"), config["apps"]).migrate([target])
    await close_db()


@pytest.mark.parametrize("version", ["0002_prompt", "0003_text_in_flight"])
async def test_prompts_that_wait_in_an_older_database_are_still_there_when_it_is_migrated(
    url: SecretStr, tmp_path: Path, version: str
) -> None:
    await as_it_was(url, version)
    path = tmp_path / "db.sqlite"
    at = "2026-01-02 03:04:05+00:00"
    with closing(sqlite3.connect(path)) as connection:
        for prompt_id in ("a", "b"):
            connection.execute(
                "INSERT INTO sprintagen_prompt (prompt_id, server, opencode_session_id, actor, message_id, state,"
                " reason, hint, owner, created_at, updated_at)"
                " VALUES (?, 's', 'ses_1', 'ann', ?, 'queued', '', '', 'here/1/2.00', ?, ?)",
                (prompt_id, f"msg_{prompt_id}", at, at),
            )
            connection.execute(
                "INSERT INTO sprintagen_prompt_content (prompt_id, draft, files) VALUES (?, ?, ?)",
                (prompt_id, f'{{"text": "{prompt_id}"}}', b"its file"),
            )
        connection.commit()
    await open_db(url)
    found = await prompt_table.all_for("s")
    assert [(row.prompt_id, row.place, row.was_tried, content.draft, content.files) for row, content in found] == [
        ("a", 0, False, '{"text": "a"}', b"its file"),
        ("b", 0, False, '{"text": "b"}', b"its file"),
    ]
    await prompt_table.set_places({"b": 1, "a": 2})
    assert [row.prompt_id for row, _ in await prompt_table.all_for("s")] == ["b", "a"]
    assert (tmp_path / "db.sqlite.bak").exists()


async def test_session_records_of_an_older_database_are_kept_and_tell_no_outcome(
    url: SecretStr, tmp_path: Path
) -> None:
    await as_it_was(url, "0006_deletion_pin")
    at = "2026-01-02 03:04:05+00:00"
    with closing(sqlite3.connect(tmp_path / "db.sqlite")) as connection:
        connection.execute(
            "INSERT INTO sprintagen_opencode_session (id, opencode_session_id, server, title, directory, created_at,"
            " updated_at, origin, ticket) VALUES (?, 'ses_1', 's', 'Old', '/d', ?, ?, 'created', 'T-1')",
            (str(uuid.uuid4()), at, at),
        )
        connection.commit()
    await open_db(url)
    (found,) = await session_record.all_for("s")
    assert (found.title, found.ticket, found.failure, found.failed_at) == ("Old", "T-1", "", None)
    assert (found.additions, found.deletions, found.files) == (0, 0, 0)
    await session_record.put_outcome(
        "s", "ses_1", failure="{}", failed_at=found.created_at, additions=3, deletions=2, files=1
    )
    (found,) = await session_record.all_for("s")
    assert (found.failure, found.failed_at, found.ticket) == ("{}", found.created_at, "T-1")
    assert (found.additions, found.deletions, found.files) == (3, 2, 1)
    assert (tmp_path / "db.sqlite.bak").exists()


async def test_sqlite_writes_ahead_and_waits_for_others(url: SecretStr) -> None:
    await open_db(url)
    pragmas = {}
    for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous"):
        _, rows = await get_connection("default").execute_query(f"PRAGMA {name}")
        pragmas[name] = next(iter(dict(rows[0]).values()))
    assert pragmas == {"journal_mode": "wal", "busy_timeout": 5000, "foreign_keys": 1, "synchronous": 2}


async def test_what_was_written_is_there_after_a_restart_and_migrating_again_changes_nothing(
    url: SecretStr, tmp_path: Path
) -> None:
    await open_db(url)
    for key, value in VALUES.items():
        await preference.put("u", key, value)
    await close_db()
    await open_db(url)
    assert await preference.all_of("u") == VALUES
    assert not (tmp_path / "db.sqlite.bak").exists()


async def test_a_query_in_any_task_finds_the_database(url: SecretStr) -> None:
    async def count() -> int:
        return await Preference.all().count()

    await asyncio.create_task(open_db(url))
    assert await asyncio.create_task(count()) == 0


async def test_memory_is_a_database_too() -> None:
    database = await open_db(SecretStr("sqlite://:memory:"))
    await database.ping()
    assert database.path is None
    assert await Preference.all().count() == 0


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_a_damaged_file_is_refused_and_not_touched(url: SecretStr, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "db.sqlite"
    path.write_bytes(content)
    with pytest.raises(DatabaseError) as caught:
        await open_db(url)
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["db.sqlite"]
    assert "db.sqlite" in caught.value.message
    assert "damaged" in caught.value.message or "is not a SQLite database" in caught.value.message
    assert "left as it was" in caught.value.hint


async def test_a_file_damaged_in_the_middle_is_refused(url: SecretStr, tmp_path: Path) -> None:
    await open_db(url)
    for number in range(200):
        await preference.put("u", str(number), "x" * 500)
    await close_db()
    path = tmp_path / "db.sqlite"
    content = bytearray(path.read_bytes())
    content[8192 : 8192 + 40_000] = b"\xa5" * 40_000
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match="damaged"):
        await open_db(url)
    assert path.read_bytes() == bytes(content)


async def test_a_locked_file_is_said_so(url: SecretStr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await open_db(url)
    await close_db()
    monkeypatch.setattr(sqlite_file, "WAIT_SECONDS", 0.05)
    with closing(sqlite3.connect(tmp_path / "db.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="locked"):
            await open_db(url)
        other.execute("ROLLBACK")
    await open_db(url)


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="folder"):
        await open_db(SecretStr(f"sqlite://{tmp_path}"))


async def test_a_place_nobody_can_write_to_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DatabaseError, match="cannot be opened or made"):
        await open_db(SecretStr(f"sqlite://{tmp_path / 'file' / 'db.sqlite'}"))


async def test_a_file_that_is_only_readable_is_said_so(
    url: SecretStr, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await open_db(url)
    await close_db()
    monkeypatch.setattr("os.access", lambda *_: False)  # the superuser may write anywhere
    with pytest.raises(DatabaseError, match="cannot be written"):
        await open_db(url)


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    database = await open_db(SecretStr(f"sqlite://{tmp_path / 'a' / 'b' / 'odd # name.sqlite'}"))
    assert isinstance(database, Database)
    assert (tmp_path / "a" / "b" / "odd # name.sqlite").exists()


async def test_a_database_of_a_newer_version_is_left_alone(url: SecretStr, tmp_path: Path) -> None:
    await open_db(url)
    await close_db()
    with closing(sqlite3.connect(tmp_path / "db.sqlite")) as connection:
        connection.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('sprintagen', '9999_later', '2030-01-01')"
        )
        connection.commit()
    with pytest.raises(DatabaseError, match="newer"):
        await open_db(url)


async def test_a_backup_is_a_whole_database_for_its_owner_only(url: SecretStr, tmp_path: Path) -> None:
    await open_db(url)
    await preference.put("u", "k", 1)  # in the write-ahead log only
    copy = tmp_path / "copy.sqlite"
    sqlite_file.backup(tmp_path / "db.sqlite", copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT value FROM sprintagen_preference").fetchall() == [("1",)]


@pytest.mark.parametrize("text", ["nonsense", "mysqlx://user:hunter2@host/db", "postgres://user:hunter2@host:port/db"])
async def test_an_address_of_no_kind_we_know_is_said_so_without_repeating_it(text: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        await open_db(SecretStr(text))
    assert "hunter2" not in str(caught.value) + caught.value.hint
    assert caught.value.__cause__ is None


async def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_not_installed(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("sprintagen.db.database.import_module", is_not_installed)
    with pytest.raises(DatabaseError, match="driver"):
        await open_db(SecretStr("postgres://user:hunter2@127.0.0.1:1/db"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("database is locked", "locked"),
        ("attempt to write a readonly database", "cannot be written"),
        ("database or disk is full", "full"),
        ("database disk image is malformed", "damaged"),
        ("file is not a database", "damaged"),
        ("unable to open database file", "cannot be opened"),
        ("something else: secret=1", "does not work"),
    ],
)
def test_what_a_driver_says_becomes_words(said: str, words: str) -> None:
    error = in_words(sqlite3.OperationalError(said))
    assert words in error.message
    assert "secret" not in error.message + error.hint
    assert error.hint


async def test_a_closed_database_says_so_in_words(url: SecretStr) -> None:
    database = await open_db(url)
    await close_db()
    with pytest.raises(DatabaseError):
        await database.ping()
