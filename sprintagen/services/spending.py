"""`Spending`: what the sessions use while we run, and how long people wait for a first word, told to `Metrics`."""

from __future__ import annotations

import time
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sprintagen.services.changes import (
    Change,
    PartAppended,
    QueueChanged,
    SessionChanged,
    SessionRemoved,
)
from sprintagen.services.usage import Spent, spent

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.metrics import Metrics
    from sprintagen.services.prompts import Prompts
    from sprintagen.services.session_store import SessionStore


class Spending:
    """Listens from `start` to `stop`."""

    def __init__(self, store: SessionStore, prompts: Prompts, metrics: Metrics) -> None:
        self._store = store
        self._prompts = prompts
        self._metrics = metrics
        self._since = datetime.now(UTC)
        self._known: dict[SessionID, Spent] = {}
        self._sent: dict[SessionID, float] = {}
        """Since when a session waits for the first word."""

    def start(self) -> None:
        self._since = datetime.now(UTC)
        self._store.changed.subscribe(self._handle_change)

    def stop(self) -> None:
        self._store.changed.unsubscribe(self._handle_change)

    def _handle_change(self, change: Change) -> None:
        match change:
            case PartAppended(session_id):
                if self._sent and (began := self._sent.pop(session_id, None)) is not None:
                    self._metrics.first_word(time.monotonic() - began)
            case SessionChanged(session_id):
                self._count(session_id)
            case QueueChanged(session_id):
                states = {prompt.state for prompt in self._prompts.queue(session_id)}
                if "sending" in states:
                    self._sent.setdefault(session_id, time.monotonic())
                elif "sent" not in states:  # it ended without a word, or never went out
                    self._sent.pop(session_id, None)
            case SessionRemoved(session_id):
                self._known.pop(session_id, None)
                self._sent.pop(session_id, None)

    def _count(self, session_id: SessionID) -> None:
        session = self._store.sessions.get(session_id)
        if session is None:
            return
        now = spent(session.tokens, session.cost)
        before = self._known.get(session_id)
        self._known[session_id] = now
        if before is None:
            if session.time.created < self._since:  # what it used before we ran is not ours to count
                return
            before = Spent()
        for field in fields(Spent):
            more = getattr(now, field.name) - getattr(before, field.name)  # less: a turn was undone
            if more > 0 and field.name == "cost":
                self._metrics.paid(more)
            elif more > 0:
                self._metrics.spent(field.name, more)
