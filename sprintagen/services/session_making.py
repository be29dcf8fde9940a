"""`SessionMaking`: a new session, here and on the server or on neither, and one only however often it is asked for."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen.opencode import errors as opencode_errors
from sprintagen.services import tasks

if TYPE_CHECKING:
    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.models import Session
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_ledger import SessionLedger
    from sprintagen.services.session_store import SessionStore

BEGUN = "begunWith"
"""The name in a session's metadata of the key it was made with: it is there as soon as the session is."""
RECENT = 50
"""So many of the last sessions are looked through for one that a process before this one made."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The session somebody wants."""

    title: str | None
    directory: str | None
    ticket: str | None
    key: str | None
    """The same key again means the same session."""
    is_repeat: bool
    """It was wanted before, and whoever did may have had no answer."""


class SessionMaking:
    """Makes the sessions of one server.

    Args:
        store: Learns of them.
        ledger: Writes them down.
    """

    def __init__(self, store: SessionStore, ledger: SessionLedger) -> None:
        self._store = store
        self._ledger = ledger
        self._running: dict[tuple[str, str], asyncio.Task[Session]] = {}

    async def make(self, actor: Actor, client: OpencodeClient, wanted: Wanted) -> Session:
        """The session; a page that goes away in the middle leaves no half of it.

        Raises:
            OpencodeError: The server did not make it.
            DatabaseError: It could not be written down; the server's session is deleted again.
        """
        place = (actor.name, wanted.key) if wanted.key is not None else None
        making = self._running.get(place) if place is not None else None
        if making is None:
            making = tasks.create(self._make(actor, client, wanted), name="create session")
            if place is not None:
                self._running[place] = making
                making.add_done_callback(lambda _: self._running.pop(place, None))
        return await asyncio.shield(making)

    async def _make(self, actor: Actor, client: OpencodeClient, wanted: Wanted) -> Session:
        mark = {BEGUN: f"{actor.name} {wanted.key}"} if wanted.key is not None else None
        if mark is not None and (made := await self._made(client, mark, is_repeat=wanted.is_repeat)) is not None:
            if made.id not in self._store.sessions:
                self._store.put_session(made)
            await self._ledger.claim(actor, made.id, ticket=wanted.ticket)
            return made
        record = await self._ledger.pending(
            actor, title=wanted.title or "", directory=wanted.directory or "", ticket=wanted.ticket
        )
        try:
            session = await client.sessions.create(title=wanted.title, metadata=mark)
        except BaseException:
            await self._ledger.drop(record)
            raise
        try:
            await self._ledger.confirm(record, session)
        except BaseException:
            await _delete_again(client, session)
            self._store.remove(session.id)
            await self._ledger.drop(record)
            raise
        self._store.put_session(session)
        self._store.changed_session(session.id)  # it may have been found first; now it has been created here
        return session

    async def _made(self, client: OpencodeClient, mark: dict[str, str], *, is_repeat: bool) -> Session | None:
        """The session that was made with this mark and is still there; a fork has its origin's mark and is later."""
        known = [*self._store.sessions.values(), *(await client.sessions.list(limit=RECENT) if is_repeat else ())]
        found = [one for one in known if one.metadata and mark.items() <= one.metadata.items()]
        found = [one for one in found if not self._store.is_deleted(one.id) and one.id not in self._store.going]
        return min(found, key=lambda one: one.time.created, default=None)


async def _delete_again(client: OpencodeClient, session: Session) -> None:
    for pause in (0.2, 1.0, 3.0):
        try:
            await client.sessions.delete(session.id)
        except opencode_errors.NotFound:
            return
        except opencode_errors.OpencodeError as error:
            _log.warning("Session %s could not be deleted again: %s", session.id, error.message)
            await asyncio.sleep(pause)
        else:
            return
