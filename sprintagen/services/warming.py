"""`Warming`: reads the session somebody is about to open, so that it is there at the click.

One at a time, the newest wish first; a wish that another has overtaken is dropped. Nobody is told when it does not
work: whoever opens the session then is told.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sprintagen.opencode.errors import OpencodeError
from sprintagen.opencode.ids import SessionID
from sprintagen.services import tasks

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from sprintagen.services.loading import Loader
    from sprintagen.services.session_store import SessionStore

_log = logging.getLogger(__name__)


class Warming:
    """The wishes of all pages of one server.

    Args:
        store: Where the sessions are; only those it knows are read.
        loader: Reads them.
        is_connected: Whether the server answers; while it does not, wishes are dropped.
        home: The server's own directory. Of other directories only those it works in already are read ahead: the first
            question about one starts an instance there.
    """

    def __init__(
        self, store: SessionStore, loader: Loader, is_connected: Callable[[], bool], *, home: str | None = None
    ) -> None:
        self._store = store
        self._loader = loader
        self._is_connected = is_connected
        self._home = home
        self._next: SessionID | None = None
        self._reading: asyncio.Task[None] | None = None

    def expect(self, text: str) -> None:
        """Somebody may open this session next; an id of none does nothing. That it is unread stays as it is."""
        session = self._store.sessions.get(SessionID(text))
        if session is None or session.directory not in {self._home, *self._store.directories}:
            return
        if self._loader.at_hand(session.id) is not None or not self._is_connected():
            return
        self._next = session.id
        if self._reading is None or self._reading.done():
            self._reading = tasks.create(self._read(), name="warm a session")

    async def stop(self) -> None:
        """Read nothing more."""
        self._next = None
        await tasks.end(self._reading)

    async def _read(self) -> None:
        while self._next is not None:
            session_id, self._next = self._next, None
            if self._loader.at_hand(session_id) is not None or not self._is_connected():
                continue
            try:
                await self._loader.open(session_id)
            except OpencodeError as error:
                _log.debug("Did not read %s ahead: %s", session_id, error.message)
