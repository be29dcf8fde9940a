"""Killed at any moment: the database is whole, and what was acknowledged is in it exactly once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.served import ROOT

KILLS = int(os.environ.get("SPRINTAGEN_TEST_KILLS", "20"))

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pydantic import SecretStr
from sprintagen.db import open_db, session_record

async def one(number):
    record = await session_record.create_pending(
        server="s", title="t", directory="/d", repo_url=None, ticket=None, created_by="ann")
    await session_record.confirm(record, opencode_session_id=number, title="t", directory="/d",
        created_at=datetime.now(UTC))
    await session_record.mark("s", number, ticket=f"T-{number}", archived_at=None)
    print(number, flush=True)  # acknowledged

async def main():
    await open_db(SecretStr(f"sqlite://{sys.argv[1]}"))
    print("open", flush=True)
    n = 0
    while True:
        now = datetime.now(UTC)
        many = [session_record.found(server="s", opencode_session_id=f"{sys.argv[2]}-found-{n}-{i}", title="t",
            directory="/d", now=now) for i in range(5)]
        await asyncio.gather(session_record.add_found(many), *(one(f"{sys.argv[2]}-{n}-{i}") for i in range(4)))
        n += 1
asyncio.run(main())
"""


def test_what_was_acknowledged_before_a_kill_is_there_once_and_the_file_is_whole(tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite"
    acknowledged: list[str] = []
    chance = random.Random(7)
    for run in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(database), str(run)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        if run % 4:  # each fourth one at the start, migrations included
            assert process.stdout.readline() == "open\n"
            time.sleep(chance.uniform(0, 0.3))
        else:
            time.sleep(chance.uniform(0.1, 1.2))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged += [line for line in rest.splitlines(keepends=True) if line.endswith("\n") and line != "open\n"]
        if not database.exists() or not database.stat().st_size:
            continue
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT opencode_session_id, ticket FROM sprintagen_opencode_session").fetchall()
    tickets = {name: ticket for name, ticket in rows if name is not None}
    assert len(tickets) == sum(name is not None for name, _ in rows)
    assert len(acknowledged) > KILLS
    lost = [line for line in acknowledged if tickets.get(line.strip()) != f"T-{line.strip()}"]
    assert not lost
    found: dict[str, int] = {}
    for name in tickets:
        if "found" in name:
            batch = name.rpartition("-")[0]
            found[batch] = found.get(batch, 0) + 1
    assert set(found.values()) <= {5}, "some of a batch"


SMALL_DISK = """
import asyncio, sys
from pathlib import Path
from pydantic import SecretStr
from sprintagen.db import close_db, open_db, preference
from sprintagen.errors import DatabaseError

async def main():
    folder = Path(sys.argv[1])
    await open_db(SecretStr(f"sqlite://{folder / 'db.sqlite'}"))
    (folder / "ballast").write_bytes(b"x" * 300_000)
    written, words = 0, ""
    for n in range(2000):
        try:
            await preference.put("u", str(n), "x" * 2000)
        except DatabaseError as error:
            words = error.message
            break
        written += 1
    print(words)
    (folder / "ballast").unlink()
    await preference.put("u", "after", 1)
    kept = await preference.all_of("u")
    assert set(kept) == {str(n) for n in range(written)} | {"after"}, (written, len(kept))
    await close_db()
    print("well again")
asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk needs root")
def test_on_a_disk_that_is_really_full_what_was_acknowledged_stays_and_the_rest_is_refused(tmp_path: Path) -> None:
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a tmpfs cannot be mounted here: it needs CAP_SYS_ADMIN")
    try:
        done = subprocess.run(
            [sys.executable, "-c", SMALL_DISK, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said, well = done.stdout.splitlines()
        assert "The disk is full" in said or "The disk does not work" in said
        assert well == "well again"
        with closing(sqlite3.connect(tmp_path / "db.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=False)
