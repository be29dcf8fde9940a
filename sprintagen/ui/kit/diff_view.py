"""`DiffView`: a unified diff with line numbers, in one column or two; what was added and removed has a sign, too.

Long stretches in which nothing changes are one line, which gives them back.
"""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from sprintagen.ui.kit.code_block import language_of
from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed

DIFF = tuple(
    Path(__file__).parent / name for name in ("code_lines.js", "diff_rows.js", "diff_notes.js", "diff_body.js")
)
"""What draws a diff's rows, for components that have them in a frame of their own."""


class DiffView(
    ui.element,
    component="diff_view.js",
    dependencies=[*DIFF, *PROSE],
):
    """One file's change.

    Args:
        patch: Unified diff; file headers in it are not shown.
        title: Usually the file's path, whose ending says the language.
        added: Lines added, for the bar; 0: not said.
        removed: Lines removed.
        file: The file below the session's directory that its title opens; empty: none.
        line: Where in it.
    """

    def __init__(
        self, patch: str, *, title: str = "", added: int = 0, removed: int = 0, file: str = "", line: int = 0
    ) -> None:
        super().__init__()
        self._props["patch"] = well_formed(patch)
        self._props["title"] = title
        self._props["language"] = language_of(title)
        self._props["added"] = added
        self._props["removed"] = removed
        self._props["file"] = file
        self._props["line"] = line
