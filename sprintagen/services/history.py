"""Older messages of a session, page by page: shared by everybody who reads it, and let go of when nobody is near.

A `SessionView` is the live end of a session. What lies before it hardly ever changes, so it is kept apart, in pages
that are read again when somebody comes back to them. A `Reader` is one reader's place: a stretch of messages without
a hole, which may reach to the end or lie anywhere before it.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from sprintagen.opencode import errors
from sprintagen.services.session_view import SessionView

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessagePage
    from sprintagen.services.message_view import MessageView

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
    """

    def __init__(self, live: SessionView, fetch: Fetch) -> None:
        self._live = live
        self._fetch = fetch
        self._used: weakref.WeakValueDictionary[str, HistoryPage] = weakref.WeakValueDictionary()
        self._recent: OrderedDict[str, HistoryPage] = OrderedDict()
        self._newer: dict[str, str] = {}
        self._reading: dict[str, asyncio.Task[HistoryPage]] = {}

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

    def remove(self, message_id: MessageID) -> None:
        """A message is gone; the live view has been told already."""
        for page in list(self._used.values()):
            page.view.messages.pop(message_id, None)

    async def refresh(self) -> None:
        """Read every page somebody is in once more: events were missed, and messages may be gone or different."""
        self._recent.clear()
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
        view = SessionView(self._live.session_id, self._live.session)
        view.said = self._live.said
        view.load(page)
        view.error = None
        found = self._used[before] = HistoryPage(before, view, page.cursor)
        if page.cursor is not None:
            self.link(before, page.cursor)
        return found

    def _finish(self, before: str, task: asyncio.Task[HistoryPage]) -> None:
        self._reading.pop(before, None)
        if not task.cancelled():
            task.exception()  # whoever waits gets it


class Histories:
    """The histories of a server's sessions; each lives for as long as somebody holds it.

    Args:
        fetch: Reads the page of a session before a cursor.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._held: weakref.WeakValueDictionary[SessionID, History] = weakref.WeakValueDictionary()

    def of(self, live: SessionView) -> History:
        """The history before a live view."""
        history = self._held.get(live.session_id)
        if history is None or history.live is not live:
            history = self._held[live.session_id] = History(live, self._fetch)
        return history

    def held(self) -> list[History]:
        """Those somebody reads."""
        return list(self._held.values())


class Reader:
    """One reader's place in a session, at first its end.

    Args:
        history: The session's; the reader keeps it and its live view.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.view = history.live
        self.reaches_end = True
        """Whether the stretch goes on to the live end."""
        self._pages: list[HistoryPage] = []

    @property
    def messages(self) -> dict[MessageID, MessageView]:
        """The stretch, oldest first."""
        if not self._pages:
            return self.view.messages
        stretch: dict[MessageID, MessageView] = {}
        for page in self._pages:
            stretch |= page.view.messages
        return stretch | self.view.messages if self.reaches_end else stretch

    @property
    def pages(self) -> int:
        """How many pages of history are held."""
        return len(self._pages)

    @property
    def has_older(self) -> bool:
        return self._older_cursor is not None

    @property
    def has_newer(self) -> bool:
        return not self.reaches_end

    def view_of(self, message_id: MessageID) -> SessionView:
        """The view a message of the stretch is in."""
        if self.reaches_end and message_id in self.view.messages:
            return self.view
        return next((page.view for page in self._pages if message_id in page.view.messages), self.view)

    async def read_older(self) -> bool:
        """Lengthen the stretch by the page before it; False when there is none, or the reader has gone elsewhere."""
        cursor = self._older_cursor
        if cursor is None:
            return False
        try:
            page = await self.history.page(cursor)
        except errors.InvalidRequest:  # the message the cursor names is gone: begin again
            self.go_to_end()
            return False
        if cursor != self._older_cursor:
            return False
        self._pages.insert(0, page)
        return True

    async def read_newer(self) -> bool:
        """Lengthen the stretch by the page after it, or to the end; False when it reaches there already."""
        if self.reaches_end:
            return False
        last = self._pages[-1].before
        if last == self.view.older_cursor:
            self.reaches_end = True
            return True
        cursor = self.history.newer(last)
        if cursor is None:
            self.go_to_end()
            return True
        try:
            page = await self.history.page(cursor)
        except errors.InvalidRequest:
            self.go_to_end()
            return True
        if self.reaches_end or not self._pages or self._pages[-1].before != last:
            return False
        self._pages.append(page)
        return True

    async def go_to(self, message_id: str) -> bool:
        """Be at a message wherever it lies, page by page towards the beginning; False when it is not there.

        Only the page it is in is kept; a reader whose message is not there stays where they are.
        """
        if message_id in self.messages:
            return True
        if message_id in self.view.messages:
            self.go_to_end()
            return True
        cursor = self.view.older_cursor
        while cursor is not None:
            try:
                page = await self.history.page(cursor)
            except errors.InvalidRequest:
                return False
            if message_id in page.view.messages:
                self._pages, self.reaches_end = [page], False
                return True
            cursor = page.older
        return False

    def go_to_end(self) -> None:
        """Be at the live end."""
        self._pages.clear()
        self.reaches_end = True

    def keep(self, first: MessageID, last: MessageID) -> None:
        """Let go of pages that lie wholly outside these two messages, their neighbours excepted."""
        pages = self._pages
        start = next((n for n, page in enumerate(pages) if first in page.view.messages), len(pages))
        del pages[: max(0, start - 1)]
        if not pages or last in self.view.messages:
            return
        end = next((n for n, page in enumerate(pages) if last in page.view.messages), None)
        if end is not None and end < len(pages) - 1:
            del pages[end + 2 :]
            self.reaches_end = False

    def check(self) -> bool:
        """Whether the stretch still fits the live end, which may have been read anew; if not, the reader is there."""
        if self.view.session is not None:
            for page in self._pages:
                page.view.set_session(self.view.session)
        if any(page.is_gone for page in self._pages):
            self.go_to_end()
            return False
        if self.reaches_end and self._pages and self._pages[-1].before != self.view.older_cursor:
            self.go_to_end()
            return False
        return True

    @property
    def _older_cursor(self) -> str | None:
        if self._pages:
            return self._pages[0].older
        return self.view.older_cursor
