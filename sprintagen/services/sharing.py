"""`Sharing`: publish a session on opencode's own site, where the server may, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.errors import Conflict
from sprintagen.opencode import errors as opencode_errors

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_access import SessionAccess
    from sprintagen.services.session_store import SessionStore


class Sharing:
    """Shares the sessions of one server.

    Args:
        access: The way to the sessions.
        store: Learns whether a session is shared.
    """

    def __init__(self, access: SessionAccess, store: SessionStore) -> None:
        self._access = access
        self._store = store

    async def is_offered(self, session_id: SessionID) -> bool:
        """Whether the server's configuration allows it, for sessions of this directory.

        Raises:
            OpencodeError: It could not be asked.
        """
        return (await self._access.at(session_id).config.get()).share != "disabled"

    async def share(self, actor: Actor, session_id: SessionID) -> str:
        """Publish the session; returns the address at which everybody can read it, now and as it goes on.

        Raises:
            NotFound: There is no such session.
            Conflict: The server may not share, or cannot reach opencode's site.
        """
        session = await self._access.find(session_id)
        if session.share is not None:
            return session.share.url
        if not await self.is_offered(session_id):
            raise Conflict(
                "Sharing is switched off on this opencode server.",
                hint='Its configuration says `"share": "disabled"`; export the session instead.',
            )
        try:
            request = self._access.at(session_id).sessions.share(session_id)
            session = await self._access.guarded(session_id, request)
        except opencode_errors.ServerFault as error:
            raise Conflict(
                "opencode could not publish this session.",
                hint="It needs a way to opencode's own site; without internet, export the session instead.",
            ) from error
        self._store.put_session(session)
        if session.share is None:
            raise Conflict("opencode did not say where it published this session.", hint="Try again.")
        return session.share.url

    async def unshare(self, actor: Actor, session_id: SessionID) -> None:
        """Take it back; for a session that is not shared this changes nothing.

        Raises:
            NotFound: There is no such session.
            Conflict: opencode's site cannot be reached.
        """
        session = await self._access.find(session_id)
        if session.share is None:
            return
        try:
            request = self._access.at(session_id).sessions.unshare(session_id)
            session = await self._access.guarded(session_id, request)
        except opencode_errors.ServerFault as error:
            raise Conflict(
                "opencode could not take the shared session back.",
                hint="It needs a way to opencode's own site; try again when there is internet.",
            ) from error
        self._store.put_session(session)
