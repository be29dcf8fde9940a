"""`Moving`: take a session to another directory of its project, such as a worktree or a second clone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.errors import Conflict, InvalidInput
from sprintagen.opencode.errors import RequestRefused

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import Session
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_access import SessionAccess
    from sprintagen.services.session_store import SessionStore


class Moving:
    """Moves the sessions of one server.

    Args:
        server: Knows its projects.
        access: The way to the sessions.
        store: Learns where a session is now.
    """

    def __init__(self, server: OpencodeServer, access: SessionAccess, store: SessionStore) -> None:
        self._server = server
        self._access = access
        self._store = store

    async def destinations(self, actor: Actor, session_id: SessionID) -> list[str]:
        """The directories it could be moved to, in order. opencode moves within a project only (1.18.33): to its
        worktree, its sandboxes, and wherever else it has sessions.

        Raises:
            NotFound: There is no such session.
            OpencodeError: The server could not be asked.
        """
        session = await self._access.find(session_id)
        found = {one.directory for one in self._store.sessions.values() if one.project_id == session.project_id}
        for project in await self._server.client.projects.list():
            if project.id == session.project_id and project.id != "global":
                found |= {project.worktree, *project.sandboxes}
        return sorted(found - {session.directory})

    async def move(self, actor: Actor, session_id: SessionID, directory: str) -> Session:
        """Take the session there; the files stay where they are, and so do the sessions of its subagents.

        Raises:
            NotFound: There is no such session.
            InvalidInput: The directory is none of its `destinations`.
            Conflict: The agent works in it, or the server refuses.
        """
        session = await self._access.find_idle(session_id)
        if directory == session.directory:
            return session
        if directory not in await self.destinations(actor, session_id):
            raise InvalidInput(
                "The session cannot be moved to this directory.",
                hint="Choose a directory of the same project that opencode works in already.",
                field="directory",
            )
        client = self._access.at(session_id)
        try:
            await self._access.guarded(session_id, client.sessions.move(session_id, directory))
        except RequestRefused as error:
            raise Conflict(f"opencode did not move the session: {error.message}", hint=error.hint) from error
        moved = await self._access.guarded(session_id, self._server.at(directory).sessions.get(session_id))
        self._store.put_session(moved)
        return moved
