"""`Region`: a box that updates alone. NiceGUI re-renders the whole Vue component an updated element lives in; plain
tags all live in the page's one component, so each part that changes by itself gets a boundary of its own."""

from __future__ import annotations

from nicegui import ui


class Region(ui.element, component="region.js"):
    """A box with its own re-rendering.

    Args:
        classes: CSS classes.
        tag: The HTML tag in the browser.
    """

    def __init__(self, classes: str = "", *, tag: str = "div") -> None:
        super().__init__()
        if tag != "div":
            self._props["as"] = tag
        if classes:
            self.classes(classes)
