"""`WriteBehind`: writes that nobody waits for (choices, what was seen), done now if the database takes them, or later.

Trouble is logged once when it begins and once when it has ended, not for each write; the latest write of a key counts.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from sprintagen.errors import DatabaseError
from sprintagen.services import tasks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

RETRY_AFTER = 2.0
LIMIT = 10_000
"""How many writes may wait; of more, the oldest are given up."""

_log = logging.getLogger(__name__)


class WriteBehind:
    """The writes that wait for the database. Idle, it has no task; `stop` tries the rest once more."""

    def __init__(self) -> None:
        self._due: dict[Hashable, Callable[[], Awaitable[Any]]] = {}
        self._retrying: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many writes wait."""
        return len(self._due)

    async def write(self, key: Hashable, write: Callable[[], Awaitable[Any]]) -> None:
        """Do it now, or as soon as the database works again; never raises because it does not.

        Args:
            key: What is written; a write that still waits under it is replaced.
            write: Does it; called again after each failure, so it must come to the same when done twice.
        """
        self._due.pop(key, None)
        has_trouble = bool(self._due)
        self._due[key] = write
        while len(self._due) > LIMIT:
            self._due.pop(next(iter(self._due)))
        if has_trouble and self._is_retrying:
            return
        try:
            await self._try(key)
        except DatabaseError as error:
            self._retry(error)

    async def stop(self) -> None:
        """Write what waits, if the database takes it now."""
        await tasks.end(self._retrying)
        self._retrying = None
        try:
            await self._flush()
        except DatabaseError as error:
            _log.warning("%s small changes were not written: %s", len(self._due), error.message)
            self._due.clear()

    @property
    def _is_retrying(self) -> bool:
        return self._retrying is not None and not self._retrying.done()

    async def _flush(self) -> None:
        for key in list(self._due):
            try:
                await self._try(key)
            except DatabaseError:
                raise
            except Exception:  # a mistake of ours in one write must not hold up those behind it, or end the trying
                _log.exception("A small change cannot be written and is given up")

    async def _try(self, key: Hashable) -> None:
        """Do one write; it waits on only when it is the database that refuses."""
        write = self._due.get(key)
        if write is None:
            return
        try:
            await write()
        except (DatabaseError, asyncio.CancelledError):
            raise
        except BaseException:
            self._forget(key, write)
            raise
        self._forget(key, write)

    def _forget(self, key: Hashable, write: Callable[[], Awaitable[Any]]) -> None:
        if self._due.get(key) is write:  # not replaced meanwhile
            del self._due[key]

    def _retry(self, error: DatabaseError) -> None:
        if not self._is_retrying:
            _log.warning("Small changes wait to be written: %s %s", error.message, error.hint)
            self._retrying = tasks.create(self._until_written(), name="write behind")

    async def _until_written(self) -> None:
        while self._due:
            await asyncio.sleep(RETRY_AFTER)
            try:
                await self._flush()
            except DatabaseError:
                continue
        self._retrying = None
        _log.info("Small changes are written again")
