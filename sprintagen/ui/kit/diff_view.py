"""`DiffView`: a unified diff with line numbers, additions and removals marked by sign as well as by colour."""

from __future__ import annotations

from nicegui import ui

from sprintagen.ui.kit.streaming_markdown import VENDOR, well_formed


class DiffView(
    ui.element,
    component="diff_view.js",
    dependencies=["prose.js", VENDOR / "marked.esm.js", VENDOR / "highlight.min.js"],
):
    """One file's change.

    Args:
        patch: Unified diff; file headers in it are not shown.
        title: Usually the file's path.
    """

    def __init__(self, patch: str, *, title: str = "") -> None:
        super().__init__()
        self._props["patch"] = well_formed(patch)
        self._props["title"] = title
