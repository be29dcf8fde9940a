"""What a document says of messages and tool calls, whatever it is written in: names, times, who spoke, what for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sprintagen.opencode.models import (
    AgentPart,
    AssistantMessage,
    CompactionPart,
    FileDiff,
    FilePart,
    RetryPart,
    SubtaskPart,
    TextPart,
    UserMessage,
)
from sprintagen.services.message_view import has_visible_text
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from datetime import datetime

    from sprintagen.opencode.models import Message, Part, Session, ToolPart
    from sprintagen.services.message_view import MessageView, PartView

OUTPUT_LIMIT = 100_000
"""Characters of one tool call's input or output that a document for people holds."""

_TARGETS = ("filePath", "path", "command", "pattern", "url", "description", "query", "name")


def time_words(time: datetime) -> str:
    """`2026-11-27 02:10 UTC`."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def facts(session: Session) -> list[tuple[str, str]]:
    """What stands below a document's title."""
    found = [("Session", session.id), ("Directory", session.directory), ("Begun", time_words(session.time.created))]
    found.append(("Last active", time_words(session.time.updated)))
    if session.model is not None:
        found.append(("Model", f"{session.model.provider_id}/{session.model.id}"))
    if session.cost:
        found.append(("Cost", f"${session.cost:.2f}" if session.cost >= 0.01 else f"${session.cost:.4f}"))
    return found


def is_shown(message: MessageView) -> bool:
    """Whether a message holds anything for people."""
    if isinstance(message.info, AssistantMessage):
        return bool(message.parts) or message.info.error is not None
    return has_visible_text(message) or any(isinstance(view.part, CompactionPart) for view in message.parts.values())


def speaker(info: Message) -> str:
    return {"user": "You", "assistant": "Agent"}.get(info.role, "Message")


def said_when(info: Message) -> str:
    return time_words(info.time.created) if isinstance(info, UserMessage | AssistantMessage) else ""


def text_of(view: PartView) -> str:
    """The text of a part that is for people; empty for one that is not."""
    part = view.part
    if isinstance(part, TextPart) and (part.synthetic or part.ignored):
        return ""
    return view.text.strip("\n")


def note_of(part: Part) -> str:
    """A part that is one soft line, in words; empty for one that is none."""
    match part:
        case CompactionPart():
            return "The conversation was summed up here."
        case RetryPart():
            return f"The provider was asked again (attempt {part.attempt})."
        case AgentPart():
            return f"For @{part.name}"
        case SubtaskPart():
            return f"Task for {part.agent}: {one_line(part.description or part.prompt, 200)}"
        case FilePart():
            return f"Attached: {part.filename or 'a file'} ({part.mime or 'unknown kind'})"
        case _:
            return ""


def trouble_of(info: Message) -> str:
    """How a message failed, in one line; empty when it did not."""
    if not isinstance(info, AssistantMessage) or info.error is None:
        return ""
    return "Stopped." if info.error.is_abort else f"Failed: {one_line(info.error.message or info.error.name, 500)}"


def tool_line(part: ToolPart) -> tuple[str, str]:
    """A tool's name and what it was called on, in one line."""
    given = tool_input(part)
    target = next((given[name] for name in _TARGETS if isinstance(given.get(name), str) and given[name]), "")
    return part.tool, one_line(target, 200)


def tool_input(part: ToolPart) -> dict[str, Any]:
    given = getattr(part.state, "input", None)
    return given if isinstance(given, dict) else {}


def tool_state(part: ToolPart) -> str:
    """`failed` or `not finished`; empty for a call that ended well."""
    return {"completed": "", "error": "failed"}.get(part.state.status, "not finished")


def tool_output(part: ToolPart) -> str:
    """What came of a call; its error, if it failed."""
    output = getattr(part.state, "error", "") or getattr(part.state, "output", "")
    return cut(output if isinstance(output, str) else "")


def tool_diff(part: ToolPart) -> str:
    """What a call changed in a file, as a unified diff; empty for one that changed nothing."""
    metadata = getattr(part.state, "metadata", None)
    diff = metadata.get("diff") if isinstance(metadata, dict) else None
    return cut(diff) if isinstance(diff, str) else ""


def diffs_of(info: Message) -> list[FileDiff]:
    """What the turn of a prompt changed, file by file."""
    return info.diffs if isinstance(info, UserMessage) else []


def cut(text: str) -> str:
    return text if len(text) <= OUTPUT_LIMIT else text[:OUTPUT_LIMIT] + "\n… (cut)"
