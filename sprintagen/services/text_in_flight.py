"""`TextInFlight`: what the agent is just saying, written down about once a second.

opencode gives a part's text over HTTP only when the part has ended; until then it is in our memory alone, and after a
crash of opencode nowhere else for good. So it is kept on disk, too: pieces of what has been said since the last time,
all parts in one transaction, nothing for a part that is said within a second. A part's pieces go when opencode has
stored it, or when it or its session is gone. The stream never waits for any of this; a database that refuses makes the
pieces larger and fewer.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sprintagen.db import text_in_flight as table
from sprintagen.errors import DatabaseError
from sprintagen.opencode.ids import MessageID, PartID, SessionID
from sprintagen.services import tasks
from sprintagen.services.changes import (
    Change,
    MessageRemoved,
    PartAppended,
    PartChanged,
    PartRemoved,
    Reloaded,
    SessionRemoved,
)

if TYPE_CHECKING:
    from sprintagen.services.message_view import PartView
    from sprintagen.services.session_store import SessionStore

EVERY = 1.0
"""Seconds between two times of writing while something is said."""
RARELY = 30.0
"""Seconds, at most, between two tries while the database refuses."""
PART_LIMIT = 1_000_000
"""So many characters of a part are kept; what comes after them, opencode has to tell."""
KEPT_PARTS = 200
KEPT_FOR = timedelta(days=30)
"""How many broken off answers are remembered, and how long."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Kept:
    session_id: SessionID
    message_id: MessageID
    written: int = 0
    is_stored: bool = False
    """Whether the database has, or may have, any of it."""


class TextInFlight:
    """The text in flight of one server's sessions.

    Args:
        store: Where it is said.
        every: Seconds between two times of writing.
    """

    def __init__(self, store: SessionStore, *, every: float = EVERY) -> None:
        self.every = every
        self._store = store
        self._parts: dict[PartID, _Kept] = {}
        self._ended: set[PartID] = set()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Give the store what earlier processes heard, and follow it.

        Raises:
            DatabaseError: It cannot be read.
        """
        kept = await table.all_for(self._store.server, parts=KEPT_PARTS, before=datetime.now(UTC) - KEPT_FOR)
        for one in kept:
            session_id, part_id = SessionID(one.session_id), PartID(one.part_id)
            self._store.recall(session_id, part_id, one.text)
            self._parts[part_id] = _Kept(session_id, MessageID(one.message_id), len(one.text), is_stored=True)
        self._store.changed.subscribe(self._handle_change)
        self._writer = tasks.create(self._write_behind(), name="text in flight")

    async def stop(self) -> None:
        """Write what has been said since the last time, if the database takes it."""
        self._store.changed.unsubscribe(self._handle_change)
        if self._writer is None:
            return
        await tasks.end(self._writer)
        self._writer = None
        try:
            await self._write()
        except DatabaseError as error:
            _log.warning("The end of what was being said is not written down: %s", error.message)

    def sessions(self) -> set[SessionID]:
        """Every session of which something is kept."""
        return {kept.session_id for kept in self._parts.values()}

    # -- following ----------------------------------------------------------------------------------------------------

    def _handle_change(self, change: Change) -> None:
        match change:
            case PartAppended():  # most of all changes, and none of our business: the writer looks for itself
                return
            case PartChanged(session_id, message_id, part_id):
                view = self._store.views.get(session_id)
                part = view.find_part(message_id, part_id) if view is not None else None
                if part is not None:
                    self._look_at(session_id, message_id, part_id, part)
            case PartRemoved(_, _, part_id):
                self._end(part_id)
            case MessageRemoved(_, message_id):
                for part_id in [id_ for id_, kept in self._parts.items() if kept.message_id == message_id]:
                    self._end(part_id)
            case SessionRemoved(session_id):
                for part_id in [id_ for id_, kept in self._parts.items() if kept.session_id == session_id]:
                    self._end(part_id)
            case Reloaded(session_id):
                self._look_through(session_id)

    def _look_through(self, session_id: SessionID) -> None:
        view = self._store.views.get(session_id)
        for message_id, message in (*view.messages.items(), *view.reverted.items()) if view is not None else ():
            for part_id, part in message.parts.items():
                self._look_at(session_id, message_id, part_id, part)

    def _look_at(self, session_id: SessionID, message_id: MessageID, part_id: PartID, part: PartView) -> None:
        if part.is_finished:
            self._end(part_id)
        elif part.part.type in ("text", "reasoning"):
            kept = self._parts.setdefault(part_id, _Kept(session_id, message_id))
            if part.length < kept.written:  # said anew
                kept.written = 0
                self._ended.add(part_id)
            self._wake.set()

    def _end(self, part_id: PartID) -> None:
        kept = self._parts.pop(part_id, None)
        if kept is not None and kept.is_stored:
            self._ended.add(part_id)
            self._wake.set()

    # -- writing ------------------------------------------------------------------------------------------------------

    async def _write_behind(self) -> None:
        pause = self.every
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(pause)
            try:
                goes_on = await self._write()
            except DatabaseError as error:
                if pause == self.every:  # said once
                    _log.warning("What the agent is saying is not written down: %s", error.message)
                pause, goes_on = min(pause * 2, RARELY), True
            else:
                pause = self.every
            if goes_on:
                self._wake.set()

    async def _write(self) -> bool:
        """Write what is new; returns whether more is to come."""
        ended, self._ended = self._ended, set()
        now = datetime.now(UTC)
        written: list[tuple[_Kept, int, int]] = []
        pieces: list[table.TextInFlight] = []
        goes_on = False
        for part_id, kept in self._parts.items():
            view = self._store.views.get(kept.session_id)
            part = view.find_part(kept.message_id, part_id) if view is not None else None
            if view is None or part is None:
                continue
            goes_on = goes_on or view.is_active
            text = part.text[kept.written : PART_LIMIT]
            if not text:
                continue
            kept.is_stored = True
            written.append((kept, kept.written, kept.written + len(text)))
            pieces.append(
                table.TextInFlight(
                    server=self._store.server,
                    opencode_session_id=kept.session_id,
                    message_id=kept.message_id,
                    part_id=part_id,
                    at=kept.written,
                    text=_clean(text),
                    said_at=now,
                )
            )
        for kept, _, until in written:  # counts at once: a stop that ends the waiting does not end the writing
            kept.written = until
        if pieces or ended:
            try:
                await table.write(pieces, server=self._store.server, ended=ended)
            except DatabaseError:
                self._ended |= ended
                for kept, at, until in written:
                    if kept.written == until:
                        kept.written = at
                raise
        return goes_on or bool(self._ended)


def _clean(text: str) -> str:
    """The same number of characters, without those no database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
