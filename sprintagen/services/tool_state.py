"""Tool calls: which are open, and what to show for one: opencode's four states told apart by what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sprintagen.opencode.models import AssistantMessage, ToolPart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.opencode.ids import MessageID, PartID
    from sprintagen.opencode.models import PermissionRequest, QuestionRequest, ToolState
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


def tool_display_state(
    messages: dict[MessageID, MessageView],
    part_id: PartID,
    asks: Iterable[PermissionRequest | QuestionRequest],
    *,
    is_active: bool,
) -> ToolDisplayState:
    """What to show for a tool call of a session; `failed` for a part that is none or is not among the messages.

    Args:
        messages: The session's, in order.
        part_id: Which call.
        asks: What the session waits for.
        is_active: Whether a turn is running there.
    """
    part = find_tool(messages, part_id)
    if part is None:
        return "failed"
    is_asked = any(ask.tool is not None and ask.tool.call_id == part.call_id for ask in asks)
    is_finished = part.state.status in ("completed", "error")
    is_alive = is_active and not is_finished and any(id_ == part_id for _, id_ in open_tools(messages))
    return display_state(part.state, is_asked=is_asked, is_active=is_alive)


def find_tool(messages: dict[MessageID, MessageView], part_id: PartID) -> ToolPart | None:
    """The tool call with this id; None for a part that is none or is not among the messages."""
    for message in reversed(messages.values()):
        view = message.parts.get(part_id)
        if view is not None:
            return view.part if isinstance(view.part, ToolPart) else None
    return None


def open_tools(messages: dict[MessageID, MessageView]) -> list[tuple[MessageView, PartID]]:
    """Tool calls of the newest turn that are not finished; those of an earlier turn are dead, whatever runs now."""
    turn: MessageID | None = None
    found: list[tuple[MessageView, PartID]] = []
    found_turn = False
    for message in reversed(messages.values()):
        if not isinstance(message.info, AssistantMessage):
            continue  # a prompt may have come before the turn it waits for has ended
        if found_turn and message.info.parent_id != turn:
            break
        found_turn, turn = True, message.info.parent_id
        for part_id, view in message.parts.items():
            if isinstance(view.part, ToolPart) and not view.is_finished:
                found.append((message, part_id))
    return found
