"""The event stream: one long connection that comes back by itself, and says when it was away.

It reads `/global/event`, not `/event`: one connection covers every directory, and it survives `dispose`, which ends
`/event`. The price is that the server sends each durable event a second time as a `sync` double; those are recognised
by their text and never decoded. Neither route replays: what happened while disconnected is lost, so the reader
fetches afresh after each `Connected`.

1.18 greets on `/global/event` before it subscribes: an event within the next 20 ms or so is lost (up to half of those
tried, on an idle machine; `/event` has no such gap). `Connected` therefore waits a moment after the greeting.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar, cast

from sprintagen.opencode.errors import (
    WRONG_SERVER_HINT,
    OpencodeError,
    ServerAuthError,
    ServerTimeout,
    ServerUnreachable,
    UnreadableAnswer,
)
from sprintagen.opencode.events import Event, ServerConnected, UnknownEvent, is_sync_double, parse_global
from sprintagen.opencode.intake import Intake, joined
from sprintagen.opencode.sse import Frame, FrameParser, FrameTooLarge
from sprintagen.opencode.wire import NotJSON, decode

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from types import AsyncGeneratorType

T = TypeVar("T")

logger = logging.getLogger("sprintagen.opencode")

SILENCE: Final = 25.0
"""Seconds without a byte after which a connection counts as dead; the server's heartbeat comes every ten."""
OPENING: Final = 3.0
"""Seconds for the connection, and again for its first event. One made while the server starts may hang for ever."""
SETTLING: Final = 0.3
"""Seconds from the server's greeting until it can be relied on to send everything; see above."""


@dataclass(frozen=True, slots=True)
class Connected:
    """Events come from now on. What was known before may be out of date: fetch it afresh."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Disconnected:
    """No events until the next `Connected`. Comes once per failed try."""

    at: datetime
    reason: OpencodeError
    retry_in: float
    """Seconds until the next try."""


class Received(NamedTuple):
    """One event, in the order the server sent it; deltas of one part that arrived together are one event."""

    directory: str | None
    """The project directory it is about; None for the server's own events (heartbeats)."""
    event: Event


StreamItem = Connected | Disconnected | Received


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next try: doubling from `first` to `cap`, each time somewhat less by chance.

    The caps leave room to be back within five seconds of the trouble's end, a try that hangs included. A server that
    refuses our password is asked less often: nothing but a restart of either side changes its mind.
    """

    first: float = 0.25
    cap: float = 1.0
    refused_first: float = 2.0
    refused_cap: float = 4.0
    steady: float = 10.0
    """Seconds a connection must have lasted for the next wait to be the first again."""
    chance: Callable[[], float] = random.random

    def wait(self, failures: int, reason: OpencodeError) -> float:
        """Seconds, after so many failures in a row (1 or more)."""
        is_refused = isinstance(reason, ServerAuthError)
        first, cap = (self.refused_first, self.refused_cap) if is_refused else (self.first, self.cap)
        return float(min(cap, first * 2 ** min(failures - 1, 32)) * (0.75 + 0.25 * self.chance()))


class EventStream:
    """`async for item in stream:` gives `Connected`, `Received` and `Disconnected` items, for ever.

    It ends only by `aclose`, by leaving `async with`, or with its task's cancellation; a server that is away is an
    item, not an exception. Iterate it once, from one task; `aclose` may come from any task of the same loop, and
    returns when the connection is closed. Take items quickly: the server keeps what is not read, without limit.

    Args:
        connect: Opens the connection: a context that gives its bytes.
        silence: Seconds without a byte after which the connection is given up.
        opening: Seconds for the connection, and again for its first event.
        settling: Seconds between the first event and `Connected`.
        backoff: The waits between tries.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[AsyncIterator[bytes]]],
        *,
        silence: float = SILENCE,
        opening: float = OPENING,
        settling: float = SETTLING,
        backoff: Backoff | None = None,
    ) -> None:
        self._connect = connect
        self._silence = silence
        self._opening = opening
        self._is_connected = self._is_urged = False
        self._settling = settling
        self._backoff = backoff or Backoff()
        self._is_closed = False
        self._waiting: asyncio.Timeout | None = None
        """The wait under way; `aclose` ends it early."""
        self._sleeping: asyncio.Timeout | None = None
        self._reported: set[str] = set()
        """Kinds of events that could not be read: one warning for each."""
        self._ended = asyncio.Event()
        self._items = cast("AsyncGeneratorType[StreamItem, None]", self._run())

    def __aiter__(self) -> AsyncIterator[StreamItem]:
        return self

    async def __anext__(self) -> StreamItem:
        return await anext(self._items)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the iteration and close the connection. Calling it again does nothing."""
        self._is_closed = True
        if not self._items.ag_running:
            await self._items.aclose()
            return
        _end(self._waiting)
        await self._ended.wait()

    def retry_now(self) -> None:
        """Try anew at once, for somebody who knows that the server is back; does nothing while there is a connection.

        A try that hangs is given up for it: opencode never answers a request that came while it was starting.
        """
        if self._is_connected:
            return
        self._is_urged = True
        _end(self._sleeping or self._waiting)

    def give_up(self) -> None:
        """Take the connection for dead and try anew, for somebody who knows that it no longer carries events."""
        if self._is_connected:
            _end(self._waiting)

    async def _run(self) -> AsyncGenerator[StreamItem, None]:
        loop = asyncio.get_running_loop()
        failures = 0
        try:
            while True:
                began = loop.time()
                self._is_urged = False
                try:
                    async with AsyncExitStack() as stack:
                        pieces = await self._within(self._opening, stack.enter_async_context(self._connect()))
                        intake = await stack.enter_async_context(Intake(pieces))
                        parser = FrameParser()
                        while True:
                            piece = await self._within(
                                self._silence if self._is_connected else self._opening, intake.take()
                            )
                            frames = _frames(parser, piece)
                            if frames and not self._is_connected:
                                self._is_connected = True
                                await self._sleep(self._settling)
                                yield Connected(_now())
                            for directory, event in joined(_events(frames)):
                                self._report(event)
                                yield Received(directory, event)
                except _Closed:
                    return
                except OpencodeError as error:
                    reason = error
                self._is_connected = False
                failures = 1 if loop.time() - began >= self._backoff.steady else failures + 1
                seconds = 0.0 if self._is_urged else self._backoff.wait(failures, reason)
                yield Disconnected(_now(), reason, seconds)
                try:
                    await self._sleep(seconds, can_be_cut=True)
                except _Closed:
                    return
        finally:
            self._ended.set()

    async def _within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """The result, if it comes in time and before `aclose`."""
        try:
            async with asyncio.timeout(0 if self._is_closed else seconds) as self._waiting:
                return await awaitable
        except TimeoutError:
            if self._is_closed:
                raise _Closed from None
            raise ServerTimeout(
                "The opencode server went silent.",
                hint="It may be starting, overloaded or cut off; we go on trying.",
            ) from None
        finally:
            self._waiting = None

    async def _sleep(self, seconds: float, *, can_be_cut: bool = False) -> None:
        try:
            async with asyncio.timeout(0 if self._is_closed else seconds) as self._waiting:
                self._sleeping = self._waiting if can_be_cut else None
                await asyncio.Event().wait()
        except TimeoutError:
            if self._is_closed:
                raise _Closed from None
        finally:
            self._waiting = self._sleeping = None

    def _report(self, event: Event) -> None:
        if type(event) is UnknownEvent and event.reason and event.type not in self._reported:
            self._reported.add(event.type)
            logger.warning("an event %s could not be read: %s", event.type, event.reason)


class _Closed(Exception):
    """`aclose` was called while waiting."""


def _end(wait: asyncio.Timeout | None) -> None:
    if wait is not None and not wait.expired():
        wait.reschedule(asyncio.get_running_loop().time())


def _frames(parser: FrameParser, chunk: bytes | None) -> list[Frame]:
    if chunk is None:
        raise ServerUnreachable(
            "The opencode server closed the event stream.", hint="It may have been stopped or restarted."
        )
    try:
        return parser.feed(chunk)
    except FrameTooLarge:
        raise UnreadableAnswer("The opencode server sent an event that is far too large.") from None


def _events(frames: list[Frame]) -> Iterator[tuple[str | None, Event]]:
    for frame in frames:
        if is_sync_double(frame.data):
            continue
        directory, event = parse_global(_decoded(frame))
        if event is not None and type(event) is not ServerConnected:
            yield directory, event


def _decoded(frame: Frame) -> Any:
    try:
        return decode(frame.data)
    except NotJSON:
        raise UnreadableAnswer("The opencode server sent an event that is not JSON.", hint=WRONG_SERVER_HINT) from None


def _now() -> datetime:
    return datetime.now(UTC)
