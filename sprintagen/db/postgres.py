"""PostgreSQL: what its connections are told before they are used, and that one sprintagen at a time uses a database."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from asyncpg import Connection

_TEXTS: Final = ("text", "varchar", "bpchar")
_NUL: Final = "\x00"
_USED: Final = 0x53505255
"""The advisory lock of the sprintagen that uses a database; any number that is always the same."""
_ASKED, _ASKED_EVERY = 10, 0.2
"""How often for that lock, and after how many seconds: the server notices a moment late who has left."""


async def prepare(connection: Connection) -> None:
    """Has texts written without NUL, which PostgreSQL stores in none: in its place stands the replacement character."""
    for kind in _TEXTS:
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=_without_nul, decoder=str, format="text")


class ServerUse:
    """That the database is in use, until `end`: a lock that goes with the connection, however its process ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    async def begin(cls, url: str) -> ServerUse:
        """Take the database at a `postgres://` URL for ourselves.

        Raises:
            DatabaseError: Another sprintagen has it.
        """
        import asyncpg  # noqa: PLC0415  # an extra

        connection = await asyncpg.connect(url)
        for _ in range(_ASKED):
            if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _USED):
                return cls(connection)
            await asyncio.sleep(_ASKED_EVERY)
        await connection.close()
        raise DatabaseError(
            "Another sprintagen uses this database.",
            hint="Stop it first. If its machine is gone, the server frees the database when it notices.",
        )

    def end(self) -> None:
        """The database is free again; harmless when the server has gone meanwhile."""
        with suppress(OSError, RuntimeError):  # no connection any more, or no loop
            self._connection.terminate()


def _without_nul(text: str) -> str:
    return text.replace(_NUL, "\N{REPLACEMENT CHARACTER}") if _NUL in text else text
