"""`Toasts`: short news that goes by itself, and the live region for screen readers."""

from __future__ import annotations

from nicegui import ui


class Toasts(ui.element, component="toasts.js"):
    """One per page."""

    def error(self, message: str, hint: str = "") -> None:
        """Say that something did not work, and what to do."""
        self.run_method("show", "error", message, hint)

    def done(self, message: str) -> None:
        """Say that something the person asked for is done, where nothing else shows it."""
        self.run_method("show", "done", message, "")

    def say(self, words: str) -> None:
        """Tell assistive technology only."""
        self.run_method("say", words)
