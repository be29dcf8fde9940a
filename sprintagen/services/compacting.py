"""`Compacting`: have the model sum up a session, so that it goes on with the summary instead of all that was said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sprintagen.errors import Conflict
from sprintagen.opencode.models import AssistantMessage, ModelRef, UserMessage
from sprintagen.services import tasks

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import Session
    from sprintagen.services.prompts import Prompts
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_access import SessionAccess


class Compacting:
    """Compacts the sessions of one server.

    Args:
        access: The way to the sessions.
        prompts: What waits there goes first.
    """

    def __init__(self, access: SessionAccess, prompts: Prompts) -> None:
        self._access = access
        self._prompts = prompts
        self._running: dict[SessionID, asyncio.Task[None]] = {}

    async def compact(self, actor: Actor, session_id: SessionID) -> None:
        """Returns when the summary is written, which takes a model's turn; whoever waits may leave, it goes on.

        Raises:
            NotFound: There is no such session.
            Conflict: A turn runs, messages wait, or there is nothing to sum up.
            OpencodeError: The server did not do it.
        """
        running = self._running.get(session_id)
        if running is not None:
            raise Conflict("This session is being compacted already.")
        session = await self._access.find_idle(session_id)
        if session.revert is not None:
            raise Conflict(
                "Messages are undone in this session.",
                hint="Bring them back, or send a message, before.",
            )
        self._refuse_waiting(session_id)
        model = await self._model(session)
        self._refuse_waiting(session_id)  # something else may have been faster while the model was looked up
        if session_id in self._running:
            raise Conflict("This session is being compacted already.")
        request = self._access.at(session_id).sessions.summarize(session_id, model)
        task = tasks.create(self._access.guarded(session_id, request), name=f"compact {session_id}")
        self._running[session_id] = task
        task.add_done_callback(lambda _: self._running.pop(session_id, None))
        await asyncio.shield(task)

    def _refuse_waiting(self, session_id: SessionID) -> None:
        if any(prompt.state in ("queued", "sending") for prompt in self._prompts.queue(session_id)):
            raise Conflict("Messages are waiting to be sent in this session.", hint="Wait until they are answered.")

    async def _model(self, session: Session) -> ModelRef:
        """The session's own, or the one its newest message names."""
        async for message in self._access.newest_first(session.id):
            info = message.info
            if session.model is not None:
                return ModelRef(provider_id=session.model.provider_id, model_id=session.model.id)
            if isinstance(info, UserMessage) and info.model is not None:
                return info.model
            if isinstance(info, AssistantMessage) and info.model_id:
                return ModelRef(provider_id=info.provider_id, model_id=info.model_id)
        raise Conflict("There is nothing to compact yet.", hint="Nothing has been said in this session.")
