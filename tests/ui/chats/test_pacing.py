"""Pacers that share a loop under load, in time that only passes when somebody works or waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.ui.chats.pacer import MOST, SENDING, SHARE, Load, Pacer

if TYPE_CHECKING:
    from collections.abc import Coroutine

LEAST = 0.008
COST = 0.0004
"""Seconds a flush takes here."""


class Hours(asyncio.SelectorEventLoop):
    """A loop in which waiting takes no time and work as long as it says."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.worked = 0.0
        look = self._selector.select  # type: ignore[attr-defined]

        def select(timeout: float | None = None) -> Any:
            self.now += timeout or 0.0
            return look(0)

        self._selector.select = select  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.worked += seconds


class Watching:
    """A page: what it was told and not drawn yet, and how long things waited to be drawn."""

    def __init__(self, loop: Hours, load: Load) -> None:
        self._loop = loop
        self._told: list[float] = []
        self.waits: list[float] = []
        self.pacer = Pacer(LEAST, self._draw, load)

    def hear(self) -> None:
        self._told.append(self._loop.now)
        self.pacer.request()

    def _draw(self) -> None:
        self._loop.work(COST)
        self._loop.call_soon(self._loop.work, SENDING)
        self.waits += [self._loop.now - at for at in self._told]
        self._told.clear()


def played(scenario: Coroutine[Any, Any, None], loop: Hours) -> None:
    try:
        loop.run_until_complete(scenario)
    finally:
        loop.close()


async def say(pages: list[Watching], *, words_a_second: float, seconds: float) -> None:
    """Everybody is told of a word at this pace."""
    for _ in range(round(seconds * words_a_second)):
        for page in pages:
            page.hear()
        await asyncio.sleep(1 / words_a_second)


def crowd(loop: Hours, sessions: int, each: int) -> list[list[Watching]]:
    load = Load(loop.time)
    return [[Watching(loop, load) for _ in range(each)] for _ in range(sessions)]


@pytest.mark.parametrize("each", [5, 15])
def test_however_many_watch_drawing_takes_its_share_of_the_loop_and_no_word_waits_long(each: int) -> None:
    loop = Hours()
    sessions = crowd(loop, 20, each)

    async def scenario() -> None:
        await asyncio.gather(*(say(pages, words_a_second=20, seconds=2) for pages in sessions))
        for page in (page for pages in sessions for page in pages):
            page.waits.clear()
        began, loop.worked = loop.now, 0.0
        await asyncio.gather(*(say(pages, words_a_second=20, seconds=10) for pages in sessions))
        busiest = max(SHARE, 20 * each * (COST + SENDING) / MOST)  # beyond `MOST` it is the load that decides
        assert loop.worked / (loop.now - began) < 1.1 * busiest
        waits = [wait for pages in sessions for page in pages for wait in page.waits]
        assert max(waits) < MOST + 0.1

    played(scenario(), loop)


def test_one_who_watches_alone_sees_each_word_at_once() -> None:
    loop = Hours()
    ((page,),) = crowd(loop, 1, 1)

    async def scenario() -> None:
        await say([page], words_a_second=50, seconds=5)
        assert page.waits == pytest.approx([COST] * 250)

    played(scenario(), loop)


def test_when_the_crowd_has_gone_the_one_who_stays_is_as_quick_as_alone() -> None:
    loop = Hours()
    sessions = crowd(loop, 20, 15)
    page = sessions[0][0]

    async def scenario() -> None:
        await asyncio.gather(*(say(pages, words_a_second=20, seconds=3) for pages in sessions))
        assert page.pacer.interval > 10 * LEAST
        for other in (other for pages in sessions for other in pages if other is not page):
            other.pacer.cancel()
        await say([page], words_a_second=20, seconds=1)
        page.waits.clear()
        await say([page], words_a_second=50, seconds=1)
        assert max(page.waits) == pytest.approx(COST)
        assert page.pacer.interval == LEAST

    played(scenario(), loop)
