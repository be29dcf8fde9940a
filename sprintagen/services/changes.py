"""What changed, in words small enough to redraw by: the values `SessionStore.changed` emits.

A change names what is different and never carries it (`PartAppended` excepted, because text in flight must not be
compared): the reader looks into the `SessionView`. Changes arrive after the view has them, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sprintagen.opencode.ids import MessageID, PartID, SessionID


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A session is new, or its title, directory, cost, ticket or archive mark is different."""

    session_id: SessionID


@dataclass(frozen=True, slots=True)
class SessionRemoved:
    """The session is gone, here or on the server."""

    session_id: SessionID


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message is new or its info is different; its parts have changes of their own."""

    session_id: SessionID
    message_id: MessageID


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    session_id: SessionID
    message_id: MessageID


@dataclass(frozen=True, slots=True)
class PartChanged:
    """A part is new or different as a whole, or what its tool call waits for is."""

    session_id: SessionID
    message_id: MessageID
    part_id: PartID


@dataclass(frozen=True, slots=True)
class PartAppended:
    """Text arrived at the end of a part: `delta` belongs at character `at` of it."""

    session_id: SessionID
    message_id: MessageID
    part_id: PartID
    at: int
    delta: str


@dataclass(frozen=True, slots=True)
class PartRemoved:
    session_id: SessionID
    message_id: MessageID
    part_id: PartID


@dataclass(frozen=True, slots=True)
class AsksChanged:
    """The session, or a subagent's session below it, asks something new or has been answered."""

    session_id: SessionID


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The session's state (idle, working, ...) or its error is different."""

    session_id: SessionID


@dataclass(frozen=True, slots=True)
class TodosChanged:
    session_id: SessionID


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """The prompts waiting for the session are different."""

    session_id: SessionID


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Anything in the session's view may be different: compare, and redraw what is."""

    session_id: SessionID


@dataclass(frozen=True, slots=True)
class FileEdited:
    """A tool changed a file, somewhere; what commands and people change is not announced."""

    path: str
    """As opencode says it: absolute."""


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """`EventFeed.connection` is different."""


@dataclass(frozen=True, slots=True)
class CredentialsChanged:
    """`Credentials.report` is different."""


@dataclass(frozen=True, slots=True)
class DatabaseChanged:
    """`DatabaseWatch.error` is different."""


@dataclass(frozen=True, slots=True)
class DeletionsChanged:
    """`Deletions.pending` is different."""


Change = (
    SessionChanged
    | SessionRemoved
    | MessageChanged
    | MessageRemoved
    | PartChanged
    | PartAppended
    | PartRemoved
    | AsksChanged
    | StatusChanged
    | TodosChanged
    | QueueChanged
    | Reloaded
    | FileEdited
    | ConnectionChanged
    | CredentialsChanged
    | DatabaseChanged
    | DeletionsChanged
)
