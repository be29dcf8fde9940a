"""Who uses a SQLite database: every sprintagen that has it open holds a shared lock, a restore the only one.

The lock is the kernel's and on a file beside the database, so it ends with its process, however that ends. Where there
is no `flock` (Windows) nothing is locked: a file that is open cannot be replaced there.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]


class Use:
    """That the database is in use, until `end`.

    Raises:
        DatabaseError: A backup is being restored into it just now.
    """

    def __init__(self, database: Path) -> None:
        self._descriptor: int | None = _open(database)
        if not _lock(self._descriptor, alone=False):
            self.end()
            raise DatabaseError(
                "A backup is being restored into this database.", hint="Start again when that has ended."
            )

    def end(self) -> None:
        """The database is not in use any more; harmless when that was said before."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def sole_user(database: Path) -> Iterator[None]:
    """Nobody else has the database open meanwhile.

    Raises:
        DatabaseError: Somebody has.
    """
    descriptor = _open(database)
    try:
        if not _lock(descriptor, alone=True):
            raise DatabaseError(
                "A running sprintagen uses this database.", hint="Stop it first, and start it again afterwards."
            )
        yield
    finally:
        os.close(descriptor)


def _open(database: Path) -> int:
    path = database.with_name(f"{database.name}.lock")
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise DatabaseError(
            f"{path} cannot be made: {error.strerror}.", hint="Give sprintagen write access to the database's folder."
        ) from error


def _lock(descriptor: int, *, alone: bool) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
