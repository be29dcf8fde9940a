"""`Terminal`: a command and what it printed, with its colours, growing while the command runs."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import send_pieces, utf16_length, well_formed


class Terminal(
    ui.element,
    component="terminal.js",
    dependencies=["ansi.js", *PROSE],
):
    """A command and its output.

    Args:
        command: As it was typed.
        output: What it printed so far, escape sequences and all.
        title: Shown in the bar.
        live: The command still runs.
    """

    def __init__(self, command: str, output: str = "", *, title: str = "", live: bool = False) -> None:
        super().__init__()
        self._props["command"] = well_formed(command)
        self._props["text"] = well_formed(output)
        self._props["title"] = title
        self._props["live"] = live
        self.on("gap", lambda event: self._send_from(event.args))

    def set_output(self, output: str, *, live: bool) -> None:
        """What it has printed now; what was only added to is sent alone."""
        before, after = self._props["text"], well_formed(output)
        if live == self._props["live"] and after.startswith(before):
            with self._props.suspend_updates():
                self._props["text"] = after
            if after != before:
                send_pieces(self.client, [(self.id, utf16_length(before), after[len(before) :])])
            return
        self._props["text"], self._props["live"] = after, live
        self.update()

    def _send_from(self, at: Any) -> None:
        """The browser is behind: send what follows its `at` UTF-16 units."""
        if isinstance(at, int):
            units = self._props["text"].encode("utf-16-le")[2 * max(at, 0) :]
            send_pieces(self.client, [(self.id, max(at, 0), units.decode("utf-16-le", "replace"))])
