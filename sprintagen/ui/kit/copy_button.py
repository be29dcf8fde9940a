"""`CopyButton`: copies the message it stands in; the browser has the text already."""

from __future__ import annotations

from nicegui import ui

from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed


class CopyButton(
    ui.element,
    component="copy_button.js",
    dependencies=PROSE,
):
    """A button with an icon.

    Args:
        name: What it is called.
        whole: The text to copy, where the browser shows only part of it; it is sent when somebody clicks.
    """

    def __init__(self, name: str, *, whole: str | None = None) -> None:
        super().__init__()
        self._props["name"] = name
        if whole is not None:
            self._props["partial"] = True
            self.on("whole", lambda: self.run_method("put", well_formed(whole)), args=[])
