"""`Forking`: another session that begins as a copy of this one's beginning."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sprintagen.errors import DatabaseError, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode import ids
from sprintagen.opencode.models import UserMessage
from sprintagen.services import tasks
from sprintagen.services.reverting import said

if TYPE_CHECKING:
    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import Session
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_access import SessionAccess
    from sprintagen.services.session_ledger import SessionLedger
    from sprintagen.services.session_store import SessionStore

ORIGIN = "forkedFrom"
"""The name in a session's metadata under which it is written where a fork came from; opencode itself forgets it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fork:
    """A session that was made."""

    session_id: SessionID
    text: str
    """The prompt it was made before, to be said differently; empty when it begins after an answer."""


class Forking:
    """Makes forks of the sessions of one server.

    Args:
        access: The way to the sessions.
        store: Learns of the new session.
        ledger: Writes down that it was made here.
    """

    def __init__(self, access: SessionAccess, store: SessionStore, ledger: SessionLedger) -> None:
        self._access = access
        self._store = store
        self._ledger = ledger

    async def fork(self, actor: Actor, session_id: SessionID, message_id: MessageID | None = None) -> Fork:
        """A copy of the session's beginning. Files are not copied: both sessions work in the same directory.

        Args:
            actor: Who wants it.
            session_id: Of which session.
            message_id: A prompt: everything before it. A message of the agent: everything up to the end of its turn.
                None: everything that is not undone.

        Raises:
            NotFound: There is no such session, or no such message in it.
            OpencodeError: The server did not make it.
        """
        session = await self._access.find(session_id)
        before, text = session.revert.message_id if session.revert is not None else None, ""
        if message_id is not None:
            before, text = await self._place(session_id, message_id, before)
        # A page that goes away in the middle must not leave a fork nobody knows the origin of.
        making = tasks.create(self._fork(actor, session_id, before), name=f"fork {session_id}")
        made = await asyncio.shield(making)
        return Fork(made.id, text)

    async def _place(
        self, session_id: SessionID, message_id: MessageID, point: MessageID | None
    ) -> tuple[MessageID | None, str]:
        """Before which message the copy ends, and what that message says if it is the one that was named."""
        following = point
        is_undone = point is not None
        async for message in self._access.newest_first(session_id):
            is_prompt = isinstance(message.info, UserMessage)
            if message.info.id == message_id and not is_undone:
                return (message_id, said(message.parts)) if is_prompt else (following, "")
            if message.info.id == point:
                is_undone = False
            elif is_prompt and not is_undone:
                following = message.info.id
        raise NotFound("This message does not exist.", hint="It may have been undone or deleted.")

    async def _fork(self, actor: Actor, session_id: SessionID, before: MessageID | None) -> Session:
        client = self._access.at(session_id)
        made = await self._access.guarded(session_id, client.sessions.fork(session_id, message_id=before))
        metadata: dict[str, Any] = {**(made.metadata or {}), ORIGIN: session_id}
        try:
            made = await client.sessions.update(made.id, metadata=metadata)
        except opencode_errors.OpencodeError as error:  # the fork is there, and worth more than its origin
            _log.warning("Where the fork %s came from could not be written down: %s", made.id, error.message)
        try:
            record = await self._ledger.pending(actor, title=made.title, directory=made.directory, ticket=None)
            await self._ledger.confirm(record, made)
        except DatabaseError as error:
            _log.warning("That the fork %s was made here could not be written down: %s", made.id, error.message)
        self._store.put_session(made)
        self._store.changed_session(made.id)  # it may have been found first; now it has been created here
        return made


def origin_of(session: Session | None) -> SessionID | None:
    """The session a fork was made of; None for one that is no fork, or not one of ours."""
    origin = session.metadata.get(ORIGIN) if session is not None and session.metadata else None
    try:
        return ids.session_id(origin) if isinstance(origin, str) else None
    except opencode_errors.InvalidID:
        return None
