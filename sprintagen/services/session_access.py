"""`SessionAccess`: the way from a session's id to what opencode says of it, the same for everything done with one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from sprintagen.errors import Conflict, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.services.changes import Change, StatusChanged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessageWithParts, Session
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore

PAGE = 100
"""Messages read in one request."""
STOPPING = 10.0
"""Seconds until a stopped turn must be over."""

T = TypeVar("T")


class SessionAccess:
    """The sessions of one server.

    Args:
        server: Whose.
        store: What is live; learns of sessions found and gone here.
    """

    def __init__(self, server: OpencodeServer, store: SessionStore) -> None:
        self._server = server
        self._store = store

    async def find(self, session_id: SessionID) -> Session:
        """The session; asks the server for one that is not known here yet.

        Raises:
            NotFound: There is no such session.
        """
        session = self._store.sessions.get(session_id)
        if session is None:
            session = await self.guarded(session_id, self._server.client.sessions.get(session_id))
            self._store.put_session(session)
        return session

    async def guarded(self, session_id: SessionID, request: Awaitable[T]) -> T:
        """The answer to a request about a session; when the server knows no such session, nobody here does either."""
        try:
            return await request
        except opencode_errors.NotFound as error:
            self._store.remove(session_id)
            raise NotFound(
                "This session does not exist.", hint="It may have been deleted; choose another from the list."
            ) from error

    def at(self, session_id: SessionID) -> OpencodeClient:
        """The client in the session's directory."""
        session = self._store.sessions.get(session_id)
        return self._server.at(session.directory) if session else self._server.client

    async def find_idle(self, session_id: SessionID) -> Session:
        """The session, if no turn runs in it.

        Raises:
            NotFound: There is no such session.
            Conflict: A turn runs.
        """
        session = await self.find(session_id)
        if self._store.view(session_id).is_active:
            raise Conflict("The agent is working in this session.", hint="Wait until it is done, or stop it first.")
        return session

    async def settle(self, session_id: SessionID) -> None:
        """Wait until it is known here that a turn which was stopped has ended.

        Raises:
            Conflict: It goes on.
        """
        is_idle = asyncio.Event()

        def look(change: Change) -> None:
            if isinstance(change, StatusChanged) and not self._store.view(session_id).is_active:
                is_idle.set()

        self._store.changed.subscribe(look)
        try:
            if not self._store.view(session_id).is_active:
                return
            async with asyncio.timeout(STOPPING):
                await is_idle.wait()
        except TimeoutError as error:
            raise Conflict("The agent could not be stopped.", hint="Stop the running turn and try again.") from error
        finally:
            self._store.changed.unsubscribe(look)

    async def newest_first(self, session_id: SessionID) -> AsyncIterator[MessageWithParts]:
        """All messages of the session from the last to the first, a page in memory at a time."""
        before: str | None = None
        while True:
            request = self.at(session_id).messages.list(session_id, limit=PAGE, before=before)
            page = await self.guarded(session_id, request)
            for message in reversed(page.items):
                yield message
            before = page.cursor
            if before is None:
                return

    async def messages_since(self, session_id: SessionID, message_id: MessageID) -> list[MessageWithParts]:
        """A message and all after it, oldest first.

        Raises:
            NotFound: There is no such session, or no such message in it.
        """
        found: list[MessageWithParts] = []
        async for message in self.newest_first(session_id):
            found.append(message)
            if message.info.id == message_id:
                return found[::-1]
        raise NotFound("This message does not exist.", hint="It may have been undone or deleted.")
