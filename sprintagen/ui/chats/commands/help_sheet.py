"""`HelpSheet`: every key of the page, from the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.commands.registry import help_groups

if TYPE_CHECKING:
    from collections.abc import Collection

    from sprintagen.ui.theme import Keys


class HelpSheet(ui.element, component="help_sheet.js", dependencies=["../../kit/keys.js"]):
    """A dialog that opens at `sprintagen:help`."""

    def __init__(self) -> None:
        super().__init__()
        self._props["groups"] = help_groups()
        self._props["keys"] = "all"
        self.mark("help-sheet")

    def show(self, *, without: Collection[str], keys: Keys) -> None:
        """The page does not have these commands, and listens to these keys."""
        self._props["keys"] = keys
        groups = help_groups(without, keys)
        if groups != self._props["groups"]:
            self._props["groups"] = groups
