"""The ways about in the open session: its timeline, its outline, and the search in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.outline import Outline
from sprintagen.ui.chats.session_search import SearchBar
from sprintagen.ui.chats.timeline import Timeline
from sprintagen.ui.kit.icons import Icon

if TYPE_CHECKING:
    from sprintagen.ui.chats.transcript import Transcript
    from sprintagen.ui.page_context import PageContext

BELOW = 24
"""Pixels below the upper edge at which a message that was gone to begins."""
PAUSE = 0.3
"""Seconds between two updates while the index is read."""


class Navigation:
    """Drawn where we are, beside a transcript.

    Args:
        page: The page it is on.
        transcript: What it moves.
    """

    def __init__(self, page: PageContext, transcript: Transcript) -> None:
        self._view = transcript.view
        self._index = transcript.reader.history.index

        def go(message_id: str | None) -> None:
            transcript.go(message_id, BELOW)

        self._timeline = Timeline(self._index, go=go)
        Outline(self._index, go=go)
        SearchBar(
            self._view,
            page.services.search,
            go=go,
            run=lambda work: page.spawn(page.attempt("search the session", work), "search a session"),
        )
        self._is_due = False
        self._index.watch(self._grow)
        self._index.start()
        self.update()

    def update(self) -> None:
        """The session's turns may be different."""
        self._is_due = False
        if not self._timeline.is_deleted:
            self._timeline.update_turns(is_asking=bool(self._view.asks))

    def _grow(self) -> None:
        """More is known; while it is being read, now and then is often enough."""
        if self._index.is_complete:
            self.update()
        elif not self._is_due and not self._timeline.is_deleted:
            self._is_due = True
            asyncio.get_running_loop().call_later(PAUSE, self.update)


def draw_ways() -> None:
    """The buttons of the chat's header that open the outline and the search."""
    for name, icon, event, kind in (
        ("Outline", "menu", "sprintagen:outline", "outline"),
        ("Search this session", "search", "sprintagen:find", "find"),
    ):
        button = ui.element("button").classes(f"btn btn--quiet chat__way chat__way--{kind}")
        button.props["type"] = "button"
        button.props["aria-label"] = button.props["title"] = name
        button.props["data-testid"] = f"open-{kind}"
        button.on("click", js_handler=f"() => dispatchEvent(new Event('{event}'))")
        with button:
            Icon(icon)
