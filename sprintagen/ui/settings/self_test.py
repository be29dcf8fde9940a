"""`SelfTest`: has the browser measure how what we send reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.settings.way_here import Measured

if TYPE_CHECKING:
    from collections.abc import Callable


class SelfTest(ui.element, component="self_test.js"):
    """Shows nothing.

    Args:
        on_measured: Called with what the browser found, each time that `run` was called.
    """

    def __init__(self, on_measured: Callable[[Measured], Any]) -> None:
        super().__init__()

        def measured(event: Any) -> Any:
            found = Measured.of(event.args)
            return on_measured(found) if found is not None else None

        self.on("measured", measured)
        self.on("echo", lambda: self.run_method("echoed"), args=[])

    def run(self) -> None:
        """Measure now."""
        self.run_method("run")
