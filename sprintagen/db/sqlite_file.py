"""A SQLite database file looked at before it is used: is it one, can it be written, is it free. Nothing is changed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from sprintagen.db.trouble import in_words
from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from pathlib import Path

WAIT_SECONDS = 2.0
"""For another program that writes just now."""
MAGIC = b"SQLite format 3\x00"


def check(path: Path) -> None:
    """Make sure the file can be used, and make an empty one (0600) if there is none.

    Raises:
        DatabaseError: It cannot; an existing file is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise DatabaseError(f"{path} is a folder, not a database file.", hint="Set DATABASE_URL to a file in it.")
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise _unusable(path, "cannot be opened or made", "Give sprintagen write access to its folder.") from error
    if size and head != MAGIC:
        raise _unusable(path, "is not a SQLite database")
    try:
        _probe(path, size)
    except sqlite3.Error as error:
        said = in_words(error)
        raise DatabaseError(f"{path}: {said.message[0].lower()}{said.message[1:]}", hint=said.hint) from error


def backup(path: Path, target: Path) -> None:
    """Copy the database, with what is only in its log, to `target` (0600 when it is made). No other file is made."""
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA journal_mode=MEMORY")  # of a copy that breaks off nothing is wanted
        source.backup(copy)


def _probe(path: Path, size: int) -> None:
    with closing(
        sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=WAIT_SECONDS, isolation_level=None)
    ) as probe:
        if size:
            answer = probe.execute("PRAGMA quick_check(1)").fetchone()
            if answer is None or answer[0] != "ok":
                raise sqlite3.DatabaseError("database disk image is malformed")
        probe.execute("BEGIN IMMEDIATE")  # finds a read-only file and another writer
        probe.execute("ROLLBACK")
    if not os.access(path, os.W_OK):
        raise sqlite3.OperationalError("attempt to write a readonly database")


def _unusable(path: Path, what: str, hint: str = "") -> DatabaseError:
    return DatabaseError(
        f"The database file {path} {what}.",
        hint=hint or "It was left as it was. Restore a backup, or move the file away to start with an empty one.",
    )
