"""Tool calls: which are open, and what to show for one: opencode's four states told apart by what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sprintagen.opencode.models import ToolPart, UserMessage

if TYPE_CHECKING:
    from sprintagen.opencode.ids import MessageID, PartID
    from sprintagen.opencode.models import ToolState
    from sprintagen.services.message_view import MessageView

ToolDisplayState = Literal["pending", "running", "waiting", "done", "failed", "denied", "interrupted"]

_DENIED = ("rejected permission", "dismissed this question", "prevents you from using this specific tool")
_INTERRUPTED = ("Tool execution aborted", "Task cancelled")
_END = 400
"""Where bash says that it was aborted: so many characters from the end of its output."""


def display_state(state: ToolState, *, is_asked: bool, is_active: bool) -> ToolDisplayState:
    """The state to show.

    Args:
        state: As opencode has it.
        is_asked: Whether a permission or a question of this call waits for an answer.
        is_active: Whether the session's turn is running; a call that is open without one is dead.
    """
    if state.status == "completed":
        end = getattr(state, "output", "")[-_END:]
        return "interrupted" if "<shell_metadata>" in end and "User aborted" in end else "done"
    if state.status == "error":
        reason = getattr(state, "error", "")
        if reason.startswith(_INTERRUPTED) or (getattr(state, "metadata", None) or {}).get("interrupted"):
            return "interrupted"
        return "denied" if any(words in reason for words in _DENIED) else "failed"
    if is_asked:
        return "waiting"
    if not is_active:
        return "interrupted"
    return "pending" if state.status == "pending" else "running"


def find_tool(messages: dict[MessageID, MessageView], part_id: PartID) -> ToolPart | None:
    """The tool call with this id; None for a part that is none or is not among the messages."""
    for message in reversed(messages.values()):
        view = message.parts.get(part_id)
        if view is not None:
            return view.part if isinstance(view.part, ToolPart) else None
    return None


def open_tools(messages: dict[MessageID, MessageView]) -> list[tuple[MessageView, PartID]]:
    """Tool calls that are not finished; they can only be in the last messages of a turn."""
    found: list[tuple[MessageView, PartID]] = []
    for message in reversed(messages.values()):
        if isinstance(message.info, UserMessage):
            break
        for part_id, view in message.parts.items():
            if isinstance(view.part, ToolPart) and not view.is_finished:
                found.append((message, part_id))
    return found
