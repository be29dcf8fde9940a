"""`SessionLedger`: what sprintagen keeps beside opencode's own session, in memory and in the database.

Reads are from memory. What other clients do (new sessions, titles, deletions) is written down behind the live state,
by one task, in one go for many sessions, and again later when the database refuses.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sprintagen.db import seen, session_record
from sprintagen.errors import DatabaseError, NotFound
from sprintagen.opencode.ids import SessionID
from sprintagen.services import tasks
from sprintagen.services.changes import (
    Change,
    MessageChanged,
    Reloaded,
    SessionChanged,
    SessionRemoved,
    StatusChanged,
)
from sprintagen.services.session_outcome import UNKNOWN, Outcome, outcome
from sprintagen.services.write_behind import WriteBehind

if TYPE_CHECKING:
    from sprintagen.db.session_record import SessionRecord
    from sprintagen.opencode.models import Session
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_store import SessionStore

Origin = Literal["created", "found"]

AT_A_TIME = 200
"""How many records are made and written in one go."""
_RETRY_AFTER = 2.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of one session."""

    origin: Origin = "found"
    ticket: str | None = None
    archived_at: datetime | None = None
    title: str = ""
    directory: str = ""
    created_at: datetime | None = None
    """When the record was made; what happened before has been seen by whoever made it."""
    outcome: Outcome = UNKNOWN


_NOTHING = Entry()


class SessionLedger:
    """The records of one server's sessions.

    Args:
        store: Whose sessions; deletions and titles made elsewhere are taken from its changes.
        repo_url: The project's repository without credentials, written into new records.
        directory: The project's directory; a session found in another one has another repository or none.
        behind: Takes what was seen, which nobody waits for.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        repo_url: str | None = None,
        directory: str | None = None,
        behind: WriteBehind | None = None,
    ) -> None:
        self._behind = behind or WriteBehind()
        self._store = store
        self._server = store.server
        self._repo_url = repo_url
        self._directory = directory
        self._entries: dict[SessionID, Entry] = {}
        self._seen: dict[tuple[str, SessionID], datetime] = {}
        self._started_at = datetime.now(UTC)
        self._dirty: set[SessionID] = set()
        self._gone: set[SessionID] = set()
        self._settled: set[SessionID] = set()
        """Sessions at rest whose outcome may be another than is written down."""
        self._to_recall: set[SessionID] = set()
        """Sessions that had failed when an earlier process last saw them, and that this one has not seen yet."""
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the records, remove what a crash left half made, and follow the store."""
        dropped = await session_record.drop_pending(self._server)
        if dropped:
            _log.warning("Removed %s session records that were never confirmed", dropped)
        for record in await session_record.all_for(self._server):
            self._take(record)
        self._to_recall = {id_ for id_, entry in self._entries.items() if entry.outcome.failure}
        for (user, session_id), at in (await seen.all_for(self._server)).items():
            self._seen[user, SessionID(session_id)] = at
        self._store.changed.subscribe(self._handle_change)
        self._writer = tasks.create(self._write_behind(), name="session ledger")

    async def stop(self) -> None:
        """Write what is not written yet, and stop following."""
        self._store.changed.unsubscribe(self._handle_change)
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
            self._writer = None
            try:
                await self.flush()
            except DatabaseError as error:
                _log.warning("Session records were not written: %s", error.message)

    # -- reading ------------------------------------------------------------------------------------------------------

    def get(self, session_id: SessionID) -> Entry:
        return self._entries.get(session_id, _NOTHING)

    def recorded(self) -> set[SessionID]:
        """Every session that has a record; those the server no longer has are removed by the next resync."""
        return set(self._entries)

    def seen_at(self, actor: Actor, session_id: SessionID) -> datetime:
        """Up to when the person has seen the session; what happened before it was found or made counts as seen."""
        marked = self._seen.get((actor.name, session_id))
        return marked or self.get(session_id).created_at or self._started_at

    # -- writing ------------------------------------------------------------------------------------------------------

    async def pending(self, actor: Actor, *, title: str, directory: str, ticket: str | None) -> SessionRecord:
        return await session_record.create_pending(
            server=self._server,
            title=title,
            directory=directory,
            repo_url=self._repo_url,
            ticket=ticket,
            created_by=actor.name,
        )

    async def confirm(self, record: SessionRecord, session: Session) -> None:
        await session_record.confirm(
            record,
            opencode_session_id=session.id,
            title=session.title,
            directory=session.directory,
            created_at=_not_before(session),
        )
        self._take(record)
        self._dirty.discard(session.id)

    async def claim(self, actor: Actor, session_id: SessionID, *, ticket: str | None) -> None:
        """The person made a session that was taken for another client's, since the server's answer never came.

        Args:
            actor: The person.
            session_id: The session.
            ticket: What they wanted it to have; one that it was given since stays.

        Raises:
            DatabaseError: It is not written.
        """
        if self.get(session_id).origin == "created":
            return
        await self.flush()
        await session_record.claim(self._server, session_id, created_by=actor.name, ticket=ticket)
        entry = self._entries.get(session_id)
        if entry is not None:
            self._entries[session_id] = replace(entry, origin="created", ticket=entry.ticket or ticket)
            self._store.changed_session(session_id)

    async def drop(self, record: SessionRecord) -> None:
        """Remove a pending record; when that fails the next start does it."""
        try:
            await session_record.drop_pending(self._server, record)
        except DatabaseError as error:
            _log.warning("A pending session record stays until the next start: %s", error.message)

    async def mark(self, session_id: SessionID, *, ticket: str | None, archived_at: datetime | None) -> None:
        """Write both down, or neither; a record that somebody removed meanwhile is made again.

        Raises:
            DatabaseError: They are not written.
            NotFound: The session is gone.
        """
        await self.flush()
        if not await session_record.mark(self._server, session_id, ticket=ticket, archived_at=archived_at):
            self._entries.pop(session_id, None)
            self._dirty.add(session_id)
            await self.flush()
            if not await session_record.mark(self._server, session_id, ticket=ticket, archived_at=archived_at):
                raise NotFound("This session does not exist.", hint="It may have been deleted meanwhile.")
        if session_id in self._entries:
            self._entries[session_id] = replace(self.get(session_id), ticket=ticket, archived_at=archived_at)

    async def mark_seen(self, actor: Actor, session_id: SessionID, at: datetime, was_unread: bool) -> None:
        """Written down only when it makes a difference in a list."""
        self._seen[actor.name, session_id] = at
        if was_unread:
            key = ("seen", actor.name, session_id)
            await self._behind.write(key, lambda: seen.put(actor.name, self._server, session_id, at))

    async def flush(self) -> None:
        """Write down now what changed elsewhere.

        Raises:
            DatabaseError: It could not be written; it stays due.
        """
        async with self._writing:  # two at once could leave the older title
            dirty, self._dirty = self._dirty, set()
            gone, self._gone = self._gone, set()
            settled, self._settled = self._settled, set()
            try:
                await self._write(dirty - gone, gone)
                await self._write_outcomes(settled - gone)
            except BaseException:
                self._dirty |= dirty
                self._gone |= gone
                self._settled |= settled
                raise

    # -- behind -------------------------------------------------------------------------------------------------------

    def _handle_change(self, change: Change) -> None:
        match change:
            case StatusChanged(session_id) | Reloaded(session_id) | MessageChanged(session_id):
                self._look_at(session_id)
            case SessionChanged(session_id):
                self._recall(session_id)
                self._look_at(session_id)
                session = self._store.sessions.get(session_id)
                entry = self._entries.get(session_id)
                if session is not None and (
                    entry is None or (entry.title, entry.directory) != (session.title, session.directory)
                ):
                    self._dirty.add(session_id)
                    self._wake.set()
            case SessionRemoved(session_id):
                if self._entries.pop(session_id, None) is not None:
                    self._gone.add(session_id)
                    self._wake.set()
                self._dirty.discard(session_id)
                self._settled.discard(session_id)
                for key in [key for key in self._seen if key[1] == session_id]:
                    del self._seen[key]

    def _recall(self, session_id: SessionID) -> None:
        """A session is seen for the first time: how it stood when another process last saw it."""
        session = self._store.sessions.get(session_id)
        if session is None or session_id not in self._to_recall:
            return
        self._to_recall.discard(session_id)
        known = self.get(session_id).outcome
        if known.error is not None and known.holds_for(session):
            self._store.recall_failure(session_id, known.error)

    def _look_at(self, session_id: SessionID) -> None:
        view = self._store.views.get(session_id)
        if view is None or view.is_active:
            return
        if view.loaded or view.error is not None or self.get(session_id).outcome.failure:
            self._settled.add(session_id)
            self._wake.set()

    async def _write_behind(self) -> None:
        has_trouble = False
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.flush()
                has_trouble = False
            except DatabaseError as error:
                if not has_trouble:  # said once
                    _log.warning("Session records are not written: %s", error.message)
                has_trouble = True
                await asyncio.sleep(_RETRY_AFTER)
                self._wake.set()

    async def _write(self, dirty: set[SessionID], gone: set[SessionID]) -> None:
        sessions = [self._store.sessions[id_] for id_ in dirty if id_ in self._store.sessions]
        everything_new = [session for session in sessions if session.id not in self._entries]
        for start in range(0, len(everything_new), AT_A_TIME):  # a record costs time to make, and others wait
            new = everything_new[start : start + AT_A_TIME]
            records = [
                session_record.found(
                    server=self._server,
                    opencode_session_id=session.id,
                    title=session.title,
                    directory=session.directory,
                    repo_url=self._repo_of(session.directory),
                    now=_not_before(session),
                )
                for session in new
            ]
            await session_record.add_found(records)
            for record in records:
                session_id = SessionID(record.opencode_session_id or "")
                if session_id not in self._store.sessions:  # deleted while this was written
                    self._gone.add(session_id)
                    self._wake.set()
                elif session_id not in self._entries:
                    self._take(record)
        for session in sessions:
            entry = self.get(session.id)
            if (entry.title, entry.directory) != (session.title, session.directory):
                await session_record.upsert_found(
                    server=self._server,
                    opencode_session_id=session.id,
                    title=session.title,
                    directory=session.directory,
                    repo_url=self._repo_of(session.directory),
                )
                self._entries[session.id] = replace(
                    self.get(session.id), title=session.title, directory=session.directory
                )
        if gone:
            await session_record.remove(self._server, gone)
            await seen.remove(self._server, gone)

    async def _write_outcomes(self, settled: set[SessionID]) -> None:
        for session_id in settled:
            entry, view = self._entries.get(session_id), self._store.views.get(session_id)
            session = self._store.sessions.get(session_id)
            if entry is None or view is None or session is None or view.is_active:
                continue
            now = outcome(view, session, entry.outcome)
            if now != entry.outcome:
                await session_record.put_outcome(self._server, session_id, **asdict(now))
                if session_id in self._entries:
                    self._entries[session_id] = replace(self.get(session_id), outcome=now)

    def _repo_of(self, directory: str) -> str | None:
        """The repository's address, as far as it is known: that of the project."""
        return self._repo_url if directory == self._directory else None

    def _take(self, record: SessionRecord) -> None:
        self._entries[SessionID(record.opencode_session_id or "")] = Entry(
            origin="created" if record.origin == "created" else "found",
            ticket=record.ticket,
            archived_at=record.archived_at,
            title=record.title,
            directory=record.directory,
            created_at=record.created_at,
            outcome=Outcome(record.failure, record.failed_at, record.additions, record.deletions, record.files),
        )


def _not_before(session: Session) -> datetime:
    """Now, or the session's own last update if the server's clock is ahead of ours."""
    return max(datetime.now(UTC), session.time.updated)
