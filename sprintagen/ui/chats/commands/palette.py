"""`Palette`: finds sessions and commands by a few letters; takes the commands' keys, wherever the person is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.commands.registry import wire

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = dict[str, Any]
"""A row: `id`, what `on_run` is called with; `words`; and what else `palette.js` knows how to show."""
LONGEST = 200
"""Characters of a search."""


class Palette(
    ui.element,
    component="palette.js",
    dependencies=[
        "palette_match.js",
        "../session_states.js",
        "../../kit/keys.js",
        "../../kit/moments.js",
        "../../kit/places.js",
    ],
):
    """The button that opens it, and the palette.

    Args:
        on_run: Called with the id of the command or the row that was chosen.
        on_open: It was opened; `fill` is wanted.
        on_look: Called with what was typed; `take` is wanted.
    """

    def __init__(
        self, *, on_run: Callable[[str], Any], on_open: Callable[[], Any], on_look: Callable[[str], Any]
    ) -> None:
        super().__init__()
        self._props["commands"] = wire()
        self._props["off"] = {}
        self.mark("palette")
        self.on("run", lambda event: on_run(event.args) if isinstance(event.args, str) else None)
        self.on("open", on_open, args=[])
        self.on("look", lambda event: on_look(event.args[:LONGEST]) if isinstance(event.args, str) else None)

    def refuse(self, refusals: dict[str, str]) -> None:
        """These commands cannot be given now; see `Refusal`."""
        if refusals == self._props["off"]:
            return
        with self._props.suspend_updates():  # an update would send the whole table again
            self._props["off"] = refusals
        self.run_method("refuse", refusals)

    def fill(self, *, sessions: list[Entry], asks: list[Entry], choices: list[Entry]) -> None:
        """What there is besides commands: sessions used last, what waits for the person, models and the like."""
        self.run_method("fill", {"sessions": sessions, "asks": asks, "choices": choices})

    def take(self, query: str, sessions: list[Entry]) -> None:
        """The sessions that fit what was typed."""
        self.run_method("take", query, sessions)
