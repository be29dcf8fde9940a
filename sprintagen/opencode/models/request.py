"""What a turn may wait for: a permission, or the answer to a question."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sprintagen.opencode.ids import CallID, MessageID, PermissionID, QuestionID, SessionID
from sprintagen.opencode.models.base import WireModel

PermissionReply = Literal["once", "always", "reject"]


class ToolRef(WireModel):
    """The tool call a request belongs to."""

    message_id: MessageID
    call_id: CallID


class PermissionRequest(WireModel):
    """The agent wants to do something and waits, without a time limit."""

    id: PermissionID
    session_id: SessionID
    permission: str
    """`bash`, `edit`, `external_directory`, `read`, `doom_loop`, …"""
    patterns: list[str] = Field(default_factory=list)
    """What exactly: the commands, the paths."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    always: list[str] = Field(default_factory=list)
    """The patterns that "always" would allow, for the whole directory until the server restarts."""
    tool: ToolRef | None = None


class QuestionOption(WireModel):
    label: str
    description: str = ""


class Question(WireModel):
    question: str
    header: str = ""
    options: list[QuestionOption] = Field(default_factory=list)
    multiple: bool = False
    custom: bool = True
    """Whether an answer of the person's own words is taken."""


class QuestionRequest(WireModel):
    """The agent asks; it waits until every question is answered or the request is rejected."""

    id: QuestionID
    session_id: SessionID
    questions: list[Question] = Field(default_factory=list)
    tool: ToolRef | None = None
