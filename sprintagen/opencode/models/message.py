"""Messages: the person's, the assistant's (one per model step), and a message with its parts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Discriminator, Field, Tag, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from sprintagen.opencode.ids import MessageID, SessionID
from sprintagen.opencode.models.base import Amount, WireModel, kind_of, reason
from sprintagen.opencode.models.part import Part
from sprintagen.opencode.models.session import FileDiff, Tokens


class MessageTime(WireModel):
    created: datetime
    completed: datetime | None = None


class ModelRef(WireModel):
    """A model as messages and prompts name it."""

    provider_id: str
    model_id: str
    variant: str | None = None


class MessageError(WireModel):
    """Why a turn failed: `APIError`, `ProviderAuthError`, `MessageAbortedError`, `ContextOverflowError`, …"""

    name: str = "UnknownError"
    data: dict[str, Any] = Field(default_factory=dict)
    """As the server sent it. For `APIError` it has the provider's address and headers: not for people."""

    @property
    def message(self) -> str:
        """The provider's or opencode's own sentence; empty if there is none."""
        text = self.data.get("message")
        return text if isinstance(text, str) else ""

    @property
    def status_code(self) -> int | None:
        """The HTTP status of the provider's answer, if there was one."""
        status = self.data.get("statusCode")
        return status if isinstance(status, int) else None

    @property
    def is_abort(self) -> bool:
        """Whether somebody stopped the turn, which is no failure."""
        return self.name == "MessageAbortedError"


class UserMessage(WireModel):
    role: Literal["user"] = "user"
    id: MessageID
    session_id: SessionID
    time: MessageTime
    agent: str | None = None
    model: ModelRef | None = None
    system: str | None = None
    summary: dict[str, Any] | None = None
    """`diffs` in it, sent again when the turn has ended; see `diffs`."""

    @property
    def diffs(self) -> list[FileDiff]:
        """The files the turn changed; what names no file is left out, and an odd value counts as none."""
        items = (self.summary or {}).get("diffs")
        found = (FileDiff.of(item) for item in items) if isinstance(items, list) else ()
        return [diff for diff in found if diff is not None]


class AssistantMessage(WireModel):
    """One step of the model. A turn is several of them with the same `parent_id`."""

    role: Literal["assistant"] = "assistant"
    id: MessageID
    session_id: SessionID
    parent_id: MessageID | None = None
    """The user message this answers."""
    time: MessageTime
    model_id: str = ""
    provider_id: str = ""
    mode: str = ""
    agent: str = ""
    path: dict[str, Any] | None = None
    cost: Amount = 0
    tokens: Tokens | None = None
    finish: str | None = None
    """`stop`, `tool-calls`, `length`, …; none while it runs and after an abort."""
    error: MessageError | None = None
    summary: bool | None = None
    """True for the summary a compaction wrote."""
    variant: str | None = None


class UnknownMessage(WireModel):
    """A message of a role we do not know, or one we could not read; the rest is in `model_extra`."""

    role: str = ""
    id: MessageID
    session_id: SessionID
    unreadable: str = ""
    """Why a message of a known role could not be read; empty for an unknown role."""


def _keep_unreadable(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        if not isinstance(value, dict):
            raise
        return UnknownMessage.model_validate({**value, "role": str(value.get("role", "")), "unreadable": reason(error)})


Message = Annotated[
    Annotated[UserMessage, Tag("user")]
    | Annotated[AssistantMessage, Tag("assistant")]
    | Annotated[UnknownMessage, Tag("unknown")],
    Discriminator(kind_of("role", frozenset({"user", "assistant"}))),
    WrapValidator(_keep_unreadable),
]


class MessageWithParts(WireModel):
    info: Message
    parts: list[Part] = Field(default_factory=list)


class MessagePage(WireModel):
    """Messages in ascending order of time, and the way to the page before them."""

    items: list[MessageWithParts]
    cursor: str | None = None
    """For `before=` of the next older page; none when these are the oldest."""


class PlainPage(NamedTuple):
    """The same as it came, without models."""

    items: list[dict[str, Any]]
    cursor: str | None
