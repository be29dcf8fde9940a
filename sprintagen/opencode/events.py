"""The server's events, typed: one frozen model per kind that matters here, `UnknownEvent` for the other kinds.

`parse_event` never raises: an event of a known kind that cannot be read comes out as an `UnknownEvent` with the
reason. `parse_global` takes off the envelope of `/global/event`. `PartDelta` arrives thousands of times a second
while models write, therefore the plain path: one dict look-up, one validation by pydantic's compiled core.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pydantic import Field, ValidationError

from sprintagen.opencode.ids import MessageID, PartID, PermissionID, PtyID, QuestionID, SessionID
from sprintagen.opencode.models.base import WireModel, reason
from sprintagen.opencode.models.message import Message, MessageError
from sprintagen.opencode.models.part import Part
from sprintagen.opencode.models.place import Project
from sprintagen.opencode.models.pty import Pty
from sprintagen.opencode.models.request import PermissionRequest, QuestionRequest
from sprintagen.opencode.models.session import FileDiff, Session, SessionStatus, Todo

if TYPE_CHECKING:
    from collections.abc import Callable


class ServerConnected(WireModel):
    """The first event of every connection."""

    type: Literal["server.connected"] = "server.connected"


class ServerHeartbeat(WireModel):
    """Every ten seconds."""

    type: Literal["server.heartbeat"] = "server.heartbeat"


class SessionCreated(WireModel):
    type: Literal["session.created"] = "session.created"
    session_id: SessionID
    info: Session


class SessionUpdated(WireModel):
    """`info` replaces what was known: an absent field is cleared."""

    type: Literal["session.updated"] = "session.updated"
    session_id: SessionID
    info: Session


class SessionDeleted(WireModel):
    """Children are announced before their parent. A busy session may still send deltas after this."""

    type: Literal["session.deleted"] = "session.deleted"
    session_id: SessionID
    info: Session


class SessionStatusChanged(WireModel):
    type: Literal["session.status"] = "session.status"
    session_id: SessionID
    status: SessionStatus


class SessionIdle(WireModel):
    """The turn has ended; after an error or an abort this comes twice."""

    type: Literal["session.idle"] = "session.idle"
    session_id: SessionID


class SessionErrored(WireModel):
    """A turn failed or was aborted (`error.is_abort`)."""

    type: Literal["session.error"] = "session.error"
    session_id: SessionID | None = None
    error: MessageError = MessageError()


class SessionCompacted(WireModel):
    type: Literal["session.compacted"] = "session.compacted"
    session_id: SessionID


class SessionDiff(WireModel):
    """Empty in 1.18, outside a revert."""

    type: Literal["session.diff"] = "session.diff"
    session_id: SessionID
    diff: list[FileDiff] = Field(default_factory=list)


class MessageUpdated(WireModel):
    """A message is new, or `info` replaces what was known of it."""

    type: Literal["message.updated"] = "message.updated"
    session_id: SessionID
    info: Message


class MessageRemoved(WireModel):
    type: Literal["message.removed"] = "message.removed"
    session_id: SessionID
    message_id: MessageID


class PartUpdated(WireModel):
    """A part is new, or this one replaces what was known of it."""

    type: Literal["message.part.updated"] = "message.part.updated"
    session_id: SessionID
    part: Part
    time: datetime | None = None


class PartRemoved(WireModel):
    type: Literal["message.part.removed"] = "message.part.removed"
    session_id: SessionID
    message_id: MessageID
    part_id: PartID


class PartDelta(WireModel):
    """Append `delta` to `field` (`text`, in 1.18) of the part. The only event that may not be applied twice."""

    type: Literal["message.part.delta"] = "message.part.delta"
    session_id: SessionID
    message_id: MessageID
    part_id: PartID
    field: str = "text"
    delta: str


class PermissionAsked(WireModel):
    type: Literal["permission.asked"] = "permission.asked"
    request: PermissionRequest

    @property
    def session_id(self) -> SessionID:
        return self.request.session_id


class PermissionReplied(WireModel):
    """Answered, by anybody. An abort does not send this."""

    type: Literal["permission.replied"] = "permission.replied"
    session_id: SessionID
    request_id: PermissionID
    reply: str
    """`once`, `always` or `reject`."""


class QuestionAsked(WireModel):
    type: Literal["question.asked"] = "question.asked"
    request: QuestionRequest

    @property
    def session_id(self) -> SessionID:
        return self.request.session_id


class QuestionReplied(WireModel):
    type: Literal["question.replied"] = "question.replied"
    session_id: SessionID
    request_id: QuestionID
    answers: list[list[str]] = Field(default_factory=list)


class QuestionRejected(WireModel):
    type: Literal["question.rejected"] = "question.rejected"
    session_id: SessionID
    request_id: QuestionID


class TodoUpdated(WireModel):
    type: Literal["todo.updated"] = "todo.updated"
    session_id: SessionID
    todos: list[Todo] = Field(default_factory=list)


class FileEdited(WireModel):
    """A tool changed a file; changes made elsewhere are not announced."""

    type: Literal["file.edited"] = "file.edited"
    file: str


class InstanceDisposed(WireModel):
    """A directory's instance ended, and with it its running turns and pending requests; None: all of them did."""

    type: Literal["server.instance.disposed", "global.disposed"] = "server.instance.disposed"
    directory: str | None = None


class ProjectUpdated(WireModel):
    type: Literal["project.updated"] = "project.updated"
    project: Project


class BranchUpdated(WireModel):
    type: Literal["vcs.branch.updated"] = "vcs.branch.updated"
    branch: str | None = None


class CommandExecuted(WireModel):
    type: Literal["command.executed"] = "command.executed"
    session_id: SessionID
    message_id: MessageID
    name: str
    arguments: str = ""


class PtyCreated(WireModel):
    type: Literal["pty.created"] = "pty.created"
    info: Pty


class PtyUpdated(WireModel):
    """Its title is another, or its size, which is not told."""

    type: Literal["pty.updated"] = "pty.updated"
    info: Pty


class PtyExited(WireModel):
    """Its program ended. Nothing else says with which code."""

    type: Literal["pty.exited"] = "pty.exited"
    id: PtyID
    exit_code: int = Field(alias="exitCode")


class PtyDeleted(WireModel):
    type: Literal["pty.deleted"] = "pty.deleted"
    id: PtyID


class UnknownEvent(WireModel):
    """An event of another kind, or one that could not be read."""

    type: str
    properties: dict[str, Any] = Field(default_factory=dict)
    reason: str = ""
    """Why an event of a known kind could not be read, without values; empty for an unknown kind."""


Event = (
    ServerConnected
    | ServerHeartbeat
    | SessionCreated
    | SessionUpdated
    | SessionDeleted
    | SessionStatusChanged
    | SessionIdle
    | SessionErrored
    | SessionCompacted
    | SessionDiff
    | MessageUpdated
    | MessageRemoved
    | PartUpdated
    | PartRemoved
    | PartDelta
    | PermissionAsked
    | PermissionReplied
    | QuestionAsked
    | QuestionReplied
    | QuestionRejected
    | TodoUpdated
    | FileEdited
    | InstanceDisposed
    | ProjectUpdated
    | BranchUpdated
    | CommandExecuted
    | PtyCreated
    | PtyUpdated
    | PtyExited
    | PtyDeleted
    | UnknownEvent
)


class GlobalEvent(NamedTuple):
    """What `parse_global` gives; a plain tuple of two."""

    directory: str | None
    event: Event | None


_PARSERS: Final[dict[str, Callable[[Any], Event]]] = {
    "message.part.delta": PartDelta.__pydantic_validator__.validate_python,
    "message.part.updated": PartUpdated.model_validate,
    "message.part.removed": PartRemoved.model_validate,
    "message.updated": MessageUpdated.model_validate,
    "message.removed": MessageRemoved.model_validate,
    "session.created": SessionCreated.model_validate,
    "session.updated": SessionUpdated.model_validate,
    "session.deleted": SessionDeleted.model_validate,
    "session.status": SessionStatusChanged.model_validate,
    "session.idle": SessionIdle.model_validate,
    "session.error": SessionErrored.model_validate,
    "session.compacted": SessionCompacted.model_validate,
    "session.diff": SessionDiff.model_validate,
    "permission.asked": lambda properties: PermissionAsked(request=PermissionRequest.model_validate(properties)),
    "permission.replied": PermissionReplied.model_validate,
    "question.asked": lambda properties: QuestionAsked(request=QuestionRequest.model_validate(properties)),
    "question.replied": QuestionReplied.model_validate,
    "question.rejected": QuestionRejected.model_validate,
    "todo.updated": TodoUpdated.model_validate,
    "file.edited": FileEdited.model_validate,
    "server.connected": ServerConnected.model_validate,
    "server.heartbeat": ServerHeartbeat.model_validate,
    "server.instance.disposed": InstanceDisposed.model_validate,
    "global.disposed": lambda properties: InstanceDisposed(type="global.disposed"),
    "project.updated": lambda properties: ProjectUpdated(project=Project.model_validate(properties)),
    "vcs.branch.updated": BranchUpdated.model_validate,
    "command.executed": CommandExecuted.model_validate,
    "pty.created": PtyCreated.model_validate,
    "pty.updated": PtyUpdated.model_validate,
    "pty.exited": PtyExited.model_validate,
    "pty.deleted": PtyDeleted.model_validate,
}

KNOWN_TYPES: Final = frozenset(_PARSERS)
"""The wire's names of the kinds that have a model of their own."""


def parse_event(payload: dict[str, Any]) -> Event:
    """The event a payload `{"type": …, "properties": {…}}` describes; see the module for what is never raised."""
    kind = payload.get("type")
    properties = payload.get("properties")
    if not isinstance(properties, dict):
        properties = {}
    parser = _PARSERS.get(kind) if isinstance(kind, str) else None
    if parser is None:
        return _unknown(kind, properties)
    try:
        return parser(properties)
    except ValidationError as error:
        return _unknown(kind, properties, reason(error))


def _unknown(kind: Any, properties: dict[str, Any], reason: str = "") -> UnknownEvent:
    # Not validated: whatever came is kept, and nothing in it may raise.
    return UnknownEvent.model_construct(type=str(kind), properties=properties, reason=reason)


def parse_global(data: Any) -> GlobalEvent:
    """The directory and the event in an envelope of `/global/event`.

    Args:
        data: The decoded frame; a bare payload, as `/event` sends it, is taken as well.

    Returns:
        `(directory, event)`. The directory is None for the server's own events and for those about all of them. The
        event is None for a `sync` double of an event that was sent already, and for data that is no event at all.
    """
    if not isinstance(data, dict):
        return GlobalEvent(None, None)
    directory = data.get("directory")
    payload = data.get("payload", data)
    if not isinstance(payload, dict) or payload.get("type") == "sync" or "type" not in payload:
        return GlobalEvent(None, None)
    return GlobalEvent(
        directory if isinstance(directory, str) and directory != "global" else None, parse_event(payload)
    )


def is_sync_double(data: str) -> bool:
    """Whether a frame of `/global/event` is a `sync` double, told from its text so that it need not be decoded.

    Every durable event is sent twice. The first `"payload":` in the text is the envelope's own, because the strings
    before it (directory, project) cannot hold an unescaped quote.
    """
    at = data.find('"payload":{"type":')
    return at >= 0 and data.startswith('"sync"', at + 18) and data.find('"payload":') == at
