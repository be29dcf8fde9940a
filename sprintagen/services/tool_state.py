"""What to show for a tool call: opencode's four states told apart by what they mean to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolState

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
