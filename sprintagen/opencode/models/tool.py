"""The states a tool call goes through: pending, running (often), then completed or error."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from sprintagen.opencode.models.base import WireModel, kind_of


class ToolTime(WireModel):
    start: datetime
    end: datetime | None = None
    compacted: datetime | None = None


class ToolPending(WireModel):
    """Announced; opencode 1.18 does not stream the arguments, so `input` is empty."""

    status: Literal["pending"] = "pending"
    input: dict[str, Any] = Field(default_factory=dict)
    raw: str = ""


class ToolRunning(WireModel):
    """At work. `metadata` grows with each update; for bash `metadata["output"]` is cumulative."""

    status: Literal["running"] = "running"
    input: dict[str, Any] = Field(default_factory=dict)
    title: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    time: ToolTime | None = None


class ToolCompleted(WireModel):
    """Ended by itself; a shell command with a non-zero exit is completed, too (`metadata["exit"]`)."""

    status: Literal["completed"] = "completed"
    input: dict[str, Any] = Field(default_factory=dict)
    output: str = ""
    title: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    time: ToolTime | None = None
    attachments: list[dict[str, Any]] = Field(default_factory=list)


class ToolError(WireModel):
    """Failed, was aborted, or a person said no; only `error` tells which."""

    status: Literal["error"] = "error"
    input: dict[str, Any] = Field(default_factory=dict)
    error: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    time: ToolTime | None = None


class ToolUnknown(WireModel):
    """A state this version does not know, or one it could not read; everything in it is in `model_extra`."""

    status: str = ""


def _keep_unreadable(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        if not isinstance(value, dict):
            raise
        return ToolUnknown.model_validate({**value, "status": str(value.get("status", ""))})


ToolState = Annotated[
    Annotated[ToolPending, Tag("pending")]
    | Annotated[ToolRunning, Tag("running")]
    | Annotated[ToolCompleted, Tag("completed")]
    | Annotated[ToolError, Tag("error")]
    | Annotated[ToolUnknown, Tag("unknown")],
    Discriminator(kind_of("status", frozenset({"pending", "running", "completed", "error"}))),
    WrapValidator(_keep_unreadable),
]
