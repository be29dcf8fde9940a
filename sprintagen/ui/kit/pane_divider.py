"""`PaneDivider`: the draggable line between two panes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable


class PaneDivider(ui.element, component="pane_divider.js"):
    """Sets the width of the pane at its side, as a CSS variable of the page.

    Args:
        name: What it is called.
        variable: The CSS variable, with its dashes.
        width: Pixels to start with.
        initial: Pixels a double click returns to.
        limits: Least and most pixels.
        on_moved: Called with the width when a drag ends.
        side: Whether the pane is the one before it or the one after it.
        testid: `data-testid` in the browser.
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
        side: Literal["before", "after"] = "before",
        testid: str = "splitter",
    ) -> None:
        super().__init__()
        self._props.update(
            {"name": name, "variable": variable, "value": width, "initial": initial, "min": limits[0], "max": limits[1]}
        )
        self._props.update({"after": side == "after", "testid": testid})
        self.on("moved", lambda event: on_moved(max(limits[0], min(limits[1], int(event.args)))))
