"""`MessageTools`: the buttons at a message, by the names `TurnActions` knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable

MessageAct = Literal["edit", "undo", "fork", "regenerate"]

PROMPT: tuple[dict[str, str], ...] = (
    {"value": "edit", "label": "Edit and send again", "icon": "edit"},
    {"value": "undo", "label": "Undo from here", "icon": "undo"},
    {"value": "fork", "label": "Fork before this message", "icon": "branch"},
)
"""What can be done with a person's message."""
ANSWER: tuple[dict[str, str], ...] = (
    {"value": "regenerate", "label": "Ask again", "icon": "refresh"},
    {"value": "fork", "label": "Fork after this answer", "icon": "branch"},
)
"""What can be done with the end of a turn."""


class MessageTools(
    ui.element, component="message_tools.js", dependencies=[Path(__file__).parents[1] / "kit" / "places.js"]
):
    """The buttons of one message.

    Args:
        acts: Which.
        on_act: Called with the value of one of them, and with no other.
    """

    def __init__(self, acts: tuple[dict[str, str], ...], on_act: Callable[[MessageAct], Any]) -> None:
        super().__init__()
        self._props["acts"] = list(acts)
        self.mark("message-tools")
        known: dict[object, MessageAct] = {act["value"]: act["value"] for act in acts}  # type: ignore[misc]

        def act(event: Any) -> Any:
            return on_act(known[event.args]) if isinstance(event.args, str) and event.args in known else None

        self.on("act", act)
