"""`Scroller`: the box messages scroll in; sticks to the end unless the reader went up, and holds what they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import MessageID, SessionID

LONGEST = 100_000.0
"""Pixels no message is ever asked to be below the edge."""


@dataclass(frozen=True, slots=True)
class Need:
    """What the browser wants drawn, and what it can do without."""

    older: bool
    newer: bool
    first: str
    """The first message that is to stay; empty: all."""
    last: str


class Scroller(ui.element, component="scroller.js", dependencies=["scroller_holding.js", "scroller_selection.js"]):
    """The scroll box.

    Args:
        session_id: Whose messages; the browser remembers a place for each session.
        on_move: The reader comes near an end of what is drawn, or is far from some of it.
        on_follow: The reader left the end (False) or came back to it (True); the last message they had then.
        on_go: The reader wants a message that is not drawn, so far below the upper edge; None: the end.
    """

    def __init__(
        self,
        session_id: SessionID,
        *,
        on_move: Callable[[Need], object],
        on_follow: Callable[[bool, str], None],
        on_go: Callable[[str | None, float], object],
    ) -> None:
        super().__init__()
        self._ends: tuple[bool, bool, int] | None = None
        self._props["session"] = session_id
        self.on("move", lambda event: on_move(_need(event.args)))
        self.on("follow", lambda event: self._follow(event.args, on_follow))
        self.on("go", lambda event: self._go(event.args, on_go))
        self.mark("message-list")

    def say_ends(self, *, older: bool, newer: bool, fresh: int) -> None:
        """Tell the browser whether there is more in either direction, and how many messages came unseen."""
        ends = (older, newer, fresh)
        is_first, self._ends = self._ends is None, ends
        with self._props.suspend_updates():  # for a remount
            self._props["ends"] = list(ends)
        if not is_first:
            self.run_method("hear", *ends)

    def hide(self) -> None:
        """Show nothing until `place`: what is seen is about to be another part of the session."""
        self.run_method("hide")

    def place(self, message_id: MessageID | None, offset: float) -> None:
        """Scroll to a message that is drawn, so far below the upper edge; None: to the end."""
        self.run_method("place", message_id, offset)

    def _follow(self, args: Any, on_follow: Callable[[bool, str], None]) -> None:
        match args:
            case [bool() as follows, str() as last]:
                on_follow(follows, last)

    def _go(self, args: Any, on_go: Callable[[str | None, float], object]) -> None:
        match args:
            case [str() as message_id, int() | float() as offset]:
                on_go(message_id, max(-LONGEST, min(LONGEST, offset)))
            case None:
                on_go(None, 0)


def _need(args: Any) -> Need:
    given = args if isinstance(args, dict) else {}
    first, last = given.get("first"), given.get("last")
    return Need(
        older=given.get("older") is True,
        newer=given.get("newer") is True,
        first=first if isinstance(first, str) else "",
        last=last if isinstance(last, str) else "",
    )
