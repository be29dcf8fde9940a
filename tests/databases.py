"""Which database the tests that use one run on: a file of their own, or with `--postgres` one on a real server."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from sprintagen.db import close_db, open_db
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EMPTY = "empty"
"""A migrated database, of which the others are copies."""
_server: list[PostgresServer] = []
_made: set[str] = set()


def url_in(folder: Path) -> SecretStr:
    """The database that belongs to a folder of a test; the same as often as it is asked for."""
    if not _server:
        return SecretStr(f"sqlite://{folder / 'db.sqlite'}")
    name = _name(folder)
    if name not in _made:
        _server[0].sql(f"CREATE DATABASE {name} TEMPLATE {_EMPTY}")
        _made.add(name)
    return SecretStr(_server[0].url(name))


def rows(folder: Path, select: str) -> list[tuple[Any, ...]]:
    """What a statement finds in the database of a folder, past everything of ours."""
    if not _server:
        with closing(sqlite3.connect(folder / "db.sqlite")) as connection:
            return connection.execute(select).fetchall()
    found = _server[0].sql_in(_name(folder), f"SELECT coalesce(json_agg(row_to_json(t)), '[]') FROM ({select}) t")
    return [tuple(row.values()) for row in json.loads(found or "[]")]


def change(folder: Path, statement: str) -> None:
    """Do something to the database of a folder, as another program would."""
    if not _server:
        with closing(sqlite3.connect(folder / "db.sqlite")) as connection, connection:
            connection.execute(statement)
    else:
        _server[0].sql_in(_name(folder), statement)


def on_postgres() -> Iterator[None]:
    """Runs a server for as long as the generator is held."""
    with PostgresServer() as server:
        server.sql(f"CREATE DATABASE {_EMPTY}")
        asyncio.run(_migrate(SecretStr(server.url(_EMPTY))))
        _server.append(server)
        yield
        _server.clear()


def drop() -> None:
    """The databases of the test that has ended."""
    for name in _made:
        _server[0].sql(f"DROP DATABASE {name} WITH (FORCE)")
    _made.clear()


def _name(folder: Path) -> str:
    return "t" + sha256(str(folder).encode()).hexdigest()[:20]


async def _migrate(url: SecretStr) -> None:
    await open_db(url)
    await close_db()
