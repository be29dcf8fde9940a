"""`Outline`: the turns of a session as a list to choose from, of any length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.turn_rows import chosen, rows, turn_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.session_index import SessionIndex, Turn


class Outline(ui.element, component="outline.js", dependencies=["../kit/moments.js"]):
    """The list, in a dialog that opens at `sprintagen:outline`.

    Args:
        index: What there is.
        go: Brings a message to the reader.
    """

    def __init__(self, index: SessionIndex, *, go: Callable[[str], object]) -> None:
        super().__init__()
        self._index = index
        self._turns: list[Turn] = []
        """As they were when the list was opened."""
        self.on("open", lambda event: self._open(event.args))
        self.on("need", lambda event: self.run_method("take", *rows(self._turns, event.args)))
        self.on("pick", lambda event: chosen(self._turns, event.args, go))
        self.mark("outline")

    def _open(self, message_id: object) -> None:
        """Show the turns, at that of a message."""
        self._turns = self._index.turns()
        place = self._index.place_of(message_id) if isinstance(message_id, str) else None
        at = turn_at(self._turns, place) if place is not None else len(self._turns) - 1
        self.run_method("show", len(self._turns), max(0, at), not self._index.is_complete)
