"""How soon trouble is noticed and over, with the waits as they are, on a clock that jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode import Backoff, Connected, Disconnected, EventStream, ServerTimeout, ServerUnreachable
from tests.opencode.test_stream import BEAT, HELLO

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
    from typing import Any

FOR_EVER = 10**6


class Jumping(asyncio.SelectorEventLoop):
    """Nothing is waited for: the clock jumps to the next timer. Only for what does no I/O."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.jumped = 0.0
        select = self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None = None) -> Any:
            if timeout:
                self.jumped += timeout
            return select(0)

        self._selector.select = jump  # type: ignore[attr-defined]

    def time(self) -> float:
        return super().time() + self.jumped if hasattr(self, "jumped") else super().time()


def run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=Jumping) as runner:
        runner.run(work)


class Line:
    """A server that is in trouble until a time: it refuses, is hung (silent from the start) or goes silent."""

    def __init__(self, trouble: str, until: float) -> None:
        self._trouble = trouble
        self._until = asyncio.get_running_loop().time() + until

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[AsyncIterator[bytes], None]:
        is_well = asyncio.get_running_loop().time() >= self._until
        if not is_well and self._trouble == "refused":
            raise ServerUnreachable("It is away.")
        yield self._chunks(is_well)

    async def _chunks(self, is_well: bool) -> AsyncGenerator[bytes, None]:
        if is_well or self._trouble == "silent":
            yield HELLO
        while is_well:
            await asyncio.sleep(10)
            yield BEAT
        await asyncio.sleep(FOR_EVER)


def test_a_stream_that_goes_silent_is_given_up_within_25_seconds() -> None:
    async def scenario() -> None:
        async with EventStream(Line("silent", FOR_EVER)) as stream:
            assert isinstance(await anext(stream), Connected)
            began = asyncio.get_running_loop().time()
            item = await anext(stream)
            assert isinstance(item, Disconnected)
            assert isinstance(item.reason, ServerTimeout)
            assert 10 < asyncio.get_running_loop().time() - began <= 25.1  # longer than between two heartbeats

    run(scenario())


@pytest.mark.parametrize("trouble", ["refused", "hung"])
def test_a_server_that_takes_no_connection_is_noticed_within_5_seconds(trouble: str) -> None:
    async def scenario() -> None:
        began = asyncio.get_running_loop().time()
        async with EventStream(Line(trouble, FOR_EVER)) as stream:
            assert isinstance(await anext(stream), Disconnected)
            assert asyncio.get_running_loop().time() - began < 5

    run(scenario())


@pytest.mark.parametrize("trouble", ["refused", "hung"])
@pytest.mark.parametrize("seconds", [0.1, 1, 2.9, 3.1, 5, 7.7, 30, 61.3, 600])
def test_the_events_are_back_within_5_seconds_of_the_troubles_end(trouble: str, seconds: float) -> None:
    async def scenario() -> None:
        began = asyncio.get_running_loop().time()
        async with EventStream(Line(trouble, seconds), backoff=Backoff(chance=lambda: 1.0)) as stream:
            while not isinstance(await anext(stream), Connected):
                pass
            assert asyncio.get_running_loop().time() - began < seconds + 5

    run(scenario())
