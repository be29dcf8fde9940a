"""`Polling`: asking opencode every few seconds when its events have stopped and it still answers.

Two ways lead here: the stream cannot be opened though requests are answered, or it is open, carries heartbeats and
nothing else (1.18.25 and others: anomalyco/opencode#46733) while the server's state moves on. The stream is tried all
the while; `EventFeed` ends the polling when events come again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen.opencode.errors import OpencodeError, ServerTimeout
from sprintagen.services import tasks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PollingTimes:
    """In seconds."""

    before: float = 3.0
    """From the loss of the stream until opencode is asked: most breaks are shorter."""
    between: float = 2.0
    """Between two times of asking."""
    patience: float = 10.0
    """For all of opencode's answers to one time of asking."""
    look: float = 8.0
    """Between two looks whether the stream hides something."""
    again: float = 2.0
    """From a look that found something to the second one, which must say so, too."""


class Polling:
    """Asks while it is started.

    Args:
        ask: Reads the server's state; raises a group of `OpencodeError` when the server does not answer.
        differs: Whether the server's state is another than the one we hold; False: ask only what is busy.
        on_answer: Called each time the server has answered.
        on_failure: Called with the reason each time it has not.
        times: How often.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[None]],
        differs: Callable[[bool], Awaitable[bool]],
        *,
        on_answer: Callable[[], None],
        on_failure: Callable[[OpencodeError], None],
        times: PollingTimes | None = None,
    ) -> None:
        self.times = times or PollingTimes()
        self.works = False
        """Whether the server answers what we ask."""
        self._ask = ask
        self._differs = differs
        self._on_answer = on_answer
        self._on_failure = on_failure
        self._task: asyncio.Task[None] | None = None

    def start(self, *, at_once: bool = False) -> None:
        """Begin to ask; does nothing when that has been begun."""
        if self._task is None:
            pause = 0.0 if at_once else self.times.before
            self._task = tasks.create(self._run(pause), name="poll opencode")

    def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
        self._task, self.works = None, False

    async def watch(
        self,
        events: Callable[[], int],
        is_due: Callable[[], bool],
        *,
        on_mute: Callable[[], None],
        on_gap: Callable[[], None],
    ) -> None:
        """Look for ever whether the stream hides something.

        Args:
            events: How many events have come, heartbeats not counted.
            is_due: Whether there is a stream that should bring events.
            on_mute: Called when the server's state has moved on twice in a row and no event has come.
            on_gap: Called when the state of a turn was another twice in a row, and events come all the same.
        """
        while True:
            before = events()
            await asyncio.sleep(self.times.look)
            if not is_due() or not await self._has_moved(whole=events() == before):
                continue
            await asyncio.sleep(self.times.again)
            is_silent = events() == before
            if is_due() and await self._has_moved(whole=is_silent) and is_due():
                (on_mute if is_silent and events() == before else on_gap)()

    async def _has_moved(self, *, whole: bool) -> bool:
        try:
            async with asyncio.timeout(self.times.patience):
                return await self._differs(whole)
        except* (OpencodeError, TimeoutError):
            pass  # a server that is away is the stream's to notice
        return False

    async def _run(self, pause: float) -> None:
        await asyncio.sleep(pause)
        while True:
            try:
                async with asyncio.timeout(self.times.patience):
                    await self._ask()
            except* OpencodeError as group:
                self._fail(first_of(group))
            except* TimeoutError:
                self._fail(ServerTimeout("The opencode server did not answer in time.", hint="We go on trying."))
            else:
                if not self.works:
                    _log.warning("No events from opencode: it is asked every %g seconds", self.times.between)
                self.works = True
                self._on_answer()
            await asyncio.sleep(self.times.between)

    def _fail(self, error: OpencodeError) -> None:
        self.works = False
        self._on_failure(error)


def first_of(group: BaseExceptionGroup[OpencodeError]) -> OpencodeError:
    """One error of a group, for a sentence."""
    for error in group.exceptions:
        return first_of(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("an exception group is never empty")
