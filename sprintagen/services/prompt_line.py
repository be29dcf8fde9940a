"""`PromptLine`: what a person does with prompts that wait: another order, other words, the first of them now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sprintagen.errors import Conflict
from sprintagen.services import prompt_draft, tasks

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.project_files import ProjectFiles
    from sprintagen.services.prompt_delivery import PromptDelivery
    from sprintagen.services.prompt_draft import PromptDraft
    from sprintagen.services.prompt_outbox import PromptOutbox
    from sprintagen.services.prompt_queue import PromptQueue, QueuedPrompt, Waiting
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.sessions import Sessions


class PromptLine:
    """The waiting prompts of one server's sessions.

    Args:
        store: Knows the sessions' directories.
        sessions: Stops a turn.
        files: What a prompt may name.
        queue: Where the prompts stand.
        outbox: Where every change is written down before it counts.
        delivery: Is told that another may be the next.
        entrance: Held while the order changes, and while a new prompt takes its place.
    """

    def __init__(
        self,
        store: SessionStore,
        sessions: Sessions,
        files: ProjectFiles,
        queue: PromptQueue,
        outbox: PromptOutbox,
        delivery: PromptDelivery,
        entrance: asyncio.Lock,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._files = files
        self._queue = queue
        self._outbox = outbox
        self._delivery = delivery
        self._entrance = entrance

    async def move(self, actor: Actor, session_id: SessionID, prompt_id: str, index: int) -> None:
        """Let a waiting prompt stand elsewhere in line.

        Args:
            actor: Who moves it.
            session_id: Whose queue.
            prompt_id: Which.
            index: Its place among the session's prompts that have not gone out, from 0; past the end: the last.

        Raises:
            Conflict: It is on its way.
            NotFound: It is not in the queue.
            DatabaseError: That cannot be written down; the order stays.
        """
        self._still_waiting(session_id, prompt_id)
        await asyncio.shield(tasks.create(self._move(session_id, prompt_id, index), name="move a prompt"))

    async def _move(self, session_id: SessionID, prompt_id: str, index: int) -> None:
        async with self._entrance:
            waiting = self._still_waiting(session_id, prompt_id)
            line = [one for one in self._queue.of(session_id) if one is not waiting]
            is_under_way = [one.prompt.state in ("sending", "sent") for one in line]
            first = len(line) - is_under_way[::-1].index(True) if True in is_under_way else 0
            line.insert(first + max(index, 0), waiting)
            await self._outbox.move_now({one.prompt.id: place for place, one in enumerate(line, 1)})
            for place, one in enumerate(line, 1):
                one.place = place
            self._queue.order(session_id, line)
            self._delivery.wake(session_id)

    async def edit(self, actor: Actor, session_id: SessionID, prompt_id: str, text: str) -> QueuedPrompt:
        """Change what a waiting prompt says; its files stay, and so does what the new text still names.

        Raises:
            InvalidInput: Nothing is left of it.
            TooLarge: It is too long.
            Conflict: It is on its way.
            NotFound: It is not in the queue.
            DatabaseError: That cannot be written down; it stays as it was.
        """
        waiting = self._still_waiting(session_id, prompt_id)
        draft = prompt_draft.rewritten(waiting.prompt.draft, text)
        prompt_draft.check(draft)
        if draft.kind == "command":
            session = self._store.sessions.get(session_id)
            await self._files.check(draft, directory=session.directory if session is not None else None)
        editing = tasks.create(self._edit(session_id, prompt_id, draft), name="edit a prompt")
        return await asyncio.shield(editing)

    async def _edit(self, session_id: SessionID, prompt_id: str, draft: PromptDraft) -> QueuedPrompt:
        waiting = self._still_waiting(session_id, prompt_id)
        prompt, parts = replace(waiting.prompt, draft=draft), prompt_draft.parts(draft)
        waiting.is_leaving = True  # it does not go out as it was
        try:
            await self._outbox.edit_now(prompt, parts)
            self._queue.rewrite(waiting, prompt, parts)
        finally:
            waiting.is_leaving = False
            self._delivery.wake(session_id)
        return self._queue.get(session_id, prompt_id).prompt

    async def send_now(self, actor: Actor, session_id: SessionID, prompt_id: str) -> None:
        """Stop the running turn and let this prompt be the next; the others stay in line behind it.

        Raises:
            Conflict: It is on its way.
            NotFound: It is not in the queue.
            OpencodeError: The turn could not be stopped; the prompt is the next all the same.
            DatabaseError: That cannot be written down; nothing is stopped.
        """
        await self.move(actor, session_id, prompt_id, 0)
        waiting = self._queue.find(session_id, prompt_id)
        if waiting is not None and waiting.prompt.state == "queued":  # else the turn to stop would be its own
            await self._sessions.abort(actor, session_id)

    def _still_waiting(self, session_id: SessionID, prompt_id: str) -> Waiting:
        waiting = self._queue.get(session_id, prompt_id)
        is_first = self._queue.next(session_id) is waiting  # after a restart those behind it never went out
        is_in_doubt = waiting.is_in_doubt and (is_first or waiting.was_tried)
        if waiting.prompt.state != "queued" or is_in_doubt or waiting.is_leaving or waiting.stored:
            raise Conflict("This message is on its way already.", hint="Stop the running turn instead.")
        return waiting
