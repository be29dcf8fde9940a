"""Tortoise's SQLite engine made whole: a step is carried through or leaves nothing, whatever becomes of who waits.

Tortoise has one connection for the process, and aiosqlite a thread for it. Out of the box (Tortoise 1.1.9) a task that
is cancelled in `execute_many`, a COMMIT that fails, or a BEGIN that does, leaves the connection in a transaction or its
lock taken: what is written after that looks stored and is gone with the process, or waits for ever. Here

- every step is one call in the connection's thread: BEGIN, rows and COMMIT together, with ROLLBACK when any fails;
- a transaction begins IMMEDIATE, so that it fails before its first statement or not for another writer's sake;
- a statement never runs in a transaction somebody else left open, nor outside the one it belongs to;
- nothing is written to a file that is no longer the one at its path;
- once another program has held the lock for the whole busy timeout, nobody waits as long until it lets go.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from tortoise.backends.base.client import ConnectionWrapper, NestedTransactionContext
from tortoise.backends.sqlite.client import SqliteClient as TortoiseSqliteClient
from tortoise.backends.sqlite.client import SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiosqlite import Connection

T = TypeVar("T")

MOVED = "database file was moved away or replaced"
"""What the error says when the file at the path is another than the open one, or none."""
SHORT_WAIT = 200
"""Milliseconds to wait for a lock that has already been waited for in vain."""
_READS = ("SELECT", "PRAGMA", "EXPLAI")


class _Acquired(ConnectionWrapper["Connection"]):
    """The connection with its lock, which is free again when there can be no connection."""

    async def __aenter__(self) -> Connection:
        await self._lock.acquire()
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class _InOnePiece(TortoiseSqliteClient):
    """What Tortoise asks of a connection, each as one step in its thread."""

    def acquire_connection(self) -> _Acquired:
        return _Acquired(self._lock, self)

    async def execute_insert(self, query: str, values: list[Any]) -> int:
        def insert(connection: sqlite3.Connection) -> int:
            return int(connection.execute(query, values).lastrowid or 0)  # nothing may fail once the row is stored

        return await self._step(insert)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        def insert(connection: sqlite3.Connection) -> None:
            with _Whole(connection):
                connection.executemany(query, values)

        await self._step(insert)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[dict[str, Any]]]:
        query = query.replace("\x00", "'||CHAR(0)||'")

        def run(connection: sqlite3.Connection) -> tuple[int, list[Any]]:
            before = connection.total_changes
            rows = connection.execute(query, values or []).fetchall()
            return (connection.total_changes - before) or len(rows), rows

        return await self._step(run, writes=query.lstrip()[:6].upper() not in _READS)

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in (await self.execute_query(query, values))[1]]

    async def execute_script(self, query: str) -> None:
        def run(connection: sqlite3.Connection) -> None:
            with _Whole(connection):
                for statement in _statements(query):  # `executescript` would commit what is open
                    connection.execute(statement)

        await self._step(run)

    async def _step(self, step: Callable[[sqlite3.Connection], T], *, writes: bool = True) -> T:
        """Run `step` in the connection's thread; who waits may be cancelled, the step is not."""
        async with self.acquire_connection() as connection:
            return await self._in_thread(connection, step, writes=writes)

    async def _in_thread(
        self, connection: Connection, step: Callable[[sqlite3.Connection], T], *, writes: bool = True
    ) -> T:
        def run() -> T:
            inner = connection._conn
            self._prepare(inner, writes=writes)
            try:
                result = step(inner)
            except sqlite3.OperationalError as error:
                self._top.note(inner, is_locked="locked" in str(error))
                raise
            if writes:
                self._top.note(inner, is_locked=False)
            return result

        try:
            return await connection._execute(run)  # type: ignore[no-any-return, no-untyped-call]
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        except ValueError as error:
            if "onnection" not in str(error):
                raise
            raise DBConnectionError("unable to open: the connection is closed") from error

    @property
    def _top(self) -> SqliteClient:
        raise NotImplementedError

    def _prepare(self, connection: sqlite3.Connection, *, writes: bool) -> None:
        """Called in the thread before each step."""
        raise NotImplementedError


class SqliteClient(_InOnePiece):
    """The connection."""

    _file: tuple[int, int] | None = None
    _short_wait = False

    async def create_connection(self, with_db: bool) -> None:
        if self._connection:
            return
        try:
            await super().create_connection(with_db)
        except BaseException:  # with half its settings it must not be used
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.stop()
            raise
        self._file, self._short_wait = _file_at(self.filename), False

    def _in_transaction(self) -> _Transaction:
        return _Transaction(_TransactionClient(self), self._lock)

    @property
    def _top(self) -> SqliteClient:
        return self

    def _prepare(self, connection: sqlite3.Connection, *, writes: bool) -> None:
        if connection.in_transaction:
            connection.rollback()
        if writes:
            self.check_file()

    def check_file(self) -> None:
        """Make sure that what is written can be found again.

        Raises:
            sqlite3.OperationalError: The file at the path is not the open one.
        """
        if self._file is not None and _file_at(self.filename) != self._file:
            raise sqlite3.OperationalError(MOVED)

    def note(self, connection: sqlite3.Connection, *, is_locked: bool) -> None:
        """Wait less while another program keeps the lock; called in the thread."""
        if is_locked != self._short_wait:
            self._short_wait = is_locked
            wait = SHORT_WAIT if is_locked else int(self.pragmas.get("busy_timeout", 5000))
            with suppress(sqlite3.Error):  # the step itself is done
                connection.execute(f"PRAGMA busy_timeout={wait}")


class _TransactionClient(_InOnePiece, SqliteTransactionWrapper):
    """The connection within a transaction."""

    def _in_transaction(self) -> Any:
        return NestedTransactionContext(type(self)(self))

    @property
    def _top(self) -> SqliteClient:
        return self._parent._top  # type: ignore[attr-defined, no-any-return]

    def _prepare(self, connection: sqlite3.Connection, *, writes: bool) -> None:
        if not connection.in_transaction:  # SQLite itself ends it with some errors
            raise sqlite3.OperationalError("the transaction was rolled back")

    async def begin(self) -> None:
        def begin(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")

        await self._top._in_thread(self._connection, begin)

    async def commit(self) -> None:
        def commit(connection: sqlite3.Connection) -> None:
            try:
                self._top.check_file()
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

        self._finalized = True
        await self._in_thread(self._connection, commit)

    async def rollback(self) -> None:
        self._finalized = True
        self.abandon()

    async def savepoint_rollback(self) -> None:
        if self._connection.in_transaction:  # else SQLite has undone everything by itself
            await super().savepoint_rollback()

    def abandon(self) -> None:
        """Undo what is open, after whatever the thread still has to do."""
        connection = self._connection

        def undo() -> None:
            if connection._connection is not None and connection._connection.in_transaction:
                with suppress(sqlite3.Error):  # then the next step does it
                    connection._connection.rollback()

        connection._tx.put_nowait((None, undo))


class _Transaction(SqliteTransactionContext):
    """One transaction; its lock is free again and nothing is left open, wherever it ends."""

    connection: _TransactionClient

    async def __aenter__(self) -> _TransactionClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            if self.connection._connection:
                self.connection.abandon()
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if exc_type:
                self.connection.abandon()
            elif not self.connection._finalized:
                await self.connection.commit()
        finally:
            get_connections().reset(self.token)
            self._trxlock.release()


class _Whole:
    """BEGIN and COMMIT around a step that has several statements, or ROLLBACK; in a transaction, nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._is_own = not connection.in_transaction

    def __enter__(self) -> None:
        if self._is_own:
            self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        if not self._is_own:
            return
        try:
            if exc_type is None:
                self._connection.commit()
        finally:
            if self._connection.in_transaction:
                self._connection.rollback()


def _file_at(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _statements(script: str) -> list[str]:
    """The statements of a script, cut where SQLite says that one is complete."""
    statements, current = [], ""
    for piece in script.split(";"):
        current += piece + ";"
        if sqlite3.complete_statement(current):
            if current.strip(" \t\r\n;"):
                statements.append(current)
            current = ""
    if current.strip(" \t\r\n;"):
        statements.append(current.removesuffix(";"))
    return statements


client_class = SqliteClient
"""Where Tortoise looks for an engine's connection."""
