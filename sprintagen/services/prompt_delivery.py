"""Getting one prompt to the server, exactly once, and staying with it until its turn has ended.

opencode answers 204 before it has stored anything, so a prompt counts as sent when its message is seen in the event
stream. Whatever is in doubt (no event, a lost connection, a restart of the server or of ourselves) is looked up on the
server and, if it is not there, not whole or was never answered, sent again under the same ids: that adds the parts that
are missing, starts the turn that never ran, and changes nothing if it arrives or is answered after all (run against
1.18.33). Parts that are there are left out. An answer in which something was said is never asked for a second time.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen import request_id
from sprintagen.errors import Conflict
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode.models import FilePrompt
from sprintagen.services import tasks, turn
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.errors import SprintagenError
    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.prompt_queue import PromptQueue, Waiting
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.session_view import SessionView

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, before a doubt is looked up or a step is tried again."""

    arrival: float = 10.0
    """After the server took a prompt, for its message to show up."""
    doubt: float = 0.5
    """After the session went idle or failed, for its last message."""
    start: float = 3.0
    """After the message showed up, for the turn to begin."""
    look: float = 20.0
    """Between two looks at a long turn, in case an event was missed."""
    settle: float = 0.3
    """After a turn that failed: opencode says idle twice."""
    retries: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """Pauses between attempts to send."""


class PromptDelivery:
    """Delivers the prompts of one server's sessions.

    Args:
        server: Whose.
        store: Where the events show up.
        queue: Where the prompts stand.
        is_connected: Whether the event stream is up; nothing is sent while it is not.
        patience: How long to wait for what.
    """

    def __init__(
        self,
        server: OpencodeServer,
        store: SessionStore,
        queue: PromptQueue,
        *,
        is_connected: Callable[[], bool],
        patience: Patience,
    ) -> None:
        self.patience = patience
        self._server = server
        self._store = store
        self._queue = queue
        self._is_connected = is_connected
        self._signals: dict[SessionID, asyncio.Event] = {}
        self._gaps = 0
        """How often the connection was found away: what was seen before may be gone."""

    def wake(self, session_id: SessionID) -> None:
        """Something happened in the session."""
        if (signal := self._signals.get(session_id)) is not None:
            signal.set()

    def wake_all(self) -> None:
        """The connection is another."""
        self._gaps += not self._is_connected()
        for signal in self._signals.values():
            signal.set()

    async def deliver(self, waiting: Waiting, view: SessionView) -> None:
        """Send one prompt and stay with it until its turn has ended or it turned out that it cannot be sent."""
        self._signals[view.session_id] = asyncio.Event()
        try:
            with request_id.given(waiting.request_id):
                await self._deliver(waiting, view)
        finally:
            del self._signals[view.session_id]

    async def _deliver(self, waiting: Waiting, view: SessionView) -> None:
        errors_before = view.error_count
        if waiting.is_in_doubt and await self._is_through(waiting, view, errors_before):
            return
        for pause in (*self.patience.retries, None):
            if not await self._wait_for_turn(waiting, view):
                return
            if waiting.prompt.draft.kind != "prompt":
                await self._run_once(waiting, view, errors_before)
                return
            failure: SprintagenError | opencode_errors.OpencodeError = _LOST
            try:
                await self._post(waiting)
            except _FINAL as error:
                self._queue.fail(waiting, error)
                return
            except opencode_errors.OpencodeError as error:  # it may have arrived all the same
                failure = error
            else:
                await self._wait_for_arrival(waiting, view, errors_before)
            found: turn.Turn = "working" if self._has_arrived(waiting, view) else await self._look_up(waiting)
            if found == "working":
                self._queue.set(waiting, "sent")
                found = await self._follow(waiting, view, errors_before)
            if found == "ended":
                self._queue.drop(waiting, None)
                return
            if found == "absent" and view.error_count != errors_before:
                self._queue.fail(waiting, _refused(view.error.message if view.error is not None else ""))
                return
            if pause is None:
                self._queue.fail(waiting, failure)
                return
            _log.info("Prompt %s of %s is sent again", waiting.prompt.id, waiting.prompt.session_id)
            await asyncio.sleep(pause)

    async def _is_through(self, waiting: Waiting, view: SessionView, errors_before: int) -> bool:
        """Find out what became of a prompt of the process before; False when it has to be sent."""
        while self._queue.has(waiting) and not self._is_connected():
            self._queue.set(waiting, waiting.prompt.state, *_AWAY)
            await self._changed(waiting.prompt.session_id, None)
        may_have_run = waiting.prompt.state != "queued"
        found = await self._look_up(waiting)
        if found in ("working", "unanswered", "dead"):
            self._queue.set(waiting, "sent")
            found = await self._follow(waiting, view, errors_before, gaps_before=-1)
        if found == "ended":
            self._queue.drop(waiting, None)
            return True
        if waiting.prompt.draft.kind != "prompt" and (found != "absent" or may_have_run):
            self._queue.fail(waiting, _CUT_OFF if found != "absent" else _UNKNOWN)
            return True
        waiting.is_in_doubt = False
        self._queue.set(waiting, "queued")
        return False

    async def _wait_for_turn(self, waiting: Waiting, view: SessionView) -> bool:
        """Wait until the prompt may go out, and say that it does; False when it is not its turn (any more)."""
        while self._queue.has(waiting):
            if self._queue.next(waiting.prompt.session_id) is not waiting:
                return False  # another has been moved before it
            if self._may_send(view) and not waiting.is_leaving:
                await self._queue.sending(waiting)
                if self._may_send(view) and self._queue.has(waiting):
                    return True
                continue
            self._queue.set(waiting, "queued", *(() if self._is_connected() else _AWAY))
            await self._changed(waiting.prompt.session_id, None)
        return False

    def _may_send(self, view: SessionView) -> bool:
        return self._is_connected() and not view.is_active and view.session_id not in self._store.going

    async def _run_once(self, waiting: Waiting, view: SessionView, errors_before: int) -> None:
        """Send a command or a shell line and stay with it.

        Neither is ever sent a second time by itself: opencode would run it again. Its request lasts as long as the
        turn, so that only an error of it counts, and only if the message did not show up.
        """
        request = tasks.create(self._request(waiting), name=f"run a command in {waiting.prompt.session_id}")
        request.add_done_callback(lambda _: self.wake(waiting.prompt.session_id))
        try:
            while self._queue.has(waiting) and not self._has_arrived(waiting, view) and not request.done():
                await self._changed(waiting.prompt.session_id, self.patience.look)
            failure = request.exception() if request.done() and not request.cancelled() else None
            found: turn.Turn = "working" if self._has_arrived(waiting, view) else await self._look_up(waiting)
            if found == "absent":
                if isinstance(failure, opencode_errors.RequestRefused):
                    self._queue.fail(waiting, _not_run(waiting, failure))
                else:
                    self._queue.fail(waiting, _UNKNOWN)
                return
            self._queue.set(waiting, "sent")
            found = await self._follow(waiting, view, errors_before)
            if found == "ended":
                self._queue.drop(waiting, None)
            else:
                self._queue.fail(waiting, _CUT_OFF)
        finally:
            request.cancel()

    async def _request(self, waiting: Waiting) -> None:
        prompt, draft = waiting.prompt, waiting.prompt.draft
        messages = self._at(prompt.session_id).messages
        if draft.kind == "shell":
            agent = draft.agent
            if agent is None:
                session = self._store.sessions.get(prompt.session_id)
                agent = (session.agent if session is not None else None) or "build"
            await messages.shell(
                prompt.session_id, draft.shell_line, agent=agent, model=draft.model, message_id=prompt.message_id
            )
            return
        name, arguments = draft.command
        await messages.command(
            prompt.session_id,
            name,
            arguments,
            message_id=prompt.message_id,
            agent=draft.agent,
            model=draft.model,
            variant=draft.variant,
            parts=[part for part in waiting.parts if isinstance(part, FilePrompt) and part.source is None],
        )

    async def _post(self, waiting: Waiting) -> None:
        prompt = waiting.prompt
        client = self._at(prompt.session_id)
        for husk in waiting.husks:
            await client.messages.delete(prompt.session_id, husk)
        await client.messages.prompt_async(
            prompt.session_id,
            parts=[part for part in waiting.parts if part.id not in waiting.stored],
            message_id=prompt.message_id,
            agent=prompt.draft.agent,
            model=prompt.draft.model,
            variant=prompt.draft.variant,
        )

    def _has_arrived(self, waiting: Waiting, view: SessionView) -> bool:
        return view.find_message(waiting.prompt.message_id) is not None

    async def _wait_for_arrival(self, waiting: Waiting, view: SessionView, errors_before: int) -> None:
        """Wait for the user message in the event stream; after an error only as long as a last event may take."""
        patience = self.patience.arrival
        while not self._has_arrived(waiting, view) and self._queue.has(waiting):
            if view.error_count != errors_before:
                patience = self.patience.doubt
            if not await self._changed(waiting.prompt.session_id, patience):
                return

    async def _look_up(self, waiting: Waiting) -> turn.Turn:
        """Ask the server; while it cannot be asked, wait."""
        prompt = waiting.prompt
        while self._queue.has(waiting):
            if self._is_connected():
                try:
                    client = self._at(prompt.session_id)
                    found = await turn.look_up(client, prompt.session_id, prompt.message_id, waiting.parts)
                    waiting.stored, waiting.husks = found.stored, found.husks
                    return found.turn
                except opencode_errors.NotFound:
                    return "ended"  # the session is gone, and everything with it
                except opencode_errors.OpencodeError as error:
                    _log.warning("Cannot look up a prompt of %s: %s", prompt.session_id, error.message)
            await self._changed(prompt.session_id, self.patience.retries[-1])
        return "ended"

    async def _follow(
        self, waiting: Waiting, view: SessionView, errors_before: int, gaps_before: int | None = None
    ) -> turn.Turn:
        """Stay with a turn that has begun, or is about to, until it has ended."""
        gaps_before = self._gaps if gaps_before is None else gaps_before
        has_begun = False
        looks = 0
        while self._queue.has(waiting):
            if waiting.prompt.message_id in view.reverted or turn.has_ended(view, waiting.prompt.message_id):
                return "ended"
            has_begun = has_begun or view.is_active
            if view.is_active:
                quiet = self.patience.look
            else:
                quiet = (self.patience.doubt if has_begun else self.patience.start) * 2**looks
            if await self._changed(waiting.prompt.session_id, quiet):
                continue
            found = await self._look_up(waiting)
            if found == "unanswered" and view.error_count != errors_before:
                return "ended"  # it failed, or was stopped, before the model said anything
            if found in ("absent", "dead") and self._gaps == gaps_before:
                return "ended"  # somebody removed it; a server that died would have left a gap
            if found != "working":
                return found
            looks = min(looks + 1, 5)
        return "ended"

    async def _changed(self, session_id: SessionID, timeout: float | None) -> bool:
        """Wait until something happened in the session or with the connection; False when time is up."""
        signal = self._signals[session_id]
        signal.clear()
        try:
            async with asyncio.timeout(timeout):  # `wait_for` of Python 3.11 may lose that it was cancelled
                await signal.wait()
        except TimeoutError:
            return False
        return True

    def _at(self, session_id: SessionID) -> OpencodeClient:
        session = self._store.sessions.get(session_id)
        return self._server.at(session.directory if session else None)


_AWAY = ("Waiting for the connection to opencode.", "It is sent when that is back.")

_FINAL = (
    opencode_errors.InvalidID,
    opencode_errors.ServerAuthError,
    opencode_errors.NotFound,
    opencode_errors.InvalidRequest,
)
"""Answers after which a second attempt would only hear the same."""

_LOST = Conflict(
    "opencode took this message and then did not store it.",
    hint="Try it again; if that does not help, restart opencode.",
)


_CUT_OFF = Conflict(
    "opencode stopped while it was doing this.",
    hint="It is not done a second time by itself: see how far it came, and send it anew if it should run again.",
)
_UNKNOWN = Conflict(
    "The connection broke before opencode said whether it runs this.",
    hint="Look whether it did; try again only if it did not.",
)


def _not_run(waiting: Waiting, why: opencode_errors.OpencodeError) -> Conflict:
    draft = waiting.prompt.draft
    if draft.kind == "command":
        return Conflict(
            f"opencode did not run /{one_line(draft.command[0], 80)}: {why.message}",
            hint="Type / to see which commands there are.",
        )
    return Conflict(f"opencode did not run this: {why.message}", hint=why.hint)


def _refused(why: str) -> Conflict:
    return Conflict(f"opencode did not take this message: {why}" if why else "opencode did not take this message.")
