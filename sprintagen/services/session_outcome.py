"""`Outcome`: how a session's last turn failed and what its turns changed, small enough to be kept beside its record.

opencode tells neither with a session: both are read from its messages, which nobody reads again only to draw a list.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sprintagen.opencode.models import MessageError, UserMessage

if TYPE_CHECKING:
    from datetime import datetime

    from sprintagen.opencode.models import Session
    from sprintagen.services.session_view import SessionView

MESSAGE_LIMIT = 2000
MOST = 2**31 - 1
"""What a column takes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of one session."""

    failure: str = ""
    """The error of the last turn as JSON, without what is not for people; empty when it did not fail."""
    failed_at: datetime | None = None
    """When the session was last updated by then: one that was updated since has done something else."""
    additions: int = 0
    deletions: int = 0
    files: int = 0

    @property
    def error(self) -> MessageError | None:
        return MessageError.model_validate(json.loads(self.failure)) if self.failure else None

    def holds_for(self, session: Session) -> bool:
        """Whether the failure is still the last that happened there."""
        return self.failed_at is not None and session.time.updated <= self.failed_at


UNKNOWN: Final = Outcome()


def outcome(view: SessionView, session: Session, known: Outcome) -> Outcome:
    """What a view says now; its sizes only when its messages are there, otherwise those that are known."""
    additions, deletions, files = sizes(view, known)
    if view.error is None:
        return Outcome("", None, additions, deletions, files)
    return Outcome(_short(view.error), session.time.updated, additions, deletions, files)


def sizes(view: SessionView, known: Outcome) -> tuple[int, int, int]:
    """Lines added and removed by the turns of a session, and how many files they changed, as far as they were read.

    Args:
        view: What is in memory of it.
        known: What was made out before; of a session whose beginning is not in memory this counts on.
    """
    before = (known.additions, known.deletions, known.files)
    if not view.loaded:
        return before
    session = view.session
    point = session.revert.message_id if session is not None and session.revert is not None else None
    diffs = view.fallen.diffs(point)
    for message in view.messages.values():
        if isinstance(message.info, UserMessage):
            diffs += message.info.diffs
    additions, deletions = sum(diff.additions for diff in diffs), sum(diff.deletions for diff in diffs)
    now = (min(additions, MOST), min(deletions, MOST), len({diff.file for diff in diffs}))
    if view.older_cursor is None or point is not None:
        return now
    return max(now[0], before[0]), max(now[1], before[1]), max(now[2], before[2])


def _short(error: MessageError) -> str:
    data = {
        name: error.data[name] for name in ("statusCode", "providerID") if isinstance(error.data.get(name), int | str)
    }
    return json.dumps({"name": error.name, "data": {"message": error.message[:MESSAGE_LIMIT], **data}})
