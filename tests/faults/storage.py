"""Faults of a database: the k-th statement fails, however it is reached, by SQLite's own words."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

FAULTS = {
    "full": sqlite3.OperationalError("database or disk is full"),
    "locked": sqlite3.OperationalError("database is locked"),
    "io": sqlite3.OperationalError("disk I/O error"),
    "readonly": sqlite3.OperationalError("attempt to write a readonly database"),
}


class Statements:
    """Counts what is asked of SQLite; while armed, the k-th and (unless `once`) every further one fails."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._at = 0
        self._once = False
        self._error: Exception | None = None
        self.failed = 0

    @contextmanager
    def failing(self, k: int, error: Exception, *, once: bool = False) -> Iterator[None]:
        self.seen, self._at, self._error, self._once, self.failed = [], k, error, once, 0
        try:
            yield
        finally:
            self._error = None

    def count(self, statement: str) -> None:
        """Raises when this is one that fails."""
        if self._error is None:
            return
        self.seen.append(statement)
        number = len(self.seen)
        if number == self._at or (number > self._at and not self._once):
            self.failed += 1
            raise type(self._error)(*self._error.args)


def install(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """From now on every SQLite connection of this process is counted."""
    statements = Statements()

    class Counted(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            statements.count(sql)
            return super().execute(sql, *parameters)

        def executemany(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            statements.count(sql)
            return super().executemany(sql, *parameters)

        def commit(self) -> None:
            statements.count("COMMIT")
            super().commit()

        def backup(self, *arguments: Any, **options: Any) -> None:
            statements.count("BACKUP")
            super().backup(*arguments, **options)

    real: Callable[..., sqlite3.Connection] = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        options.setdefault("factory", Counted)
        return real(*arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", connect)
    return statements
