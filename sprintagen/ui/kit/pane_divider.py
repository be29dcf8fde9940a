"""`PaneDivider`: the draggable line between two panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable


class PaneDivider(ui.element, component="pane_divider.js"):
    """Sets the width of the pane before it, as a CSS variable of the page.

    Args:
        name: What it is called.
        variable: The CSS variable, with its dashes.
        width: Pixels to start with.
        initial: Pixels a double click returns to.
        limits: Least and most pixels.
        on_moved: Called with the width when a drag ends.
    """

    def __init__(
        self,
        name: str,
        *,
        variable: str,
        width: int,
        initial: int,
        limits: tuple[int, int],
        on_moved: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._props.update(
            {"name": name, "variable": variable, "value": width, "initial": initial, "min": limits[0], "max": limits[1]}
        )
        self.on("moved", lambda event: on_moved(max(limits[0], min(limits[1], int(event.args)))))
