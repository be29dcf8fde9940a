"""`Reader`: one reader's place in a session, a stretch of its pages without a hole."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sprintagen.opencode import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import MessageID
    from sprintagen.services.history import History, HistoryPage
    from sprintagen.services.message_view import MessageView
    from sprintagen.services.session_view import SessionView

_log = logging.getLogger(__name__)


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
        self.on_shed: Callable[[], None] = lambda: None
        """Called when the live end has become shorter: the stretch is the same, some of it lies in a page now."""
        self._pages: list[HistoryPage] = []
        history.readers.add(self)

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

    def find(self, message_id: MessageID) -> MessageView | None:
        """A message of the stretch."""
        if self.reaches_end and (found := self.view.messages.get(message_id)) is not None:
            return found
        return next((page.view.messages[message_id] for page in self._pages if message_id in page.view.messages), None)

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
        """Be at a message wherever it lies; False when it is not there.

        Only the page it is in is kept; a reader whose message is not there stays where they are.
        """
        if message_id in self.messages:
            return True
        if message_id in self.view.messages:
            self.go_to_end()
            return True
        try:
            before = await self.history.index.find(message_id)
            page = await self.history.page(before) if before is not None else None
        except errors.InvalidRequest:
            return False
        if page is None or message_id not in page.view.messages:
            return False
        self._pages, self.reaches_end = [page], False
        return True

    async def prefetch_older(self) -> None:
        """Have the page before the stretch at hand when the reader comes to it."""
        cursor = self._older_cursor
        if cursor is not None:
            try:
                await self.history.page(cursor)
            except errors.OpencodeError as error:  # whoever really wants it hears of it
                _log.debug("A page was not read ahead: %s", error.message)

    def take(self, page: HistoryPage) -> None:
        """A page fell out of the live end."""
        if self.reaches_end:
            self._pages.append(page)
            self.on_shed()

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
