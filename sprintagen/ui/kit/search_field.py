"""`SearchField`: a field that reports what is typed, at once and then a few times a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable


class SearchField(ui.element, component="search_field.js"):
    """A search field.

    Args:
        name: Placeholder and name.
        on_search: Called with the text; the last one typed always comes.
    """

    def __init__(self, name: str, *, on_search: Callable[[str], None], testid: str = "") -> None:
        super().__init__()
        self._props["name"] = name
        self._props["testid"] = testid
        self.mark(testid)
        self.on("search", lambda event: on_search(event.args if isinstance(event.args, str) else ""))

    def put(self, text: str) -> None:
        """Put a text into the field, without reporting it."""
        self.run_method("put", text)
