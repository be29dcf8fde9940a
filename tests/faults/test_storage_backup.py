"""`sprintagen backup` and `restore`, as a person calls them: beside a running server, refused, killed in the middle."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from sprintagen.db import backup, close_db, open_db, preference, session_record, sign_in
from sprintagen.db.running import Use
from sprintagen.errors import DatabaseError
from tests.faults import storage
from tests.served import ROOT, Served
from tests.test_cli import assert_refused, run


async def filled(path: Path, sessions: int = 3) -> Path:
    """A database with sessions, a preference and somebody signed in."""
    await open_db(SecretStr(f"sqlite://{path}"))
    now = datetime.now(UTC)
    await session_record.add_found(
        session_record.found(server="s", opencode_session_id=f"ses_{n}", title="t" * 300, directory="/d", now=now)
        for n in range(sessions)
    )
    await preference.put("u", "theme", "dark")
    await sign_in.add("a" * 64, "ann", now, opened_by="x")
    await close_db()
    return path


def rows(path: Path, table: str = "sprintagen_opencode_session") -> int:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def rotten(database: Path) -> bytes:
    """The same with one page gone bad, of a table that no restore reads."""
    with closing(sqlite3.connect(database)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sprintagen_pin'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(database.read_bytes())
    content[(page - 1) * size : page * size] = bytes(size)
    return bytes(content)


def names(folder: Path) -> set[str]:
    return {item.name for item in folder.iterdir() if not item.name.endswith((".lock", "-wal", "-shm"))}


def test_what_was_backed_up_while_it_ran_is_there_again_after_a_restore(tmp_path: Path) -> None:
    served = Served(tmp_path, environment={"OPENCODE_SERVER_URL": "http://127.0.0.1:9"})
    database = tmp_path / "data" / "db.sqlite"
    try:
        served.start()
        session = served.sign_in()
        done = run("backup", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        (made,) = (tmp_path / "data" / "backups").iterdir()
        assert f"Backup: {made} (" in done.stdout
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert rows(made, "sprintagen_sign_in") == 0
        refused = run("restore", str(made), folder=tmp_path)
        assert_refused(refused, 1, "running sprintagen", "Stop it")
    finally:
        served.stop()
    assert rows(database, "sprintagen_sign_in") >= 1
    done = run("restore", str(made), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "kept as" in done.stdout
    assert rows(database, "sprintagen_sign_in") == 0
    again = Served(tmp_path, environment={"OPENCODE_SERVER_URL": "http://127.0.0.1:9"})
    try:
        again.start()
        with again.member(session) as old:
            assert old.get("/api/opencode/sessions").status_code == 401
    finally:
        again.stop()


async def test_a_restore_keeps_what_was_there_with_what_was_only_in_its_log(tmp_path: Path) -> None:
    database = await filled(tmp_path / "db.sqlite")
    copy = backup.back_up(database, tmp_path / "copy.sqlite")
    assert copy.sessions == 3
    assert "copy.sqlite-wal" not in os.listdir(tmp_path)
    await open_db(SecretStr(f"sqlite://{database}"))
    await preference.put("u", "later", 1)
    await close_db()
    restored = backup.restore(copy.path, database)
    assert restored.kept is not None
    assert (rows(database, "sprintagen_preference"), rows(restored.kept, "sprintagen_preference")) == (1, 2)
    assert rows(copy.path) == 3


async def test_a_damaged_database_is_replaced_and_kept(tmp_path: Path) -> None:
    database = await filled(tmp_path / "db.sqlite")
    copy = backup.back_up(database, tmp_path / "copy.sqlite")
    await open_db(SecretStr(f"sqlite://{database}"))
    await preference.put("u", "later", 1)
    log = (tmp_path / "db.sqlite-wal").read_bytes()  # a true one, which SQLite would apply to the file beside it
    assert len(log) > 4096
    await close_db()
    database.write_bytes(b"rubbish")
    (tmp_path / "db.sqlite-wal").write_bytes(log)
    restored = backup.restore(copy.path, database)
    assert restored.kept is not None
    assert restored.kept.read_bytes() == b"rubbish"
    assert restored.kept.with_name(f"{restored.kept.name}-wal").read_bytes() == log
    assert (rows(database), rows(database, "sprintagen_preference")) == (3, 1)


async def test_a_backup_never_overwrites_and_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no database"):
        backup.back_up(tmp_path / "none", tmp_path / "copy")
    database = await filled(tmp_path / "db.sqlite")
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(DatabaseError, match="not overwritten"):
        backup.back_up(database, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


async def test_what_is_no_backup_of_ours_is_refused_in_words_and_changes_nothing(tmp_path: Path) -> None:
    database = await filled(tmp_path / "db.sqlite")
    good = backup.back_up(database, tmp_path / "good.sqlite").path
    (tmp_path / "text").write_text("notes")
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE t (x)")
    newer = shutil.copy(good, tmp_path / "newer.sqlite")
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('sprintagen', '9999_x', '2030-01-01')"
        )
        connection.commit()
    (tmp_path / "cut.sqlite").write_bytes(good.read_bytes()[:-8192])
    (tmp_path / "rotten.sqlite").write_bytes(rotten(good))
    before, listed = database.read_bytes(), names(tmp_path)
    refusals = {
        "none": "no file",
        "text": "not a SQLite database",
        "other.sqlite": "not one of sprintagen's",
        "newer.sqlite": "newer sprintagen",
        "cut.sqlite": "damaged",
        "rotten.sqlite": "damaged",
        "db.sqlite": "the database itself",
    }
    for name, words in refusals.items():
        with pytest.raises(DatabaseError, match=words):
            backup.restore(tmp_path / name, database)
    use = Use(database)
    with pytest.raises(DatabaseError, match="running sprintagen"):
        backup.restore(good, database)
    use.end()
    with closing(sqlite3.connect(database)) as tool:
        tool.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with pytest.raises(DatabaseError, match="locked"):
            backup.restore(good, database)
    assert database.read_bytes() == before
    assert names(tmp_path) == listed


def test_postgres_is_told_of_its_own_tools(tmp_path: Path) -> None:
    url = "postgres://me:hunter2@127.0.0.1/db"
    assert_refused(run("backup", folder=tmp_path, DATABASE_URL=url), 1, "pg_dump")
    done = run("restore", "x", folder=tmp_path, DATABASE_URL=url)
    assert_refused(done, 1, "pg_restore")
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("fault", storage.FAULTS)
@pytest.mark.parametrize("command", ["backup", "restore"])
async def test_each_statement_can_fail_and_nothing_half_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, command: str
) -> None:
    database = await filled(tmp_path / "db.sqlite")
    good = backup.back_up(database, tmp_path / "good.sqlite").path
    statements = storage.install(monkeypatch)
    for k in range(1, 40):
        listed = names(tmp_path)
        with statements.failing(k, storage.FAULTS[fault]):
            try:
                if command == "backup":
                    backup.back_up(database, tmp_path / "new.sqlite")
                else:
                    backup.restore(good, database)
            except DatabaseError as error:
                words = error.hint
            else:
                words = ""
        if words:
            assert names(tmp_path) == listed
        if not statements.failed:
            break
        assert words, f"failure {k} was not said"
        assert rows(database) == 3
    assert k > 3
    assert rows(tmp_path / "new.sqlite" if command == "backup" else database) == 3


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_killed_at_any_moment_there_is_a_whole_database_and_no_half_backup(tmp_path: Path, command: str) -> None:
    database = asyncio.run(filled(tmp_path / "db.sqlite", 2000))
    good = backup.back_up(database, tmp_path / "good.sqlite").path
    code = (
        "import sys; from pathlib import Path; from sprintagen.db import backup\n"
        "print('go', flush=True); db, good, n = Path(sys.argv[1]), Path(sys.argv[2]), 0\n"
        "while True:\n"
        "    n += 1\n"
        "    backup.back_up(db, db.parent / 'out' / str(n)) if sys.argv[3] == 'backup' else backup.restore(good, db)\n"
    )
    for number in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(database), str(good), command],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.013 * number)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert rows(database) == 2000
        for item in (tmp_path / "out").glob("[0-9]*") if command == "backup" else ():
            assert rows(item) == 2000
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        for item in tmp_path.glob("*.before-restore-*"):
            if not item.name.endswith(("-wal", "-shm", "-journal")):
                assert rows(item) == 2000
            item.unlink(missing_ok=True)
    backup.restore(good, database)
