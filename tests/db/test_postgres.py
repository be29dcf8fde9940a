"""PostgreSQL in place of a file: started on by several at once, stopped and started again under us, in words."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.db import close_db, open_db, preference
from sprintagen.errors import DatabaseError
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sprintagen.db import Database

pytestmark = pytest.mark.database_server

OPEN = """
import asyncio, sys
from pydantic import SecretStr
from sprintagen.db import close_db, open_db
from sprintagen.errors import DatabaseError
async def main():
    try:
        await (await open_db(SecretStr(sys.argv[1]))).try_write()
    except DatabaseError as error:
        print(error.message, flush=True)
    else:
        print("open", flush=True)
        sys.stdin.read()
    await close_db()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    pytest.importorskip("asyncpg", reason="needs asyncpg (pip install 'sprintagen[postgres]')")
    with PostgresServer() as server:
        yield server


@pytest.fixture
def url(server: PostgresServer, request: pytest.FixtureRequest) -> SecretStr:
    name = f"t{abs(hash(request.node.nodeid))}"
    server.sql(f"CREATE DATABASE {name}")
    return SecretStr(server.url(name))


@pytest.fixture
async def database(url: SecretStr) -> AsyncIterator[Database]:
    yield await open_db(url)
    await close_db()


async def test_an_empty_database_is_migrated_and_a_migrated_one_opens(url: SecretStr) -> None:
    for _ in range(2):
        await (await open_db(url)).try_write()
        await close_db()


def test_of_those_that_start_at_once_on_an_empty_database_one_uses_it_and_the_others_say_so(url: SecretStr) -> None:
    command = [sys.executable, "-c", OPEN, url.get_secret_value()]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) for _ in range(3)]
    said = []
    for one in running:
        assert one.stdout is not None
        said.append(one.stdout.readline().strip())
    assert sorted(said) == ["Another sprintagen uses this database."] * 2 + ["open"]
    for one in running:
        one.kill()
        one.communicate(timeout=60)


async def test_a_database_is_free_again_when_the_process_that_used_it_was_killed(url: SecretStr) -> None:
    command = [sys.executable, "-c", OPEN, url.get_secret_value()]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"open\n"
    with pytest.raises(DatabaseError, match="Another sprintagen"):
        await open_db(url)
    process.kill()
    await process.wait()
    for attempt in range(100):  # the server has to notice
        try:
            await open_db(url)
            break
        except DatabaseError:
            assert attempt < 99
            await asyncio.sleep(0.1)
    await close_db()


async def test_a_database_of_a_newer_sprintagen_is_refused(url: SecretStr, server: PostgresServer) -> None:
    await open_db(url)
    await close_db()
    name = url.get_secret_value().rpartition("/")[2]
    server.sql_in(
        name, "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('sprintagen', '9999_x', now())"
    )
    with pytest.raises(DatabaseError, match="newer sprintagen"):
        await open_db(url)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "a crash"])
async def test_a_server_that_goes_and_comes_back_is_told_in_words_and_used_again(
    database: Database, server: PostgresServer, how: signal.Signals
) -> None:
    await preference.put("somebody", "theme", "dark")
    await asyncio.to_thread(server.stop, how)
    with pytest.raises(DatabaseError, match=r"database server is away|cannot be opened"):
        await database.ping()
    with pytest.raises(DatabaseError):
        await preference.put("somebody", "theme", "light")
    await asyncio.to_thread(server.start)
    await database.ping()
    assert (await preference.all_of("somebody"))["theme"] == "dark"


async def test_a_name_that_is_no_database_or_a_user_nobody_knows_is_told(server: PostgresServer) -> None:
    with pytest.raises(DatabaseError, match="There is no such database"):
        await open_db(SecretStr(server.url("nowhere")))
    with pytest.raises(DatabaseError, match="user or password"):
        await open_db(SecretStr(server.url("postgres").replace("sprintagen@", "stranger:hunter2@")))
