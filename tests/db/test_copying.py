"""`sprintagen db copy`: everything arrives as it was, from either kind of database to the other, or nothing does."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from sqlite3 import connect
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from pydantic import SecretStr
from tortoise import Tortoise

from sprintagen.db import close_db, open_db, preference, session_record, sign_in
from sprintagen.db.copying import copy
from sprintagen.db.database import APP
from sprintagen.db.deletion import Deletion
from sprintagen.db.pin import Pin
from sprintagen.db.prompt import Prompt, PromptContent
from sprintagen.db.running import Use
from sprintagen.db.seen import Seen
from sprintagen.db.text_in_flight import TextInFlight
from sprintagen.db.upload import Upload
from sprintagen.errors import DatabaseError
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.database_server
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
SESSION: dict[str, Any] = {"server": "s", "opencode_session_id": "ses_1"}
Rows = dict[str, list[dict[str, object]]]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    await close_db()


class Places:
    """New databases, by name: `pg` in front of those on the server."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self._folder = folder
        self._request = request
        self._made: dict[str, SecretStr] = {}

    def __call__(self, name: str) -> SecretStr:
        if name not in self._made:
            url = f"sqlite://{self._folder / name}"
            if name.startswith("pg"):
                server: PostgresServer = self._request.getfixturevalue("server")
                database = f"{self._folder.name}_{name}".lower()
                server.sql(f'CREATE DATABASE "{database}"')
                url = server.url(database)
            self._made[name] = SecretStr(url)
        return self._made[name]


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Places:
    return Places(tmp_path, request)


async def fill(url: SecretStr) -> Rows:
    """A row or more in every table; returns them all."""
    await open_db(url)
    await session_record.add_found(
        session_record.found(server="s", opencode_session_id=f"ses_{n}", title="ä 🎉 '\"\\", directory="/d", now=NOW)
        for n in range(1201)
    )
    await preference.put("u", "theme", {"a": [1, None, "ü"]})
    await sign_in.add("a" * 64, "ann", NOW, address="::1", browser="Firefox", opened_by="token")
    for n in (3, 7):
        prompt: dict[str, Any] = {
            **SESSION,
            "actor": "ann",
            "message_id": f"msg_{n}",
            "state": "queued",
            "owner": "here/1/2.00",
        }
        await Prompt.create(id=n, prompt_id=f"p{n}", place=n, created_at=NOW, updated_at=NOW, **prompt)
        await PromptContent.create(prompt_id=f"p{n}", draft='{"text": "x"}', files=bytes(range(256)) * n)
    await Upload.create(
        upload_id="u", actor="ann", filename="f", mime="m", size=4, data=b"\x00\xff\x00a", created_at=NOW
    )
    await TextInFlight.create(**SESSION, message_id="m", part_id="p", at=1, text="t" * 99_999, said_at=NOW)
    await Deletion.create(**SESSION, actor="ann", due_at=NOW)
    await Seen.create(**SESSION, user="ann", seen_at=NOW)
    await Pin.create(**SESSION, user="ann", pinned_at=NOW)
    rows = await all_rows()
    await close_db()
    assert all(rows.values())
    return rows


async def all_rows() -> Rows:
    return {
        model._meta.db_table: list(await model.all().order_by(model._meta.pk_attr).values())
        for model in Tortoise.apps[APP].values()
    }


async def rows_of(url: SecretStr) -> Rows:
    await open_db(url)
    rows = await all_rows()
    await close_db()
    return rows


async def test_everything_arrives_as_it_was_from_a_file_to_a_server_and_back(place: Places) -> None:
    before = await fill(place("a"))
    for source, target in (("a", "pg_b"), ("pg_b", "pg_c"), ("pg_c", "d")):
        done = await copy(place(source), place(target))
        assert {one.table: one.rows for one in done} == {table: len(rows) for table, rows in before.items()}
        assert await rows_of(place(target)) == before
    assert await rows_of(place("a")) == before


@pytest.mark.parametrize("target", ["pg", "file"])
async def test_what_is_written_after_a_copy_gets_numbers_of_its_own(place: Places, target: str) -> None:
    await fill(place("a"))
    await copy(place("a"), place(target))
    await open_db(place(target))
    await Pin.create(server="s", opencode_session_id="ses_2", user="ann", pinned_at=NOW)
    await preference.put("somebody", "theme", "dark")
    new: dict[str, Any] = {**SESSION, "actor": "ann", "message_id": "m", "state": "queued", "owner": "o"}
    assert (await Prompt.create(prompt_id="new", created_at=NOW, updated_at=NOW, **new)).id == 8


@pytest.mark.parametrize("target", ["pg", "file"])
async def test_an_empty_database_can_be_copied_and_one_with_rows_is_no_target(place: Places, target: str) -> None:
    await fill(place("a"))
    await open_db(place("empty"))
    await close_db()
    assert sum(one.rows for one in await copy(place("empty"), place(target))) == 0
    await copy(place("a"), place(target))
    before = await rows_of(place(target))
    with pytest.raises(DatabaseError, match="not empty: sprintagen_deletion has 1 row") as caught:
        await copy(place("empty"), place(target))
    assert "Nothing was copied" in caught.value.hint
    assert await rows_of(place(target)) == before


async def test_a_row_the_target_does_not_take_names_its_table_and_leaves_nothing(place: Places) -> None:
    await fill(place("a"))
    with closing(connect(place("a").get_secret_value().removeprefix("sqlite://"))) as connection:
        connection.execute("UPDATE sprintagen_upload SET mime = ?", ["m" * 300])  # SQLite does not mind
        connection.commit()
    with pytest.raises(DatabaseError, match=r"sprintagen_upload cannot be copied\. .* too long"):
        await copy(place("a"), place("pg"))
    assert not any((await rows_of(place("pg"))).values())


async def test_a_source_that_is_not_there_or_of_another_version_is_refused_and_no_target_made(
    place: Places, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseError, match="There is no database at"):
        await copy(place("nowhere"), place("b"))
    with closing(connect(tmp_path / "foreign")) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(DatabaseError, match="no database of sprintagen's"):
        await copy(place("foreign"), place("b"))
    await open_db(place("a"))
    await close_db()
    with closing(connect(tmp_path / "a")) as connection:
        connection.execute("DELETE FROM tortoise_migrations WHERE name = (SELECT max(name) FROM tortoise_migrations)")
        connection.commit()
        with pytest.raises(DatabaseError, match="older sprintagen"):
            await copy(place("a"), place("b"))
        connection.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('sprintagen', '9999_x', '2026-01-01')"
        )
        connection.commit()
        with pytest.raises(DatabaseError, match="newer sprintagen"):
            await copy(place("a"), place("b"))
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "nowhere").exists()


async def test_a_database_is_not_copied_while_it_is_used_nor_onto_itself(place: Places, tmp_path: Path) -> None:
    await fill(place("a"))
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(DatabaseError, match="are the same database"):
        await copy(place("a"), place("link"))
    use = Use(tmp_path / "a")
    with pytest.raises(DatabaseError, match="running sprintagen uses"):
        await copy(place("a"), place("pg"))
    use.end()
    connected = await asyncpg.connect(place("pg").get_secret_value())
    with pytest.raises(DatabaseError, match="Somebody else is connected to the target database"):
        await copy(place("a"), place("pg"))
    await connected.close()
    await copy(place("a"), place("pg"))


async def test_the_command_lists_the_tables_with_their_rows_and_never_says_a_password(
    place: Places, tmp_path: Path
) -> None:
    await fill(place("a"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sprintagen", "db", "copy", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    done = run("file:./a", place("b").get_secret_value())
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()][1] == ["sprintagen_opencode_session", "1201"]
    assert done.stdout.splitlines()[-1] == "Copied: 1212 rows. Set DATABASE_URL to the target and start."
    for url, status in (("mysql://me:hunter2@127.0.0.1/x", 2), ("postgres://me:hunter2@127.0.0.1:1/x", 1)):
        done = run("file:./a", url)
        assert done.returncode == status
        assert "hunter2" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
