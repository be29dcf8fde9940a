"""`Prompts`: the queue between a person who sends and an agent that works, one answer for each prompt.

opencode answers prompts that arrive during a turn all together, once. So each session's prompts wait here, in order;
the next one goes out when the session is idle, and it leaves the queue when its turn has ended. A turn that failed or
was stopped does not hold up the next prompt, nor does stopping a turn take the waiting ones away. A prompt is stored
before `send` returns, and goes on after a restart. `prompt_draft.py` is what is sent, `prompt_queue.py` who waits
where, `prompt_line.py` what a person does with those, `prompt_outbox.py` how that is written down,
`prompt_delivery.py` how one gets there.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sprintagen.errors import Conflict, DatabaseError, NotFound, SprintagenError
from sprintagen.opencode.ids import new_message_id
from sprintagen.services import prompt_draft, tasks, turn
from sprintagen.services.changes import (
    Change,
    ConnectionChanged,
    CredentialsChanged,
    DatabaseChanged,
    DeletionsChanged,
    FileEdited,
    PartAppended,
    SessionRemoved,
)
from sprintagen.services.prompt_delivery import Patience, PromptDelivery
from sprintagen.services.prompt_draft import PromptDraft, PromptFile, PromptMention
from sprintagen.services.prompt_line import PromptLine
from sprintagen.services.prompt_outbox import TAKEN_OUT, PromptOutbox
from sprintagen.services.prompt_queue import PromptQueue, PromptState, QueuedPrompt, Waiting

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessageError, MessageWithParts
    from sprintagen.services.project_files import ProjectFiles
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.sessions import Sessions

__all__ = [
    "Patience",
    "PromptAnswer",
    "PromptDraft",
    "PromptFile",
    "PromptMention",
    "PromptState",
    "Prompts",
    "QueuedPrompt",
    "TookTooLong",
]

QUEUE_LIMIT = 50
ADOPT_EVERY = 15.0
"""Seconds between two looks for prompts of a sprintagen beside this one that has died."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What came of a prompt."""

    message_id: MessageID
    """Of the prompt."""
    messages: list[MessageWithParts]
    """The assistant's messages, one per step."""
    error: MessageError | None
    """Why the turn failed, an abort included."""


class TookTooLong(SprintagenError):
    """Whoever waited for an answer has waited long enough."""

    code = "timed_out"
    status = 504


class Prompts:
    """The prompt queues of one server's sessions.

    Args:
        server: Whose.
        store: Where the events show up.
        sessions: For sessions the store does not know yet.
        files: What a prompt may name.
        is_connected: Whether the event stream is up; nothing is sent while it is not.
        patience: How long to wait for what.
    """

    def __init__(
        self,
        server: OpencodeServer,
        store: SessionStore,
        sessions: Sessions,
        files: ProjectFiles,
        *,
        is_connected: Callable[[], bool],
        patience: Patience | None = None,
    ) -> None:
        self._server = server
        self._store = store
        self._sessions = sessions
        self._files = files
        self._outbox = PromptOutbox(store.server)
        self._queue = PromptQueue(store, self._outbox)
        self._delivery = PromptDelivery(
            server, store, self._queue, is_connected=is_connected, patience=patience or Patience()
        )
        self._adopting: asyncio.Task[None] | None = None
        self._entrance = asyncio.Lock()
        """One at a time, so that prompts are stored in the order they came."""
        self.line = PromptLine(store, sessions, files, self._queue, self._outbox, self._delivery, self._entrance)
        """What a person does with those that wait."""
        self._workers: dict[SessionID, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Go on with what earlier processes left.

        Raises:
            DatabaseError: It cannot be read.
        """
        stored = await self._outbox.start()
        self._store.changed.subscribe(self._handle_change)
        for one in stored:
            if one.has_ended:
                self._queue.remember(one.waiting, actor=one.actor, key=one.key)
            else:
                self._queue.put(one.waiting, actor=one.actor, key=one.key)
        if waiting := sum(not one.has_ended for one in stored):
            _log.info("Going on with %s prompts from before the start", waiting)
        for session_id in self._queue.sessions():
            self._work(session_id)
        self._adopting = tasks.create(self._adopt(), name="prompts of the dead")

    async def stop(self) -> None:
        """Stop sending. What has no answer yet goes on at the next start."""
        self._store.changed.unsubscribe(self._handle_change)
        await tasks.end(self._adopting)
        async with self._entrance:  # what is being stored just now is taken
            await tasks.end(*self._workers.values())
            await self._outbox.stop()

    def sessions(self) -> set[SessionID]:
        """Every session in which a prompt waits."""
        return self._queue.sessions()

    @property
    def is_sending(self) -> bool:
        """Whether a prompt is on its way whose turn may not have begun yet."""
        return self._queue.is_sending

    def states(self) -> Counter[PromptState]:
        """How many prompts have no answer yet, by state, in all sessions."""
        return self._queue.states()

    # -- for the person -----------------------------------------------------------------------------------------------

    async def send(
        self, actor: Actor, session_id: SessionID, draft: PromptDraft, *, client_key: str | None = None
    ) -> QueuedPrompt:
        """Put a prompt into the session's queue; it goes out when those before it are answered.

        Args:
            actor: Who sends.
            session_id: Where to.
            draft: What.
            client_key: A key of the caller's own: the same key again means the same prompt, not a second one.

        Raises:
            InvalidInput: It is empty, or names what is not in the project, or a command that is not there.
            TooLarge: It is too long, or its files are.
            NotFound: There is no such session.
            Conflict: Too many wait already.
            DatabaseError: It cannot be stored; it is not sent.
        """
        if (known := self._queue.by_key(actor.name, session_id, client_key)) is not None:
            return known
        prompt_draft.check(draft)
        if session_id not in self._store.sessions:
            await self._sessions.get(actor, session_id)
        session = self._store.sessions.get(session_id)
        if draft.mentions or draft.kind == "command":
            await self._files.check(draft, directory=session.directory if session is not None else None)
        if session is not None and draft.mentions:
            draft = replace(draft, directory=session.directory)
        taking = tasks.create(self._take(actor, session_id, draft, client_key), name=f"take a prompt of {session_id}")
        return await asyncio.shield(taking)  # whoever sends may leave; then it is in both, the table and the queue

    async def _take(
        self, actor: Actor, session_id: SessionID, draft: PromptDraft, client_key: str | None
    ) -> QueuedPrompt:
        async with self._entrance:
            if (known := self._queue.by_key(actor.name, session_id, client_key)) is not None:  # a double click
                return known
            if len(self._queue.of(session_id)) >= QUEUE_LIMIT:
                raise Conflict(
                    f"{QUEUE_LIMIT} messages are waiting in this session.", hint="Wait, or remove some of them."
                )
            prompt = QueuedPrompt(
                id=secrets.token_hex(8),
                session_id=session_id,
                message_id=new_message_id(),
                draft=draft,
                state="queued",
                reason="",
                hint="",
                created_at=datetime.now(UTC),
            )
            waiting = Waiting(
                prompt,
                prompt_draft.parts(draft),
                asyncio.get_running_loop().create_future(),
                place=self._queue.last_place(session_id),
            )
            if not await self._outbox.add(waiting, actor=actor.name, key=client_key):
                if (known := await self._known(actor, session_id, client_key or "")) is not None:
                    return known
                if not await self._outbox.add(waiting, actor=actor.name, key=client_key):  # it was being discarded
                    raise Conflict("This message has been sent before.", hint="Send it once more if it is not there.")
            if self._store.is_deleted(session_id):
                self._outbox.forget(session_id)
                raise _session_deleted()
            self._queue.put(waiting, actor=actor.name, key=client_key)
            self._work(session_id)
            return waiting.prompt

    def sent_with(self, actor: Actor, session_id: SessionID, client_key: str | None) -> QueuedPrompt | None:
        """The prompt that was sent with this key, as far as it is in memory."""
        return self._queue.by_key(actor.name, session_id, client_key)

    async def _known(self, actor: Actor, session_id: SessionID, key: str) -> QueuedPrompt | None:
        """The prompt that has this key in the database, though not in memory (any more)."""
        stored = await self._outbox.by_key(actor.name, session_id, key)
        if stored is None:
            return None
        if stored.has_ended:
            self._queue.remember(stored.waiting, actor=actor.name, key=key)
        elif self._outbox.is_ours(stored):  # it was stored, though the database said that it was not
            self._queue.put(stored.waiting, actor=actor.name, key=key)
            self._work(session_id)
        return stored.waiting.prompt

    def queue(self, session_id: SessionID) -> list[QueuedPrompt]:
        """The session's prompts that have no answer yet, in order; failed ones stay until removed or tried again."""
        return [waiting.prompt for waiting in self._queue.of(session_id)]

    async def remove(self, actor: Actor, session_id: SessionID, prompt_id: str) -> None:
        """Take a prompt that has not gone out, or failed to, out of the queue.

        Raises:
            Conflict: It is on its way.
            NotFound: It is not in the queue.
            DatabaseError: That cannot be written down; it stays in the queue.
        """
        waiting = self._queue.get(session_id, prompt_id)
        if waiting.prompt.state not in ("queued", "failed"):
            raise Conflict("This message has been sent already.", hint="Stop the running turn instead.")
        await asyncio.shield(tasks.create(self._remove(waiting), name="take a prompt back"))

    async def _remove(self, waiting: Waiting) -> None:
        waiting.is_leaving = True
        try:
            await self._outbox.end_now(waiting.prompt, "removed")
            self._queue.drop(waiting, TAKEN_OUT)
        finally:
            waiting.is_leaving = False
            self._delivery.wake(waiting.prompt.session_id)

    async def retry(self, actor: Actor, session_id: SessionID, prompt_id: str) -> QueuedPrompt:
        """Try a failed prompt again, at the place it has in the queue.

        Raises:
            Conflict: It has not failed.
            NotFound: It is not in the queue.
        """
        waiting = self._queue.get(session_id, prompt_id)
        if waiting.prompt.state != "failed":
            raise Conflict("This message has not failed.")
        self._queue.retry(waiting)
        self._work(session_id)
        await self._outbox.flush()
        return waiting.prompt

    async def answer(self, session_id: SessionID, prompt_id: str, timeout: float | None = None) -> PromptAnswer:
        """Wait until the prompt's turn has ended.

        Raises:
            TookTooLong: It takes more than `timeout` seconds; the turn goes on.
            NotFound: There is no such prompt, or its session was deleted.
            Conflict: It was taken out of the queue.
            OpencodeError: It could not be sent, or the answer could not be read.
        """
        waiting = self._queue.find(session_id, prompt_id)
        if waiting is None:
            raise NotFound("There is no such message in the queue.")
        try:
            async with asyncio.timeout(timeout):
                failure = await asyncio.shield(waiting.done)
        except TimeoutError:
            raise TookTooLong(
                "The answer is not complete yet.", hint="The agent goes on; read the session's messages later."
            ) from None
        if failure is not None:
            raise failure
        message_id = waiting.prompt.message_id
        session = self._store.sessions.get(session_id)
        client = self._server.at(session.directory if session else None)
        messages = await turn.answer(client, session_id, message_id)
        error = turn.error_of(messages)
        if not messages:
            view = self._store.views.get(session_id)
            error = (view.error or view.last_error) if view is not None else None
        return PromptAnswer(message_id, messages, error)

    async def _adopt(self) -> None:
        while True:
            await asyncio.sleep(ADOPT_EVERY)
            try:
                found = await self._outbox.adopt()
            except DatabaseError:  # told by the database's own watch; the prompts stay where they are
                continue
            for one in found:
                self._queue.put(one.waiting, actor=one.actor, key=one.key)
                self._work(one.waiting.prompt.session_id)
            if found:
                _log.info("Going on with %s prompts of a sprintagen that has died", len(found))

    # -- the work -----------------------------------------------------------------------------------------------------

    def _work(self, session_id: SessionID) -> None:
        worker = self._workers.get(session_id)
        if worker is None or worker.done():
            self._workers[session_id] = tasks.create(self._run(session_id), name=f"prompts of {session_id}")

    async def _run(self, session_id: SessionID) -> None:
        try:
            while (waiting := self._queue.next(session_id)) is not None:
                view = self._store.view(session_id)  # kept here, it is not unloaded
                errors_before = view.error_count
                try:
                    await self._delivery.deliver(waiting, view)
                except Exception:  # a mistake of ours with one prompt must not hold up those behind it
                    _log.exception("A prompt for %s could not be delivered", session_id)
                    self._queue.fail(waiting, _BROKEN)
                if view.error_count != errors_before:
                    await asyncio.sleep(self._delivery.patience.settle)
        finally:
            if self._workers.get(session_id) is asyncio.current_task():
                del self._workers[session_id]

    def _handle_change(self, change: Change) -> None:
        if isinstance(change, PartAppended):
            return
        if isinstance(change, ConnectionChanged | CredentialsChanged):  # after a reload, too, prompts may go out again
            self._delivery.wake_all()
            return
        if isinstance(change, SessionRemoved):
            for waiting in self._queue.of(change.session_id):
                self._queue.drop(waiting, _session_deleted())
            self._outbox.forget(change.session_id)
        if not isinstance(change, DatabaseChanged | DeletionsChanged | FileEdited):
            self._delivery.wake(change.session_id)


def _session_deleted() -> NotFound:
    return NotFound("The session was deleted before this message was answered.")


_BROKEN = SprintagenError("This message could not be sent: sprintagen made a mistake.", hint="The log has the details.")
