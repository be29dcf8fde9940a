"""Older messages of a session, page by page: shared by everybody who reads it, and let go of when nobody is near.

A `SessionView` is the live end of a session. What lies before it hardly ever changes, so it is kept apart, in pages
that are read again when somebody comes back to them. A `Reader` (`reader.py`) is one reader's place: a stretch of
messages without a hole, which may reach to the end or lie anywhere before it.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from sprintagen.opencode import errors
from sprintagen.services.changes import MessageRemoved
from sprintagen.services.older_diffs import OlderDiffs
from sprintagen.services.session_index import SessionIndex
from sprintagen.services.session_texts import SessionTexts
from sprintagen.services.session_view import SessionView

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessagePage
    from sprintagen.services.changes import Change
    from sprintagen.services.message_view import MessageView
    from sprintagen.services.reader import Reader
    from sprintagen.services.session_index import FetchPlain

    Fetch = Callable[[SessionID, str], Awaitable[MessagePage]]

KEPT_PAGES = 4
"""Pages of a session that stay though no reader is in them."""


class HistoryPage:
    """Messages that lie together before the live end.

    Args:
        before: opencode's cursor that gives this page.
        view: The messages, as a session of their own in which nothing goes on.
        older: The cursor of the page before; None: this is the beginning.
    """

    __slots__ = ("__weakref__", "before", "is_gone", "older", "view")

    def __init__(self, before: str, view: SessionView, older: str | None) -> None:
        self.before = before
        self.view = view
        self.older = older
        self.is_gone = False
        """The message its cursor names is no more: nobody can stay here."""


class History:
    """The pages of one session.

    Args:
        live: The session's end.
        fetch: Reads the page before a cursor.
        fetch_plain: The same, without models.
    """

    def __init__(self, live: SessionView, fetch: Fetch, fetch_plain: FetchPlain) -> None:
        self.index = SessionIndex(live, fetch_plain, self.link)
        """Where what lies."""
        self.texts = SessionTexts(live, fetch_plain)
        """What can be read before the live end, once somebody searches."""
        self.diffs = OlderDiffs(live, fetch_plain)
        """What the turns before the live end changed, once somebody asks."""
        self.readers: weakref.WeakSet[Reader] = weakref.WeakSet()
        """Whoever reads the session; each comes here by itself."""
        self._live = live
        self._fetch = fetch
        self._used: weakref.WeakValueDictionary[str, HistoryPage] = weakref.WeakValueDictionary()
        self._recent: OrderedDict[str, HistoryPage] = OrderedDict()
        self._newer: dict[str, str] = {}
        self._reading: dict[str, asyncio.Task[HistoryPage]] = {}
        find = weakref.WeakMethod(self._find)
        live.find_older = lambda message_id: method(message_id) if (method := find()) is not None else None

    @property
    def live(self) -> SessionView:
        return self._live

    async def page(self, before: str) -> HistoryPage:
        """The page before a cursor; two who want the same share one request.

        Raises:
            InvalidRequest: The message the cursor names is gone.
        """
        page = self._used.get(before)
        if page is None:
            task = self._reading.get(before)
            if task is None:
                task = self._reading[before] = asyncio.get_running_loop().create_task(
                    self._read(before), name=f"read a page of {self._live.session_id}"
                )
                task.add_done_callback(lambda done: self._finish(before, done))
            page = await asyncio.shield(task)
        self._recent[before] = page
        self._recent.move_to_end(before)
        if len(self._recent) > KEPT_PAGES:
            self._recent.popitem(last=False)
        return page

    def newer(self, before: str) -> str | None:
        """The cursor of the page after the one that `before` gives, where somebody has come that way."""
        return self._newer.get(before)

    def link(self, before: str, older: str) -> None:
        """Take down that the page `before` gives is preceded by the one that `older` gives."""
        self._newer[older] = before

    def take(self, before: str, fallen: dict[MessageID, MessageView], older: str | None) -> None:
        """Messages fell out of the live end: they are the page before it, for whoever reads there.

        Args:
            before: opencode's cursor that gives this page.
            fallen: The messages.
            older: The cursor of the page before it.
        """
        view = self._view()
        view.messages, view.loaded, view.older_cursor = fallen, True, older
        page = self._used[before] = HistoryPage(before, view, older)
        if older is not None:
            self.link(before, older)
        self.index.take(before, fallen.values(), older)
        for reader in list(self.readers):
            reader.take(page)

    def remove(self, message_id: MessageID) -> None:
        """A message is gone; the live view has been told already."""
        self.index.remove(message_id)
        self.texts.remove(message_id)
        self.diffs.clear()
        for page in list(self._used.values()):
            page.view.messages.pop(message_id, None)

    async def refresh(self) -> None:
        """Read every page somebody is in once more: events were missed, and messages may be gone or different."""
        self._recent.clear()
        self.index.mark_stale()
        self.texts.clear()
        self.diffs.clear()
        for before, page in list(self._used.items()):
            try:
                fresh = await self._fetch(self._live.session_id, before)
            except errors.InvalidRequest:
                page.is_gone = True
                continue
            page.view.unload()
            page.view.load(fresh)
            page.view.error = None
            page.older = fresh.cursor
            if fresh.cursor is not None:
                self.link(before, fresh.cursor)

    async def _read(self, before: str) -> HistoryPage:
        page = await self._fetch(self._live.session_id, before)
        view = self._view()
        view.load(page)
        view.error = None
        found = self._used[before] = HistoryPage(before, view, page.cursor)
        if page.cursor is not None:
            self.link(before, page.cursor)
        return found

    def _view(self) -> SessionView:
        view = SessionView(self._live.session_id, self._live.session)
        view.said = self._live.said
        return view

    def _find(self, message_id: MessageID) -> MessageView | None:
        return next((view for page in self._used.values() if (view := page.view.find_message(message_id))), None)

    def _finish(self, before: str, task: asyncio.Task[HistoryPage]) -> None:
        self._reading.pop(before, None)
        if not task.cancelled():
            task.exception()  # whoever waits gets it


class Histories:
    """The histories of a server's sessions; each lives for as long as somebody holds it.

    Args:
        fetch: Reads the page of a session before a cursor.
        fetch_plain: The same, without models.
    """

    def __init__(self, fetch: Fetch, fetch_plain: FetchPlain) -> None:
        self._fetch = fetch
        self._fetch_plain = fetch_plain
        self._held: weakref.WeakValueDictionary[SessionID, History] = weakref.WeakValueDictionary()

    def of(self, live: SessionView) -> History:
        """The history before a live view."""
        history = self.find(live)
        if history is None:
            history = self._held[live.session_id] = History(live, self._fetch, self._fetch_plain)
        return history

    def find(self, live: SessionView) -> History | None:
        """The same, if somebody holds it."""
        history = self._held.get(live.session_id)
        return history if history is not None and history.live is live else None

    def handle_change(self, change: Change) -> None:
        """Take in what the store says has changed."""
        if isinstance(change, MessageRemoved) and (history := self._held.get(change.session_id)) is not None:
            history.remove(change.message_id)

    def held(self) -> list[History]:
        """Those somebody reads."""
        return list(self._held.values())
