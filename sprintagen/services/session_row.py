"""`SessionRow`: one line of the session list, put together from what opencode says and what we keep beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen.opencode.models import PermissionRequest
from sprintagen.services.listing import RowFacts
from sprintagen.services.session_outcome import sizes
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from datetime import datetime

    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import Session
    from sprintagen.services.pins import Pins
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_ledger import Origin, SessionLedger
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.session_view import SessionState

_STAND_IN = re.compile(r"(New|Child) session - \d{4}-\d\d-\d\dT[\d:.]+Z")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One line of the session list."""

    session_id: SessionID
    title: str
    """Empty until it has one: opencode's own stand-in for it, with a time in it, says nothing to anybody."""
    directory: str
    parent_id: SessionID | None
    """Set for a subagent's session."""
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    state: SessionState
    unread: bool
    """Something happened after the person last looked."""
    origin: Origin
    ticket: str | None
    additions: int
    deletions: int
    files: int
    cost: float
    depth: int
    """How many sessions stand above it: 0 but for a subagent's."""
    is_pinned: bool
    """The person who looks keeps it at the top."""
    detail: str
    """For `asking`, `retrying` and `failed`: what it is about, in one line; else empty."""


class SessionRows:
    """Makes the rows, for those that are shown, and the facts that sort all of them.

    Args:
        store: What opencode says.
        ledger: What we keep beside it.
        pins: What people keep at the top.
        home: The directory most sessions are of: the rows of others name theirs.
    """

    def __init__(self, store: SessionStore, ledger: SessionLedger, pins: Pins, *, home: str | None = None) -> None:
        self._store = store
        self._ledger = ledger
        self._pins = pins
        self._home = home
        self.hidden: set[SessionID] = set()
        """Sessions that are in no list."""

    def row(self, actor: Actor, session: Session) -> SessionRow:
        record = self._ledger.get(session.id)
        state = self._store.state(session.id)
        additions, deletions, files = self._sizes(session)
        return SessionRow(
            session_id=session.id,
            title=title_of(session),
            directory=session.directory,
            parent_id=session.parent_id,
            created_at=session.time.created,
            updated_at=self._store.updated_at(session),
            archived_at=self.archived_at(session),
            state=state,
            unread=session.parent_id is None and state in ("idle", "failed") and self.is_unread(actor, session),
            origin=record.origin,
            ticket=record.ticket,
            additions=additions,
            deletions=deletions,
            files=files,
            cost=session.cost,
            depth=len(self._store.ancestors(session.id)),
            is_pinned=self._pins.pinned_at(actor, session.id) is not None,
            detail=self._detail(session.id, state),
        )

    def facts(self, session: Session) -> RowFacts | None:
        """What decides where the session stands in a list; None: in none."""
        if session.id in self.hidden:
            return None
        record = self._ledger.get(session.id)
        above = self._store.ancestors(session.id)[::-1]
        top = self._store.sessions.get(above[0], session) if above else session
        return RowFacts(
            updated=_milliseconds(self._store.updated_at(top)),
            path=(*above, session.id),
            pins=tuple((name, _milliseconds(at)) for name, at in self._pins.of(top.id)),
            directory=session.directory,
            ticket=record.ticket,
            origin=record.origin,
            is_archived=self.archived_at(top) is not None,
            is_recorded=record.created_at is not None,
            is_tall=bool(record.ticket) or self._is_elsewhere(session) or self._has_facts(session),
            text=f"{session.title}\n{record.ticket or ''}\n{session.id}".casefold(),
        )

    def is_recorded(self, session_id: SessionID) -> bool:
        return self._ledger.get(session_id).created_at is not None

    def archived_at(self, session: Session) -> datetime | None:
        """When it was archived, here or by another client."""
        return self._ledger.get(session.id).archived_at or session.time.archived

    def is_unread(self, actor: Actor, session: Session) -> bool:
        """Whether something happened after the person last looked."""
        return self._store.updated_at(session) > self._ledger.seen_at(actor, session.id)

    def _is_elsewhere(self, session: Session) -> bool:
        return bool(self._home) and session.directory != self._home

    def _has_facts(self, session: Session) -> bool:
        """Whether there is a detail to tell, or something it changed."""
        return bool(self._detail(session.id, self._store.state(session.id))) or any(self._sizes(session)[:2])

    def _sizes(self, session: Session) -> tuple[int, int, int]:
        known = self._ledger.get(session.id).outcome
        view = self._store.views.get(session.id)
        if view is not None and view.loaded:  # opencode's own summary is always zero outside a revert
            return sizes(view, known)
        if session.summary is not None and session.summary.files:
            return session.summary.additions, session.summary.deletions, session.summary.files
        return known.additions, known.deletions, known.files

    def _detail(self, session_id: SessionID, state: SessionState) -> str:
        view = self._store.views.get(session_id)
        if view is None:
            return ""
        if state == "asking":
            ask = next(iter(self._store.asks_for(session_id)), None)
            if isinstance(ask, PermissionRequest):
                return one_line(f"{ask.permission}: {', '.join(ask.patterns)}", 160)
            return one_line(ask.questions[0].question, 160) if ask is not None and ask.questions else ""
        if state == "retrying":
            return one_line(view.status.message or "", 160)
        if state == "failed" and view.error is not None:
            return one_line(view.error.message or view.error.name, 160)
        return ""


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def title_of(session: Session) -> str:
    """The title in one line; empty until it has one."""
    return "" if _STAND_IN.fullmatch(session.title) else one_line(session.title, 300)
