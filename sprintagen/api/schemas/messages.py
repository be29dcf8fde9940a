"""Messages and their parts as the API shows them, and the prompt it takes."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Base64Encoder, BaseModel, EncodedBytes, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from sprintagen.opencode import models
from sprintagen.services.prompt_draft import MENTIONS_COUNT
from sprintagen.services.session_view import MessageView, PartView

MAX_TEXT = 8 * 1024 * 1024
MAX_FILES = 20


class PartOut(BaseModel):
    """One part of a message. Which fields are set depends on `type`; the others are left out."""

    id: str
    type: str
    text: str | None = Field(None, description="While it streams, ` […] ` stands for words that nobody heard.")
    synthetic: bool | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tool: str | None = None
    call_id: str | None = None
    status: str | None = Field(None, description="Of a tool call: pending, running, completed or error.")
    input: dict[str, JsonValue] | None = None
    output: str | None = None
    title: str | None = None
    error: str | None = None
    metadata: dict[str, JsonValue] | None = None
    filename: str | None = None
    mime: str | None = None
    name: str | None = None
    description: str | None = None
    files: list[str] | None = None
    tokens: dict[str, JsonValue] | None = None
    cost: float | None = None
    reason: str | None = None

    @classmethod
    def of(cls, part: models.Part, text: str | None = None) -> Self:
        """`text`, for a part that is still streaming, is what has arrived of it so far."""
        return cls(id=part.id, type=part.type, **_fields(part, text))


def _fields(part: models.Part, text: str | None) -> dict[str, Any]:
    match part:
        case models.TextPart():
            return {"text": part.text if text is None else text, "synthetic": part.synthetic, **_times(part.time)}
        case models.ReasoningPart():
            return {"text": part.text if text is None else text, **_times(part.time)}
        case models.ToolPart():
            return {"tool": part.tool, "call_id": part.call_id, **_tool_state(part.state)}
        case models.FilePart():
            return {"filename": part.filename, "mime": part.mime}
        case models.AgentPart():
            return {"name": part.name}
        case models.SubtaskPart():
            return {"name": part.agent, "description": part.description, "text": part.prompt}
        case models.StepFinishPart():
            tokens = part.tokens.model_dump(mode="json") if part.tokens else None
            return {"reason": part.reason, "tokens": tokens, "cost": part.cost}
        case models.PatchPart():
            return {"files": list(part.files)}
        case _:
            return {}


def _times(time: models.PartTime | None) -> dict[str, Any]:
    return {"started_at": time.start, "ended_at": time.end} if time else {}


def _tool_state(state: models.ToolState) -> dict[str, Any]:
    fields: dict[str, Any] = {"status": state.status, **_times(getattr(state, "time", None))}
    for name in ("input", "output", "title", "error", "metadata"):
        if (value := getattr(state, name, None)) is not None:
            fields[name] = value
    return fields


class MessageOut(BaseModel):
    """One message: what a person sent, or one step of the agent's answer."""

    id: str
    session_id: str
    role: str
    created_at: datetime | None
    completed_at: datetime | None = None
    agent: str | None = None
    provider_id: str | None = None
    model_id: str | None = None
    parent_id: str | None = Field(None, description="Of an answer: the message it answers.")
    cost: float | None = None
    tokens: dict[str, JsonValue] | None = None
    finish: str | None = None
    error: ErrorOut | None = None
    parts: list[PartOut] = Field(default_factory=list)

    @classmethod
    def of(cls, info: models.Message, parts: list[PartOut] | None = None) -> Self:
        common: dict[str, Any] = {
            "id": info.id,
            "session_id": info.session_id,
            "role": info.role,
            "created_at": None if isinstance(info, models.UnknownMessage) else info.time.created,
            "completed_at": None if isinstance(info, models.UnknownMessage) else info.time.completed,
            "parts": parts or [],
        }
        if isinstance(info, models.AssistantMessage):
            common |= {
                "agent": info.agent,
                "provider_id": info.provider_id,
                "model_id": info.model_id,
                "parent_id": info.parent_id,
                "cost": info.cost,
                "tokens": info.tokens.model_dump(mode="json") if info.tokens else None,
                "finish": info.finish,
                "error": ErrorOut.of(info.error) if info.error else None,
            }
        elif isinstance(info, models.UserMessage):
            common["agent"] = info.agent
            if info.model:
                common |= {"provider_id": info.model.provider_id, "model_id": info.model.model_id}
        return cls(**common)

    @classmethod
    def of_view(cls, view: MessageView) -> Self:
        return cls.of(view.info, [_part_of_view(part) for part in view.parts.values()])

    @classmethod
    def of_message(cls, message: models.MessageWithParts) -> Self:
        return cls.of(message.info, [PartOut.of(part) for part in message.parts])


def _part_of_view(view: PartView) -> PartOut:
    streams = isinstance(view.part, models.TextPart | models.ReasoningPart)
    return PartOut.of(view.part, view.text if streams else None)


class ErrorOut(BaseModel):
    """Why an answer failed, in opencode's terms, without the provider's headers, body or address."""

    name: str
    message: str
    status: int | None = None

    @classmethod
    def of(cls, error: models.MessageError) -> Self:
        status = error.data.get("statusCode")
        return cls(
            name=error.name,
            message=str(error.data.get("message", "")).split("\n", 1)[0],  # a stack may follow
            status=status if isinstance(status, int) else None,
        )


class MessageList(BaseModel):
    """Oldest first; `older` is the cursor of the page before, left out at the beginning."""

    messages: list[MessageOut]
    older: str | None = None


class _Base64(Base64Encoder):
    """pydantic's own passes over what is not base64 and decodes the rest."""

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        try:
            return base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error as error:
            raise PydanticCustomError("base64_decode", "This is not base64.") from error


class FileIn(BaseModel, extra="forbid"):
    """An attachment, by value: addresses are not taken, since the server would read them."""

    filename: str = Field(min_length=1, max_length=255)
    mime: str = Field(pattern=r"^[a-zA-Z0-9.+-]+/[a-zA-Z0-9.+-]+$", max_length=127)
    data: Annotated[bytes, EncodedBytes(encoder=_Base64)]


class ModelIn(BaseModel, extra="forbid", protected_namespaces=()):
    provider_id: str = Field(min_length=1, max_length=100)
    model_id: str = Field(min_length=1, max_length=200)
    variant: str | None = Field(None, max_length=100)


class MentionIn(BaseModel, extra="forbid"):
    """What the text names with an `@`: something below the session's directory, or a subagent."""

    kind: Literal["file", "directory", "agent"]
    name: str = Field(min_length=1, max_length=4096, description="A relative path, or the agent's name.")
    start: int = Field(0, ge=0, description="Where the text says so, in characters, the `@` included.")
    end: int = Field(0, ge=0)


class PromptIn(BaseModel, extra="forbid"):
    """What the person says."""

    text: str = Field("", max_length=MAX_TEXT)
    kind: Literal["prompt", "command", "shell"] = Field(
        "prompt",
        description="`command`: the text is `/name arguments`. `shell`: it is `!line`, run without asking anybody.",
    )
    mentions: Annotated[list[MentionIn], Field(max_length=MENTIONS_COUNT)] = []
    model: ModelIn | None = None
    agent: str | None = Field(None, max_length=100)
    files: Annotated[list[FileIn], Field(max_length=MAX_FILES)] = []
    client_key: str | None = Field(
        None, max_length=100, description="Chosen by the caller: the same key again is the same prompt, sent once."
    )

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.text.strip() and not self.files:
            raise ValueError("text: wants some text, or at least one file")
        return self


class PromptOut(BaseModel):
    """A prompt that was taken. `message_id` is what its message is or will be called."""

    id: str
    message_id: str
    state: Literal["queued", "sending", "sent", "failed"]


class AnswerOut(BaseModel):
    """The agent's whole answer to one prompt."""

    message_id: str = Field(description="The prompt's message.")
    messages: list[MessageOut] = Field(description="The answer, one message for each step of the agent.")
    error: ErrorOut | None = Field(None, description="Why the turn failed, or that it was stopped; else left out.")


MessageOut.model_rebuild()
