"""`PathList`: files, and lines of them, each of which opens in the side panel with a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nicegui import ui

from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 500
LONGEST = 400


class PathRow(NamedTuple):
    """A file, or with a line the text of that line; without a file only words, which open nothing."""

    text: str
    file: str = ""
    line: int = 0


class PathList(ui.element, component="path_list.js", dependencies=PROSE):
    """The list.

    Args:
        rows: In their order; `MOST` of them are shown.
        title: What was looked for.
        text: What is copied.
    """

    def __init__(self, rows: Sequence[PathRow], *, title: str, text: str) -> None:
        super().__init__()
        shown = rows[:MOST]
        self._props["rows"] = [[well_formed(row.text[:LONGEST]), well_formed(row.file), row.line] for row in shown]
        self._props["left"] = len(rows) - len(shown)
        self._props["title"] = well_formed(title)
        self._props["text"] = well_formed(text)
