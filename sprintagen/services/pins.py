"""`Pins`: the sessions a person keeps at the top of their list, in memory and in the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sprintagen.db import pin
from sprintagen.opencode.ids import SessionID
from sprintagen.services import tasks
from sprintagen.services.changes import Change, SessionRemoved

if TYPE_CHECKING:
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_access import SessionAccess
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.write_behind import WriteBehind


class Pins:
    """The pins on one server's sessions.

    Args:
        store: Whose sessions; a pin that is set or taken away is told as a change of its session.
        access: For sessions the store does not know yet.
        behind: Forgets the pins of sessions that are gone.
    """

    def __init__(self, store: SessionStore, access: SessionAccess, behind: WriteBehind) -> None:
        self._store = store
        self._access = access
        self._behind = behind
        self._pins: dict[SessionID, dict[str, datetime]] = {}

    async def start(self) -> None:
        """Read them.

        Raises:
            DatabaseError: They cannot be read.
        """
        stored = await pin.all_for(self._store.server)
        for (user, session_id), at in stored.items():
            self._pins.setdefault(SessionID(session_id), {})[user] = at
        self._store.changed.subscribe(self._handle_change)

    def stop(self) -> None:
        """Follow the store no more."""
        self._store.changed.unsubscribe(self._handle_change)

    def pinned_at(self, actor: Actor, session_id: SessionID) -> datetime | None:
        """When the person pinned the session; None: they have not. From memory."""
        return self._pins.get(session_id, {}).get(actor.name)

    def of(self, session_id: SessionID) -> list[tuple[str, datetime]]:
        """Who pinned the session, and when. From memory."""
        return sorted(self._pins.get(session_id, {}).items())

    def all_of(self, actor: Actor) -> list[SessionID]:
        """What the person has pinned, the last pinned first."""
        mine = [(users[actor.name], one) for one, users in self._pins.items() if actor.name in users]
        return [session_id for _, session_id in sorted(mine, reverse=True)]

    async def pin(self, actor: Actor, session_id: SessionID) -> None:
        """Keep a session at the top; one that is there already stays where it is.

        Raises:
            NotFound: There is no such session.
            DatabaseError: It could not be written down.
        """
        await self._access.find(session_id)
        if self.pinned_at(actor, session_id) is not None:
            return
        now = datetime.now(UTC)
        await pin.put(actor.name, self._store.server, session_id, now)
        self._pins.setdefault(session_id, {})[actor.name] = now
        self._store.changed_session(session_id)

    async def unpin(self, actor: Actor, session_id: SessionID) -> None:
        """Let it go to its place again; one that is not pinned is fine.

        Raises:
            NotFound: There is no such session.
            DatabaseError: It could not be written down.
        """
        await self._access.find(session_id)
        if self.pinned_at(actor, session_id) is None:
            return
        await pin.remove(self._store.server, session_id, actor.name)
        self._pins.get(session_id, {}).pop(actor.name, None)
        self._store.changed_session(session_id)

    def _handle_change(self, change: Change) -> None:
        if not isinstance(change, SessionRemoved):
            return
        if self._pins.pop(change.session_id, None):
            session_id = change.session_id
            forgetting = self._behind.write(("pins", session_id), lambda: pin.remove(self._store.server, session_id))
            tasks.create(forgetting, name=f"forget the pins of {session_id}")
