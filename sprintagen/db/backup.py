"""`sprintagen backup` and `restore`: one whole SQLite file out, and back in, killed at any moment without harm.

A backup is a database file like the one in use, for its owner only, checked after writing. Who is signed in is not in
it: a session that was ended since must not come back. Nor are the access token or any provider key, which the database
never holds.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sprintagen.db import sqlite_file
from sprintagen.db.running import sole_user
from sprintagen.db.trouble import in_words
from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MIGRATIONS = Path(__file__).parent / "migrations"
_LEAVE = "Nothing was changed."
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written."""

    path: Path
    size: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is the database now."""

    sessions: int
    kept: Path | None
    """The database that was there before."""
    is_older: bool
    """Whether the next start has to migrate it."""


def back_up(database: Path, target: Path) -> Backup:
    """Write a backup, also while the database is in use.

    Raises:
        DatabaseError: It could not be written; there is no file at `target` then.
    """
    if not database.is_file():
        raise DatabaseError(f"There is no database at {database} yet.", hint="Start sprintagen once to make one.")
    if target.exists():
        raise DatabaseError(f"{target} exists and is not overwritten.", hint="Name another file, or move it away.")
    with _words("The backup was not written"):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _copied(database, target.parent, prefix=".backup-") as copy:
            sessions = _finish(copy)
            size = copy.stat().st_size
            _place(copy, target)
    return Backup(target, size, sessions)


def restore(source: Path, database: Path) -> Restored:
    """Put a backup in the place of the database, which is kept beside it.

    Raises:
        DatabaseError: It was not done; the database is as it was.
    """
    if not source.is_file():
        raise DatabaseError(f"There is no file {source}.", hint=_LEAVE)
    if database.exists() and source.samefile(database):
        raise DatabaseError(f"{source} is the database itself.", hint="Name a backup of it.")
    with source.open("rb") as file:
        if file.read(len(sqlite_file.MAGIC)) != sqlite_file.MAGIC:
            raise DatabaseError(f"{source} is not a SQLite database, so no backup of ours.", hint=_LEAVE)
    with _words("The backup was not restored"):
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _copied(source, database.parent, prefix=".restore-") as copy:
            is_older = _check_schema(copy, source)
            sessions = _finish(copy)
            with sole_user(database):
                kept = _keep(database)
                os.replace(copy, database)
                _sync(database.parent)
    return Restored(sessions, kept, is_older)


@contextmanager
def _words(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        said = in_words(error)
        raise DatabaseError(f"{what}. {said.message}", hint=said.hint) from error
    except OSError as error:
        raise DatabaseError(f"{what}: {error.strerror or error}.", hint=_LEAVE) from error


@contextmanager
def _copied(source: Path, folder: Path, *, prefix: str) -> Iterator[Path]:
    """A whole copy as of one moment (0600), which is gone afterwards unless it was moved to its place."""
    for left in folder.glob(f"{prefix}*"):  # by one that was killed
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - 3600:
                left.unlink()
    descriptor, name = tempfile.mkstemp(prefix=prefix, dir=folder)
    os.close(descriptor)
    copy = Path(name)
    try:
        uri = f"file:{quote(str(source.absolute()))}"
        try:
            _copy(f"{uri}?mode=ro", copy)
        except sqlite3.OperationalError:
            if Path(f"{source}-wal").exists() or os.access(source.parent, os.W_OK):
                raise
            _copy(f"{uri}?immutable=1", copy)  # a file in a folder that only can be read, such as a backup disk
        yield copy
    finally:
        for suffix in ("", *_BESIDE):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def _copy(uri: str, copy: Path) -> None:
    with closing(sqlite3.connect(uri, uri=True)) as read, closing(sqlite3.connect(copy)) as write:
        read.backup(write)


def _finish(copy: Path) -> int:
    """Make the copy one file on the disk without sign-ins, and check it; returns how many sessions are in it."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA secure_delete=ON")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "sprintagen_sign_in" in tables:
            connection.execute("DELETE FROM sprintagen_sign_in")
        answer = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if answer is None or answer[0] != "ok" or connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.DatabaseError("database disk image is malformed")
        if "sprintagen_opencode_session" not in tables:
            return 0
        return int(connection.execute("SELECT count(*) FROM sprintagen_opencode_session").fetchone()[0])


def _check_schema(copy: Path, source: Path) -> bool:
    """Whether it is older than ours; refuses what is not ours, or newer."""
    with closing(sqlite3.connect(copy)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        applied: set[str] = set()
        if "tortoise_migrations" in tables:
            rows = connection.execute("SELECT name FROM tortoise_migrations WHERE app = 'sprintagen'")
            applied = {name for (name,) in rows}
    if not applied:
        raise DatabaseError(f"{source} is a SQLite database, but not one of sprintagen's.", hint=_LEAVE)
    known = {path.stem for path in _MIGRATIONS.glob("[0-9]*.py")}
    if applied - known:
        raise DatabaseError(
            f"{source} was written by a newer sprintagen.", hint=f"Update sprintagen, then restore it. {_LEAVE}"
        )
    return bool(known - applied)


def _keep(database: Path) -> Path | None:
    """Put a copy of the present database beside it, whole or damaged as it is."""
    if not database.exists():
        return None
    kept = database.with_name(f"{database.name}.before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    try:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=1.0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # what is in its log goes into it; needs to be alone
    except sqlite3.OperationalError:  # in use, or the disk: not the moment to replace anything
        raise
    except sqlite3.DatabaseError:  # damaged, perhaps the reason to restore: kept as it is
        pass
    _place(database, kept)
    for suffix in _BESIDE:  # they belong to the old file and would be applied to the new one
        with suppress(FileNotFoundError):
            os.replace(f"{database}{suffix}", f"{kept}{suffix}")
    return kept


def _place(file: Path, target: Path) -> None:
    """A file at `target` too, on the disk, and never in the place of another."""
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        try:
            with file.open("rb") as read, target.open("xb") as write:
                os.chmod(target, 0o600)
                shutil.copyfileobj(read, write)
                write.flush()
                os.fsync(write.fileno())
        except OSError as error:
            if not isinstance(error, FileExistsError):
                target.unlink(missing_ok=True)
            raise
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """Its names, too, are on the disk, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
