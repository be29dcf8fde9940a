"""`Timeline`: a slim line of a session's turns beside its transcript, and the keys that go from turn to turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.turn_rows import FEWEST, chosen, marks, rows, turn_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.session_index import SessionIndex, Turn


class Timeline(ui.element, component="timeline.js", dependencies=["../kit/moments.js", "../kit/places.js"]):
    """The line.

    Args:
        index: What lies where.
        go: Brings a message to the reader; None: the end.
    """

    def __init__(self, index: SessionIndex, *, go: Callable[[str | None], object]) -> None:
        super().__init__()
        self._index = index
        self._go = go
        self._turns: list[Turn] = []
        """As the browser has them."""
        self._shown: list[Any] = []
        self.on("need", lambda event: self.run_method("take", *rows(self._turns, event.args)))
        self.on("jump", lambda event: chosen(self._turns, event.args, go))
        self.on("step", lambda event: self._step(event.args))
        self.on("where", lambda event: self._mark(event.args))
        self.mark("timeline")

    def update_turns(self, *, is_asking: bool) -> None:
        """More is known, or something is different."""
        self._turns = self._index.turns()
        count = self._index.count()
        few = len(self._turns) < FEWEST
        shown = [len(self._turns), [] if few else marks(self._turns, count, is_asking=is_asking), count]
        if shown == self._shown:
            return
        is_first, self._shown = not self._shown, shown
        with self._props.suspend_updates():  # for a remount
            self._props["turns"] = shown
        if is_first:
            self.update()
        else:
            self.run_method("put", shown)

    def _mark(self, args: Any) -> None:
        """Where the reader is: the first and the last message in view."""
        match args:
            case [str() as first, str() as last]:
                top, bottom = self._index.place_of(first), self._index.place_of(last)
                if top is not None and bottom is not None:
                    count = max(1, self._index.count())
                    span = [round(1000 * top / count), round(1000 * (bottom + 1) / count)]
                    self.run_method("mark", turn_at(self._turns, top), *span)

    def _step(self, args: Any) -> None:
        """To the turn before or after that of a message, or to the beginning of its own."""
        match args:
            case [-1 | 1 as by, str() as message_id, bool() as is_start] if self._turns:
                place = self._index.place_of(message_id)
                if place is None:
                    return
                number = turn_at(self._turns, place)
                if by == 1 or is_start:
                    number += by
                if number >= len(self._turns):
                    self._go(None)
                else:
                    chosen(self._turns, max(0, number), self._go)
