"""`PromptQueue`: every session's prompts without an answer, in order. In memory; `PromptOutbox` writes them down."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from sprintagen import request_id
from sprintagen.errors import NotFound
from sprintagen.services.changes import QueueChanged

if TYPE_CHECKING:
    from datetime import datetime

    from sprintagen.errors import SprintagenError
    from sprintagen.opencode.errors import OpencodeError
    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import PromptPart
    from sprintagen.services.prompt_draft import PromptDraft
    from sprintagen.services.prompt_outbox import PromptOutbox
    from sprintagen.services.session_store import SessionStore

PromptState = Literal["queued", "sending", "sent", "failed"]

REMEMBERED = 1000
"""Prompts that were answered and client keys that were used, of all sessions."""
_KEPT_TEXT = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QueuedPrompt:
    """A prompt on its way, as it stands now; a later look at `Prompts.queue` may show another state."""

    id: str
    session_id: SessionID
    message_id: MessageID
    """The id its user message has, or will have."""
    draft: PromptDraft
    """Once the prompt has left the queue: the beginning of it, without files."""
    state: PromptState
    reason: str
    """Why it waits or failed; empty when there is nothing to say."""
    hint: str
    created_at: datetime


@dataclass(slots=True)
class Waiting:
    """A place in the queue."""

    prompt: QueuedPrompt
    parts: tuple[PromptPart, ...]
    """For the wire, with ids: sending them twice stores them once."""
    done: asyncio.Future[Exception | None]
    """The end of its turn, or why there is none."""
    place: int = 0
    """Comes before the order of arrival."""
    is_in_doubt: bool = False
    """It may have been sent before: the server is asked before anything else."""
    was_tried: bool = False
    """It failed and is tried again: it may have been sent though others have come to stand before it."""
    is_leaving: bool = False
    """Its removal is being written down: it does not go out meanwhile."""
    stored: frozenset[str] = frozenset()
    """Parts the server was seen to hold: of a text file it would make its text a second time."""
    husks: tuple[MessageID, ...] = ()
    """Answers that a dead server began and that say nothing: they go before the prompt is sent again."""
    request_id: str = field(default_factory=lambda: request_id.current() or request_id.new())
    """Of the click that sent it; after a restart one of its own."""


class PromptQueue:
    """Who waits where; says so with `QueueChanged`.

    Args:
        store: Where changes are told.
        outbox: Where they are written down, behind.
    """

    def __init__(self, store: SessionStore, outbox: PromptOutbox) -> None:
        self._store = store
        self._outbox = outbox
        self._queues: dict[SessionID, dict[str, Waiting]] = {}
        self._past: OrderedDict[str, Waiting] = OrderedDict()
        self._keys: OrderedDict[tuple[str, SessionID, str], str] = OrderedDict()

    # -- reading ------------------------------------------------------------------------------------------------------

    def of(self, session_id: SessionID) -> list[Waiting]:
        """The session's, in order."""
        return list(self._queues.get(session_id, {}).values())

    def next(self, session_id: SessionID) -> Waiting | None:
        """The first that may go out, or may have before this process."""
        return next((waiting for waiting in self.of(session_id) if waiting.prompt.state != "failed"), None)

    def sessions(self) -> set[SessionID]:
        """Every session in which something waits."""
        return set(self._queues)

    def get(self, session_id: SessionID, prompt_id: str) -> Waiting:
        """One that waits.

        Raises:
            NotFound: It does not, or not any more.
        """
        waiting = self._queues.get(session_id, {}).get(prompt_id)
        if waiting is None:
            raise NotFound("This message is not in the queue any more.")
        return waiting

    def find(self, session_id: SessionID, prompt_id: str) -> Waiting | None:
        """One that waits or has waited."""
        waiting = self._queues.get(session_id, {}).get(prompt_id) or self._past.get(prompt_id)
        return waiting if waiting is not None and waiting.prompt.session_id == session_id else None

    def by_key(self, actor: str, session_id: SessionID, key: str | None) -> QueuedPrompt | None:
        """The prompt that was sent with this key."""
        prompt_id = self._keys.get((actor, session_id, key)) if key else None
        waiting = self.find(session_id, prompt_id) if prompt_id else None
        return waiting.prompt if waiting is not None else None

    def has(self, waiting: Waiting) -> bool:
        return waiting.prompt.id in self._queues.get(waiting.prompt.session_id, {})

    @property
    def is_sending(self) -> bool:
        """Whether a prompt is on its way whose turn may not have begun yet."""
        waiting = (one for queue in self._queues.values() for one in queue.values())
        return any(one.prompt.state == "sending" and not one.is_in_doubt for one in waiting)

    def states(self) -> Counter[PromptState]:
        """How many are in which state, in all sessions."""
        return Counter(one.prompt.state for queue in self._queues.values() for one in queue.values())

    def last_place(self, session_id: SessionID) -> int:
        """The place after which a new one stands."""
        return max((waiting.place for waiting in self.of(session_id)), default=0)

    # -- writing ------------------------------------------------------------------------------------------------------

    def put(self, waiting: Waiting, *, actor: str = "", key: str | None = None) -> None:
        """Add it at the end, or take over how it stands now."""
        prompt = waiting.prompt
        self._keep_key(prompt, actor, key)
        self._queues.setdefault(prompt.session_id, {})[prompt.id] = waiting
        self._store.emit(QueueChanged(prompt.session_id))

    def set(self, waiting: Waiting, state: PromptState, reason: str = "", hint: str = "") -> None:
        changed = replace(waiting.prompt, state=state, reason=reason, hint=hint)
        if changed != waiting.prompt and self.has(waiting):
            waiting.prompt = changed
            self._outbox.note(changed, was_tried=waiting.was_tried)
            self.put(waiting)

    async def sending(self, waiting: Waiting) -> None:
        """It goes out now; written down before it does, so that the next process knows that it may have."""
        self.set(waiting, "sending")
        await self._outbox.flush()

    def order(self, session_id: SessionID, waiting: list[Waiting]) -> None:
        """They stand in this order now; whoever came meanwhile stands behind them."""
        queue = self._queues.get(session_id, {})
        ids = [one.prompt.id for one in waiting if one.prompt.id in queue]
        if queue:
            self._queues[session_id] = {id_: queue[id_] for id_ in dict.fromkeys([*ids, *queue])}
        self._store.emit(QueueChanged(session_id))

    def rewrite(self, waiting: Waiting, prompt: QueuedPrompt, parts: tuple[PromptPart, ...]) -> None:
        """It says something else now."""
        if self.has(waiting):  # else it was taken out meanwhile
            waiting.prompt, waiting.parts = prompt, parts
            self.put(waiting)

    def fail(self, waiting: Waiting, error: SprintagenError | OpencodeError) -> None:
        """It cannot be sent; it stays where it is until it is removed or tried again."""
        _log.warning("A prompt for %s was not sent: %s", waiting.prompt.session_id, error.message)
        self.set(waiting, "failed", error.message, error.hint)
        if not waiting.done.done():
            waiting.done.set_result(error)

    def retry(self, waiting: Waiting) -> None:
        waiting.done = asyncio.get_running_loop().create_future()
        waiting.is_in_doubt = waiting.was_tried = True
        self.set(waiting, "queued")

    def drop(self, waiting: Waiting, outcome: Exception | None) -> None:
        """It leaves the queue; None: answered."""
        prompt = waiting.prompt
        queue = self._queues.get(prompt.session_id, {})
        if queue.pop(prompt.id, None) is None:
            return
        if not queue:
            self._queues.pop(prompt.session_id, None)
        waiting.prompt, waiting.parts = beginning(prompt), ()
        self._outbox.end(waiting.prompt, "answered" if outcome is None else "removed")
        self.remember(waiting)
        if not waiting.done.done():
            waiting.done.set_result(outcome)
        self._store.emit(QueueChanged(prompt.session_id))

    def remember(self, waiting: Waiting, *, actor: str = "", key: str | None = None) -> None:
        """It waits no more; whoever asks for it by its id or key still finds it."""
        self._keep_key(waiting.prompt, actor, key)
        self._past[waiting.prompt.id] = waiting
        while len(self._past) > REMEMBERED:
            self._past.popitem(last=False)

    def _keep_key(self, prompt: QueuedPrompt, actor: str, key: str | None) -> None:
        if key:
            self._keys[actor, prompt.session_id, key] = prompt.id
            while len(self._keys) > REMEMBERED:
                self._keys.popitem(last=False)


def beginning(prompt: QueuedPrompt) -> QueuedPrompt:
    """What is kept of a prompt that has left the queue."""
    return replace(prompt, draft=replace(prompt.draft, text=prompt.draft.text[:_KEPT_TEXT], files=()))
