"""`Scroller`: the box messages scroll in; sticks to the end unless the reader went up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable


class Scroller(ui.element, component="scroller.js"):
    """The scroll box.

    Args:
        on_older: The reader comes near the beginning of what is here.
        on_follow: The reader left the end (False) or came back to it (True).
    """

    def __init__(self, *, on_older: Callable[[], object], on_follow: Callable[[bool], None]) -> None:
        super().__init__()
        self.on("older", lambda _: on_older())
        self.on("follow", lambda event: on_follow(event.args is True))
        self.mark("message-list")
