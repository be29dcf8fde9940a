"""`HelpSheet`: every key of the page, from the table of commands."""

from __future__ import annotations

from nicegui import ui

from sprintagen.ui.chats.commands.registry import help_groups


class HelpSheet(ui.element, component="help_sheet.js", dependencies=["../../kit/keys.js"]):
    """A dialog that opens at `sprintagen:help`."""

    def __init__(self) -> None:
        super().__init__()
        self._props["groups"] = help_groups()
        self.mark("help-sheet")
