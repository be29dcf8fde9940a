"""`Deletions`: sessions that are deleted in a moment, unless somebody thinks better of it.

A session leaves every list at once and is deleted when its time is up. The wish is in the database before it is
acknowledged: it is carried out though every page is closed and sprintagen starts again meanwhile. Until it is carried
out, anybody can take it back from any page, and then the session is what it was.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sprintagen.db import deletion
from sprintagen.errors import Conflict, NotFound, SprintagenError
from sprintagen.opencode.errors import OpencodeError
from sprintagen.opencode.ids import SessionID
from sprintagen.services import tasks
from sprintagen.services.changes import Change, ConnectionChanged, DeletionsChanged, SessionRemoved
from sprintagen.services.refs import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.sessions import Sessions

GRACE = timedelta(seconds=8)
"""How long a person has to think better of it."""
AGAIN = timedelta(seconds=10)
"""After how long a deletion the server did not carry out is tried again."""
HELD = timedelta(minutes=1)
"""How long a deletion waits that somebody tried to take back while the database did not write that down."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PendingDeletion:
    """A session that is about to be deleted."""

    session_id: SessionID
    title: str
    actor: Actor
    due_at: datetime
    is_running: bool = False
    """It is being deleted just now: too late to take it back."""


class Deletions:
    """The pending deletions of one server's sessions.

    Args:
        store: Whose sessions; its subscribers hear `DeletionsChanged`.
        sessions: Hides and deletes them.
        is_connected: Whether the server can be reached; nothing is deleted while it cannot.
    """

    def __init__(self, store: SessionStore, sessions: Sessions, *, is_connected: Callable[[], bool]) -> None:
        self._store = store
        self._sessions = sessions
        self._is_connected = is_connected
        self._pending: dict[SessionID, PendingDeletion] = {}
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self.grace = GRACE

    async def start(self) -> None:
        """Go on with what was wanted before.

        Raises:
            DatabaseError: It cannot be read.
        """
        for row in await deletion.all_for(self._store.server):
            self._put(PendingDeletion(SessionID(row.opencode_session_id), row.title, Actor(row.actor), row.due_at))
        self._store.changed.subscribe(self._handle_change)
        self._worker = tasks.create(self._work(), name="deletions")

    async def stop(self) -> None:
        """Delete nothing more; what is wanted goes on at the next start."""
        self._store.changed.unsubscribe(self._handle_change)
        await tasks.end(self._worker)
        self._worker = None

    def pending(self) -> list[PendingDeletion]:
        """What is about to be deleted, the first one wanted first."""
        return list(self._pending.values())

    async def delete(self, actor: Actor, session_id: SessionID) -> PendingDeletion:
        """Delete a session when the time to think better of it is over; asking again changes nothing.

        Raises:
            NotFound: There is no such session.
            DatabaseError: The wish could not be written down; the session stays.
        """
        row = await self._sessions.get(actor, session_id)
        if (known := self._pending.get(session_id)) is not None:
            return known
        wanted = PendingDeletion(row.session_id, row.title, actor, datetime.now(UTC) + self.grace)
        # A page that goes away in the middle must not leave half of it.
        await asyncio.shield(tasks.create(self._add(wanted), name=f"write down a deletion of {session_id}"))
        return wanted

    async def cancel(self, actor: Actor, session_id: SessionID) -> None:
        """Think better of it: the session is what it was.

        Raises:
            NotFound: It is not about to be deleted (any more).
            Conflict: It is being deleted just now.
            DatabaseError: That could not be written down; the deletion waits a minute, to try again.
        """
        known = self._pending.get(session_id)
        if known is None:
            raise NotFound("This session is not about to be deleted.", hint="It may be deleted or restored already.")
        if known.is_running:
            raise Conflict("This session is being deleted just now.", hint="It is too late to take that back.")
        self._pending[session_id] = replace(known, due_at=datetime.now(UTC) + HELD)  # not while this is written down
        await asyncio.shield(tasks.create(self._forget(session_id), name=f"take back a deletion of {session_id}"))

    async def _add(self, wanted: PendingDeletion) -> None:
        await deletion.put(
            server=self._store.server,
            opencode_session_id=wanted.session_id,
            actor=wanted.actor.name,
            title=wanted.title,
            due_at=wanted.due_at,
        )
        self._put(wanted)
        self._store.emit(DeletionsChanged())
        self._wake.set()

    async def _forget(self, session_id: SessionID) -> None:
        await deletion.remove(self._store.server, session_id)
        self._drop(session_id)

    def _put(self, wanted: PendingDeletion) -> None:
        self._pending[wanted.session_id] = wanted
        self._sessions.hide(wanted.session_id, hidden=True)

    def _drop(self, session_id: SessionID) -> None:
        if self._pending.pop(session_id, None) is not None:
            self._sessions.hide(session_id, hidden=False)
            self._store.emit(DeletionsChanged())

    # -- the work -----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            now = datetime.now(UTC)
            due = [one for one in self._pending.values() if one.due_at <= now]
            if due and self._is_connected():
                for one in due:
                    await self._carry_out(one.session_id)
                continue
            waiting = [one.due_at - now for one in self._pending.values() if one.due_at > now]
            pause = min(waiting).total_seconds() if waiting and not due else None  # what is due waits for the server
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _carry_out(self, session_id: SessionID) -> None:
        wanted = self._pending.get(session_id)
        if wanted is None or wanted.due_at > datetime.now(UTC):  # somebody thought better of it
            return
        self._pending[session_id] = replace(wanted, is_running=True)
        try:
            if await deletion.is_wanted(self._store.server, session_id):  # else another process took it back, or did it
                with suppress(NotFound):  # gone is what was wanted
                    await self._sessions.delete(wanted.actor, session_id)
            await deletion.remove(self._store.server, session_id)
        except (OpencodeError, SprintagenError) as error:
            _log.warning("The session %s is not deleted yet: %s", session_id, error.message)
            self._pending[session_id] = replace(wanted, due_at=datetime.now(UTC) + AGAIN)
        except BaseException:
            self._pending[session_id] = wanted
            raise
        else:
            self._drop(session_id)

    def _handle_change(self, change: Change) -> None:
        if isinstance(change, ConnectionChanged):
            self._wake.set()
        elif isinstance(change, SessionRemoved):
            known = self._pending.get(change.session_id)
            if known is not None and not known.is_running:  # somebody else deleted it: the rest is to forget the wish
                self._pending[change.session_id] = replace(known, due_at=datetime.now(UTC))
                self._wake.set()
