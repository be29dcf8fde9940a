"""Sessions: the list, one session's life, and what it is doing.

Routes with a session id work in that session's directory, whatever the client's is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sprintagen.opencode.ids import MessageID, PartID, SessionID, message_id, part_id, session_id
from sprintagen.opencode.models.base import epoch_ms
from sprintagen.opencode.models.session import FileDiff, Session, SessionModel, SessionStatus, Todo
from sprintagen.opencode.resources.base import Resource, given, many, mapping, one
from sprintagen.opencode.transport import quoted_directory

if TYPE_CHECKING:
    import builtins
    from datetime import datetime

    from sprintagen.opencode.models.message import ModelRef

PAGE: Final = 500
BLOCKING: Final = 600.0
"""Seconds for a request that answers only when the model has."""


class Sessions(Resource):
    """`client.sessions`."""

    async def list(
        self,
        *,
        directory: str | None = None,
        limit: int | None = None,
        search: str | None = None,
        roots: bool | None = None,
        start: datetime | None = None,
    ) -> builtins.list[Session]:
        """Sessions, last updated first, archived ones included.

        Args:
            directory: Exactly this directory's; None: all of the project the client's directory belongs to.
            limit: None is the server's own, 100. There is no next page: see `list_all`.
            search: Part of the title, in any case.
            roots: Only those that no other session started.
            start: Updated at this time or later.
        """
        data = await self._get(
            "session",
            query={
                "directory": quoted_directory(directory) if directory is not None else None,
                "limit": limit,
                "search": search,
                "roots": roots,
                "start": epoch_ms(start) if start else None,
            },
        )
        return many(Session, data)

    async def list_all(self) -> builtins.list[Session]:
        """Every session of every project and directory, archived ones included; as many requests as it takes."""
        found: dict[SessionID, Session] = {}
        cursor: int | None = None
        is_exact = False
        while True:
            answer = await self._call(
                "GET", "experimental", "session", query={"limit": PAGE, "archived": True, "cursor": cursor}
            )
            before = len(found)
            found.update((session.id, session) for session in many(Session, answer.data))
            is_new = len(found) > before
            following = answer.headers.get("x-next-cursor", "")
            if not following.isdecimal() or (is_exact and not is_new):
                return list(found.values())
            # The cursor is a time, and the server goes on strictly before it. Others of that same millisecond may be
            # missing yet, so the next page starts one later, unless the last one was nothing but such an overlap.
            is_exact = not is_new
            cursor = int(following) + (0 if is_exact else 1)

    async def get(self, id: SessionID) -> Session:
        """Raises NotFound for one that does not exist (any more)."""
        return one(Session, await self._get("session", session_id(id)))

    async def create(
        self,
        *,
        title: str | None = None,
        parent_id: SessionID | None = None,
        agent: str | None = None,
        model: SessionModel | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Session:
        """A new session in the client's directory. Without a title the server finds one after the first prompt."""
        body = given(
            title=title,
            parentID=session_id(parent_id) if parent_id is not None else None,
            agent=agent,
            model=given(id=model.id, providerID=model.provider_id, variant=model.variant) if model else None,
            metadata=metadata,
        )
        return one(Session, await self._post("session", body=body))

    async def update(
        self,
        id: SessionID,
        *,
        title: str | None = None,
        archived: datetime | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Session:
        """Rename, archive, note; 1.18 cannot take an archived session back. None of it counts as an update in the list.

        Args:
            id: Which session.
            title: None: as it is.
            archived: Since when.
            metadata: In place of all there was; forks take it over.
        """
        body = given(title=title, time={"archived": epoch_ms(archived)} if archived else None, metadata=metadata)
        return one(Session, (await self._call("PATCH", "session", session_id(id), body=body)).data)

    async def delete(self, id: SessionID) -> None:
        """Delete it and its children. Abort first: a running turn would go on without its session."""
        await self._call("DELETE", "session", session_id(id))

    async def abort(self, id: SessionID) -> None:
        """Stop the turn; returns when it has stopped. Idle and unknown sessions are fine.

        Pending permissions stay pending: reject them as well. Prompts sent meanwhile stay unanswered.
        """
        await self._post("session", session_id(id), "abort")

    async def children(self, id: SessionID) -> builtins.list[Session]:
        """The sessions its task tool started."""
        return many(Session, await self._get("session", session_id(id), "children"))

    async def todo(self, id: SessionID) -> builtins.list[Todo]:
        return many(Todo, await self._get("session", session_id(id), "todo"))

    async def diff(self, id: SessionID, *, message_id: MessageID | None = None) -> builtins.list[FileDiff]:
        """What one turn changed, by the id of its user message. Without one, 1.18 always answers with nothing."""
        query = {"messageID": _message_id(message_id) if message_id is not None else None}
        return many(FileDiff, await self._get("session", session_id(id), "diff", query={**query}))

    async def statuses(self) -> dict[SessionID, SessionStatus]:
        """What the sessions of the client's directory are doing. One that is missing is idle."""
        data = mapping(await self._get("session", "status"))
        return {SessionID(id): one(SessionStatus, status) for id, status in data.items()}

    async def fork(self, id: SessionID, *, message_id: MessageID | None = None) -> Session:
        """A copy with the messages before this one; None: with all."""
        body = given(messageID=_message_id(message_id) if message_id is not None else None)
        return one(Session, await self._post("session", session_id(id), "fork", body=body))

    async def revert(self, id: SessionID, message_id: MessageID, *, part_id: PartID | None = None) -> Session:
        """Put the files back to before this message. The messages go with the next prompt, not yet. Busy: 409."""
        body = given(messageID=_message_id(message_id), partID=_part_id(part_id) if part_id is not None else None)
        return one(Session, await self._post("session", session_id(id), "revert", body=body))

    async def unrevert(self, id: SessionID) -> Session:
        return one(Session, await self._post("session", session_id(id), "unrevert"))

    async def summarize(self, id: SessionID, model: ModelRef, *, timeout: float = BLOCKING) -> None:
        """Compact the conversation; returns when the model has written the summary."""
        body = {"providerID": model.provider_id, "modelID": model.model_id}
        await self._call("POST", "session", session_id(id), "summarize", body=body, timeout=timeout)

    async def move(self, id: SessionID, directory: str) -> None:
        """Take it to another directory of its project. Says so only as `session.next.moved`, and no file goes along.

        Raises:
            InvalidRequest: The directory belongs to another project, or there is none.
        """
        body = {"sessionID": session_id(id), "destination": {"directory": directory}}
        await self._call("POST", "experimental", "control-plane", "move-session", body=body)

    async def share(self, id: SessionID) -> Session:
        """Publish it on opencode's own site; `share.url` is where. Everybody with that address can read it."""
        return one(Session, await self._post("session", session_id(id), "share"))

    async def unshare(self, id: SessionID) -> Session:
        return one(Session, (await self._call("DELETE", "session", session_id(id), "share")).data)


_message_id = message_id
_part_id = part_id
