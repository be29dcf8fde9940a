"""`PromptOutbox`: prompts written down, so that none is lost or doubled when this process ends at any moment.

A prompt is stored before it is acknowledged, and that it goes out before it does; every other change is written
behind, in order, and again later when the database refuses. What is read is `PromptQueue`, in memory.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

import psutil

from sprintagen.db import prompt as table
from sprintagen.errors import Conflict, DatabaseError
from sprintagen.opencode.ids import MessageID, SessionID
from sprintagen.services import prompt_draft, tasks
from sprintagen.services.prompt_queue import REMEMBERED, QueuedPrompt, Waiting, beginning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from sprintagen.opencode.models import PromptPart
    from sprintagen.services.prompt_queue import PromptState

Outcome = Literal["answered", "removed"]

KEPT_FOR = timedelta(days=7)
"""So long the client key of a prompt that has ended means that prompt."""
_PRUNE_EVERY = 100
_RETRY_AFTER = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """A prompt as it was found in the database."""

    waiting: Waiting
    actor: str
    key: str | None
    has_ended: bool
    owner: str


class PromptOutbox:
    """The stored prompts of one server.

    Args:
        server: Its name.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._owner = _owner(os.getpid())
        self._due: dict[str, Callable[[], Awaitable[None]]] = {}
        self._ended = 0
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def start(self) -> list[Stored]:
        """Take over what earlier processes left, in order; what another living one delivers stays its own.

        Raises:
            DatabaseError: It cannot be read.
        """
        await self._prune()
        rows = [
            (row, content)
            for row, content in await table.all_for(self._server)
            if row.outcome is not None or row.owner == self._owner or not _is_alive(row.owner)
        ]
        await table.claim([row.prompt_id for row, _ in rows if row.outcome is None], self._owner)
        self._writer = tasks.create(self._write_behind(), name="prompt outbox")
        return [stored for row, content in rows if (stored := _stored(row, content)) is not None]

    async def adopt(self) -> list[Stored]:
        """Take over what processes of this machine left that have ended meanwhile, in order.

        Raises:
            DatabaseError: It cannot be read, or not be written down.
        """
        found: list[Stored] = []
        for owner, prompt_ids in (await table.waiting_elsewhere(self._server, self._owner)).items():
            if owner.startswith(f"{socket.gethostname()}/") and not _is_alive(owner):
                try:
                    rows = await table.take_over(prompt_ids, before=owner, owner=self._owner)
                except DatabaseError:
                    if found:  # they are ours already, and would not be found again
                        break
                    raise
                found += [stored for row, content in rows if (stored := _stored(row, content)) is not None]
        return found

    async def stop(self) -> None:
        """Write what is not written yet."""
        if self._writer is not None:
            await tasks.end(self._writer)
            self._writer = None
            await self.flush()

    def is_ours(self, stored: Stored) -> bool:
        """Whether this process delivers it."""
        return stored.owner == self._owner

    # -- before it is acknowledged ------------------------------------------------------------------------------------

    async def add(self, waiting: Waiting, *, actor: str, key: str | None) -> bool:
        """Store a new prompt; False when another was sent with this key.

        Raises:
            DatabaseError: It is not stored.
        """
        prompt = waiting.prompt
        words, files = prompt_draft.encode(prompt.draft, [part.id for part in waiting.parts if part.id is not None])
        row = table.Prompt(
            prompt_id=prompt.id,
            server=self._server,
            opencode_session_id=prompt.session_id,
            actor=actor,
            client_key=key or None,
            message_id=prompt.message_id,
            state=prompt.state,
            place=waiting.place,
            owner=self._owner,
            created_at=prompt.created_at,
            updated_at=prompt.created_at,
        )
        try:
            return await table.add(row, table.PromptContent(prompt_id=prompt.id, draft=words, files=files))
        except DatabaseError:  # refused; should it be stored all the same, it must not go out after a restart
            self._put(prompt.id, functools.partial(table.discard, prompt.id))
            raise

    async def by_key(self, actor: str, session_id: SessionID, key: str) -> Stored | None:
        """The prompt that was stored with this key.

        Raises:
            DatabaseError: It cannot be read.
        """
        async with self._lock:  # it may be about to be discarded
            found = await table.by_key(self._server, session_id, actor, key)
            if found is not None and found[0].outcome is None:
                self._due.pop(found[0].prompt_id, None)
        return _stored(*found) if found is not None else None

    async def move_now(self, places: dict[str, int]) -> None:
        """They stand otherwise in line, by their ids.

        Raises:
            DatabaseError: That is not written down.
        """
        await table.set_places(places)

    async def edit_now(self, prompt: QueuedPrompt, parts: Iterable[PromptPart]) -> None:
        """It says something else.

        Raises:
            DatabaseError: That is not written down.
        """
        words, _ = prompt_draft.encode(prompt.draft, [part.id for part in parts if part.id is not None])
        await table.set_draft(prompt.id, draft=words)

    async def end_now(self, prompt: QueuedPrompt, outcome: Outcome) -> None:
        """It leaves the queue, and that is written down first.

        Raises:
            DatabaseError: It is not.
        """
        words, _ = prompt_draft.encode(beginning(prompt).draft, ())
        await table.end(prompt.id, outcome=outcome, draft=words)

    # -- behind -------------------------------------------------------------------------------------------------------

    def note(self, prompt: QueuedPrompt, *, was_tried: bool) -> None:
        """It stands otherwise now."""
        self._put(
            prompt.id,
            functools.partial(
                table.set_state,
                prompt.id,
                state=prompt.state,
                was_tried=was_tried,
                reason=_clean(prompt.reason),
                hint=_clean(prompt.hint),
            ),
        )

    def end(self, prompt: QueuedPrompt, outcome: Outcome) -> None:
        """It left the queue; `prompt` holds of its draft what is kept."""
        words, _ = prompt_draft.encode(prompt.draft, ())
        self._put(prompt.id, functools.partial(table.end, prompt.id, outcome=outcome, draft=words))
        self._ended += 1
        if self._ended % _PRUNE_EVERY == 0:
            self._put("", self._prune)

    def forget(self, session_id: SessionID) -> None:
        """The session is gone, and its prompts with it."""
        self._put(session_id, functools.partial(table.remove_session, self._server, session_id))

    async def flush(self) -> None:
        """Write down now what is due; what the database refuses stays due, and the work goes on from memory."""
        # in a task of its own: a transaction that is cancelled in the middle would keep the connection for ever
        await asyncio.shield(tasks.create(self._flush(), name="write prompts down"))

    async def _flush(self) -> None:
        async with self._lock:
            while self._due:
                key, write = next(iter(self._due.items()))
                try:
                    await write()
                except DatabaseError as error:
                    _log.warning("How prompts stand is not written down: %s", error.message)
                    if self._due.get(key) is write:  # those behind it come first next time
                        self._put(key, write)
                    return
                if self._due.get(key) is write:
                    del self._due[key]

    def _put(self, key: str, write: Callable[[], Awaitable[None]]) -> None:
        self._due.pop(key, None)  # the later one goes to the end
        self._due[key] = write
        self._wake.set()

    async def _write_behind(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.flush()
            if self._due:
                await asyncio.sleep(_RETRY_AFTER)
                self._wake.set()

    async def _prune(self) -> None:
        await table.prune(self._server, keep=REMEMBERED, before=datetime.now(UTC) - KEPT_FOR)


def _stored(row: table.Prompt, content: table.PromptContent) -> Stored | None:
    try:
        draft, part_ids = prompt_draft.decode(content.draft, content.files)
    except ValueError as error:
        _log.warning("A stored prompt of %s cannot be read: %s", row.opencode_session_id, error)
        return None
    prompt = QueuedPrompt(
        id=row.prompt_id,
        session_id=SessionID(row.opencode_session_id),
        message_id=MessageID(row.message_id),
        draft=draft,
        state=cast("PromptState", row.state),
        reason=row.reason,
        hint=row.hint,
        created_at=row.created_at,
    )
    done: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
    if row.outcome is not None:
        done.set_result(None if row.outcome == "answered" else TAKEN_OUT)
        return Stored(Waiting(prompt, (), done), row.actor, row.client_key, has_ended=True, owner=row.owner)
    if row.state == "failed":
        done.set_result(Conflict(row.reason, hint=row.hint))
    parts = prompt_draft.parts(draft, part_ids)
    is_in_doubt = row.state != "failed"
    waiting = Waiting(prompt, parts, done, place=row.place, is_in_doubt=is_in_doubt, was_tried=row.was_tried)
    return Stored(waiting, row.actor, row.client_key, has_ended=False, owner=row.owner)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _owner(pid: int) -> str:
    """A name for a process that no other has, on this machine or after it."""
    return f"{socket.gethostname()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def _is_alive(owner: str) -> bool:
    """Whether the process with this name runs here; of another machine's nobody knows, and it counts as gone."""
    _, _, pid = owner.rpartition("/")[0].rpartition("/")
    try:
        return _owner(int(pid)) == owner
    except (ValueError, psutil.Error):
        return False


TAKEN_OUT = Conflict("This message was taken out of the queue before it was sent.")
