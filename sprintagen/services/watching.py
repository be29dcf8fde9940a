"""`Watching`: hands the store's changes to the pages, each only what it shows.

A word that arrives costs the pages that show its session and nobody else. That something in the list is different is
told to all of them together, at a pace that follows what telling costs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from sprintagen.services.changes import AsksChanged, Change, FileEdited, SessionChanged, SessionRemoved, StatusChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.session_store import SessionStore

PACE = 0.25
"""Seconds between two updates of the lists, at least."""
SLOWEST = 2.0
SHARE = 0.05
"""The part of the time that updating lists may take."""
SENDING = 0.0003
"""Seconds it takes to send one page a message, beside what is measured here."""

_log = logging.getLogger(__name__)


class Watch:
    """One page's ear. Close it when the page goes."""

    def __init__(self, watching: Watching, on_change: Callable[[Change], None], on_list: Callable[[], None]) -> None:
        self._watching = watching
        self._session_id: SessionID | None = None
        self.on_change = on_change
        self.on_list = on_list

    @property
    def session_id(self) -> SessionID | None:
        """The session whose changes come; those of no session (the connection, the keys) come in any case."""
        return self._session_id

    @session_id.setter
    def session_id(self, session_id: SessionID | None) -> None:
        if session_id != self._session_id:
            self._watching._move(self, session_id)
            self._session_id = session_id

    def close(self) -> None:
        """Hear nothing any more."""
        self.session_id = None
        self._watching._drop(self)


class Watching:
    """All pages of one store.

    Args:
        store: Whose changes.
    """

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._watches: dict[Watch, None] = {}
        self._by_session: dict[SessionID, dict[Watch, None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_wanted = False

    def start(self) -> None:
        """Follow the store."""
        self._store.changed.subscribe(self._handle_change)

    def stop(self) -> None:
        """Follow it no more; nobody is called any more."""
        self._store.changed.unsubscribe(self._handle_change)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def watch(self, on_change: Callable[[Change], None], on_list: Callable[[], None]) -> Watch:
        """Begin to listen.

        Args:
            on_change: Called at once with every change of the session watched, and with those of no session.
            on_list: Called when something in a list of sessions may be different: at once after a pause, then paced.
                Neither may wait. A failure is logged and does not reach the other pages.
        """
        watch = Watch(self, on_change, on_list)
        self._watches[watch] = None
        return watch

    def count(self, session_id: SessionID | None = None) -> int:
        """How many pages watch this session, or how many pages there are."""
        return len(self._watches) if session_id is None else len(self._by_session.get(session_id, ()))

    def _handle_change(self, change: Change) -> None:
        session_id: SessionID | None = getattr(change, "session_id", None)
        watches = self._watches if session_id is None else self._by_session.get(session_id)
        for watch in list(watches) if watches else ():
            _call(watch.on_change, change)
        if isinstance(change, FileEdited):
            return  # lists do not show it
        if session_id is None or isinstance(change, (SessionChanged, StatusChanged, AsksChanged, SessionRemoved)):
            self._request()

    def _request(self) -> None:
        if self._timer is not None:
            self._is_wanted = True
        elif self._watches:
            # After what is being emitted now: a change may come with others that belong to it.
            self._timer = asyncio.get_running_loop().call_later(0, self._tell)

    def _tell(self) -> None:
        self._is_wanted = False
        began = time.perf_counter()
        for watch in list(self._watches):
            _call(watch.on_list)
        cost = time.perf_counter() - began + SENDING * len(self._watches)
        pause = min(SLOWEST, max(PACE, cost / SHARE))
        self._timer = asyncio.get_running_loop().call_later(pause, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._is_wanted:
            self._request()

    def _move(self, watch: Watch, session_id: SessionID | None) -> None:
        if watch.session_id is not None:
            those = self._by_session.get(watch.session_id, {})
            those.pop(watch, None)
            if not those:
                self._by_session.pop(watch.session_id, None)
        if session_id is not None and watch in self._watches:
            self._by_session.setdefault(session_id, {})[watch] = None

    def _drop(self, watch: Watch) -> None:
        self._watches.pop(watch, None)


def _call(handler: Callable[..., None], *arguments: object) -> None:
    try:
        handler(*arguments)
    except Exception:  # one page's trouble is not the others'
        _log.exception("A page could not take a change")
