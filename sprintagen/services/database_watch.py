"""`DatabaseWatch`: whether the database takes what it is given, in words for a banner.

Trouble begins with a query that fails, whoever asked; it ends when a write of our own for the purpose succeeds.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sprintagen.db import trouble
from sprintagen.errors import DatabaseError
from sprintagen.services import tasks
from sprintagen.services.changes import DatabaseChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.db import Database
    from sprintagen.services.session_store import SessionStore

TRY_EVERY = 2.0
"""Seconds between two tries while there is trouble."""

_log = logging.getLogger(__name__)


class DatabaseWatch:
    """The state of the database; idle while all is well.

    Args:
        store: Whose subscribers hear `DatabaseChanged`.
        database: The open one.
    """

    def __init__(self, store: SessionStore, database: Callable[[], Database | None]) -> None:
        self.error: DatabaseError | None = None
        """Why changes cannot be saved now; None: they can."""
        self._store = store
        self._database = database
        self._trying: asyncio.Task[None] | None = None

    def start(self) -> None:
        trouble.on_failure.append(self._handle_failure)

    async def stop(self) -> None:
        """Harmless when it was not started."""
        if self._handle_failure in trouble.on_failure:
            trouble.on_failure.remove(self._handle_failure)
        await tasks.end(self._trying)
        self._trying = self.error = None

    def _handle_failure(self, error: DatabaseError) -> None:
        self._say(error)
        if self._trying is None or self._trying.done():
            self._trying = tasks.create(self._until_written(), name="watch the database")

    async def _until_written(self) -> None:
        while self.error is not None:
            await asyncio.sleep(TRY_EVERY)
            database = self._database()
            try:
                if database is not None:
                    await database.try_write()
            except DatabaseError:  # `_handle_failure` has heard of it
                continue
            self._trying = None
            _log.info("The database takes changes again")
            self._say(None)

    def _say(self, error: DatabaseError | None) -> None:
        before, self.error = self.error, error
        if (before and before.message) != (error and error.message):
            self._store.emit(DatabaseChanged())
