"""The parts of a message. A part of a kind we do not know, or cannot read, becomes an `UnknownPart`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from sprintagen.opencode.ids import CallID, MessageID, PartID, SessionID
from sprintagen.opencode.models.base import Amount, WireModel, kind_of, reason
from sprintagen.opencode.models.session import Tokens
from sprintagen.opencode.models.tool import ToolState


class BasePart(WireModel):
    """What every part has."""

    id: PartID
    session_id: SessionID
    message_id: MessageID


class PartTime(WireModel):
    """`end` is missing while a text is still being written."""

    start: datetime | None = None
    end: datetime | None = None


class TextPart(BasePart):
    """Text of either side. While it streams, `text` is empty here and arrives as `PartDelta`s."""

    type: Literal["text"] = "text"
    text: str = ""
    synthetic: bool = False
    """Written by opencode for the model's eyes; not for people."""
    ignored: bool = False
    time: PartTime | None = None
    metadata: dict[str, Any] | None = None


class ReasoningPart(BasePart):
    type: Literal["reasoning"] = "reasoning"
    text: str = ""
    time: PartTime | None = None
    metadata: dict[str, Any] | None = None


class ToolPart(BasePart):
    """One tool call. `tool` becomes `invalid` when the model asked for a tool that does not exist."""

    type: Literal["tool"] = "tool"
    call_id: CallID
    tool: str
    state: ToolState
    metadata: dict[str, Any] | None = None


class FilePart(BasePart):
    type: Literal["file"] = "file"
    mime: str = ""
    filename: str | None = None
    url: str = ""
    """A `data:` or `file:` URL, as the prompt had it."""
    source: dict[str, Any] | None = None


class AgentPart(BasePart):
    """`@agent` in a prompt."""

    type: Literal["agent"] = "agent"
    name: str = ""
    source: dict[str, Any] | None = None


class SubtaskPart(BasePart):
    type: Literal["subtask"] = "subtask"
    prompt: str = ""
    description: str = ""
    agent: str = ""
    model: dict[str, Any] | None = None
    command: str | None = None


class StepStartPart(BasePart):
    type: Literal["step-start"] = "step-start"
    snapshot: str | None = None


class StepFinishPart(BasePart):
    type: Literal["step-finish"] = "step-finish"
    reason: str = ""
    snapshot: str | None = None
    tokens: Tokens | None = None
    cost: Amount = 0


class PatchPart(BasePart):
    """The step changed these files."""

    type: Literal["patch"] = "patch"
    hash: str = ""
    files: list[str] = Field(default_factory=list)


class CompactionPart(BasePart):
    type: Literal["compaction"] = "compaction"
    auto: bool = False
    overflow: bool = False


class RetryTime(WireModel):
    created: datetime


class RetryPart(BasePart):
    type: Literal["retry"] = "retry"
    attempt: int = 0
    error: dict[str, Any] | None = None
    time: RetryTime | None = None


class SnapshotPart(BasePart):
    type: Literal["snapshot"] = "snapshot"
    snapshot: str = ""


class UnknownPart(BasePart):
    """A part to show as "unknown"; what it held is in `model_extra`."""

    type: str = ""
    unreadable: str = ""
    """Why a part of a known type could not be read; empty for an unknown type."""


def _keep_unreadable(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        if not isinstance(value, dict):
            raise
        return UnknownPart.model_validate({**value, "type": str(value.get("type", "")), "unreadable": reason(error)})


_KINDS = frozenset(
    {
        "text",
        "reasoning",
        "tool",
        "file",
        "agent",
        "subtask",
        "step-start",
        "step-finish",
        "patch",
        "compaction",
        "retry",
        "snapshot",
    }
)

Part = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ReasoningPart, Tag("reasoning")]
    | Annotated[ToolPart, Tag("tool")]
    | Annotated[FilePart, Tag("file")]
    | Annotated[AgentPart, Tag("agent")]
    | Annotated[SubtaskPart, Tag("subtask")]
    | Annotated[StepStartPart, Tag("step-start")]
    | Annotated[StepFinishPart, Tag("step-finish")]
    | Annotated[PatchPart, Tag("patch")]
    | Annotated[CompactionPart, Tag("compaction")]
    | Annotated[RetryPart, Tag("retry")]
    | Annotated[SnapshotPart, Tag("snapshot")]
    | Annotated[UnknownPart, Tag("unknown")],
    Discriminator(kind_of("type", _KINDS)),
    WrapValidator(_keep_unreadable),
]
