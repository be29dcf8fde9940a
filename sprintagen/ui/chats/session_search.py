"""`SearchBar`: the field that finds words in the open session and brings the messages that have them into view."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.errors import InvalidInput
from sprintagen.services.session_search import words_in
from sprintagen.services.session_texts import KEPT

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from sprintagen.services.session_search import Hit, SessionSearch
    from sprintagen.services.session_view import SessionView

TELL = 0.15
"""Seconds between two words about how far a search has come."""


class SearchBar(ui.element, component="session_search.js", dependencies=["../kit/moments.js"]):
    """The field; opened by `sprintagen:find` and by the browser's own keys for finding.

    Args:
        view: The session.
        search: What finds.
        go: Brings a message to the reader.
        run: Does the searching beside; what goes wrong is told to the person.
    """

    def __init__(
        self,
        view: SessionView,
        search: SessionSearch,
        *,
        go: Callable[[str], object],
        run: Callable[[Coroutine[Any, Any, object]], None],
    ) -> None:
        super().__init__()
        self._view = view
        self._search = search
        self._go = go
        self._run = run
        self._turn = 0
        """Counts the searches, so that one that is over is known as such."""
        self._hits: list[Hit] = []
        self._at = 0
        self._back_to: datetime | None = None
        self._is_done = True
        self._is_kept = True
        self.on("search", lambda event: self._begin(event.args))
        self.on("step", lambda event: self._step(event.args))
        self.on("close", self._close, args=[])
        self.mark("session-search-bar")

    def _begin(self, text: Any) -> None:
        self._forget()
        try:
            words = words_in(text if isinstance(text, str) else "")
        except InvalidInput:
            return  # nothing to look for yet
        self._is_done = False
        self._run(self._look(words, self._turn))

    def _close(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._turn += 1
        self._hits, self._at, self._back_to = [], 0, None
        self._is_done = self._is_kept = True

    async def _look(self, words: tuple[str, ...], turn: int) -> None:
        told = 0.0
        try:
            async with aclosing(self._search.run(self._view, words)) as pieces:
                async for found in pieces:
                    if turn != self._turn or self.is_deleted:
                        return
                    is_first = not self._hits and bool(found.hits)
                    self._hits += found.hits
                    self._back_to = found.back_to
                    self._is_kept = self._is_kept and found.is_kept
                    if is_first:
                        self._show()
                    if is_first or time.monotonic() - told > TELL:
                        told = time.monotonic()
                        self._tell()
                    await asyncio.sleep(0)
        finally:
            if turn == self._turn and not self.is_deleted:
                self._is_done = True
                self._tell()

    def _step(self, by: Any) -> None:
        """To the next older (1) or newer (-1) hit; past the last one of a finished search it begins again."""
        if type(by) is not int or by not in (1, -1) or not self._hits:
            return
        to = self._at + by
        if not 0 <= to < len(self._hits):
            if not self._is_done:
                return
            to %= len(self._hits)
        self._at = to
        self._show()
        self._tell()

    def _show(self) -> None:
        hit = self._hits[self._at]
        self.run_method("here", hit.message_id, [part_id for part_id in hit.part_ids if part_id])
        self._go(hit.message_id)

    def _tell(self) -> None:
        back_to = round(self._back_to.timestamp() * 1000) if self._back_to is not None else None
        limit = None if self._is_kept else f"{KEPT // 1024 // 1024} million"
        self.run_method("tell", len(self._hits), self._at, self._is_done, back_to, limit)
