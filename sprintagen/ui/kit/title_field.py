"""`TitleField`: a heading that is changed where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable


class TitleField(ui.element, component="title_field.js"):
    """The heading.

    Args:
        text: What it says; empty: nothing yet.
        stand_in: What stands there meanwhile.
        name: What the field is called.
        on_rename: Called with another text, never with an empty one. What it says changes with `text` only.
    """

    def __init__(self, text: str, *, stand_in: str, name: str, on_rename: Callable[[str], Any]) -> None:
        super().__init__()
        self._props["text"] = text
        self._props["stand-in"] = stand_in
        self._props["name"] = name

        def rename(event: Any) -> Any:
            return on_rename(event.args) if isinstance(event.args, str) and event.args.strip() else None

        self.on("rename", rename)

    def edit(self) -> None:
        """Begin to change it, as a double click does."""
        self.run_method("edit")
