from __future__ import annotations

import asyncio
from functools import partial

import pytest

from sprintagen.ui.chats.pacer import MOST, SENDING, SHARE, Load, Pacer


async def test_the_first_request_runs_at_once_and_those_that_follow_become_one() -> None:
    runs: list[int] = []
    pacer = Pacer(0.01, lambda: runs.append(1))
    pacer.request()
    assert len(runs) == 1
    for _ in range(5):
        pacer.request()
    assert len(runs) == 1
    await asyncio.sleep(0.05)
    assert len(runs) == 2
    pacer.request()
    assert len(runs) == 3
    pacer.cancel()


async def test_after_its_end_nothing_runs() -> None:
    runs: list[int] = []
    pacer = Pacer(0.01, lambda: runs.append(1))
    pacer.request()
    pacer.request()
    pacer.cancel()
    pacer.request()
    await asyncio.sleep(0.03)
    assert len(runs) == 1


async def test_a_failing_action_stays_with_its_page(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    pacer = Pacer(0.01, fail)
    pacer.request()
    pacer.cancel()
    assert "could not draw" in caplog.text


class Clock:
    """Time that passes only when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds


def busy_pages(count: int, cost: float) -> tuple[Load, list[Pacer]]:
    """Pages whose flush costs so much, each busy for long enough for it to be known."""
    clock = Clock()
    load = Load(clock)
    pacers = [Pacer(LEAST, partial(clock.work, cost), load) for _ in range(count)]
    for _ in range(40):
        for pacer in pacers:
            if pacer._timer is not None:
                pacer._timer.cancel()
            pacer._timer = None
            pacer.request()
    return load, pacers


LEAST = 0.008


async def test_a_page_alone_is_as_quick_as_it_may_be() -> None:
    _, (pacer,) = busy_pages(1, 0.0005)
    assert pacer.interval == LEAST
    pacer.cancel()


async def test_many_busy_pages_take_no_more_than_their_share_together() -> None:
    _, pacers = busy_pages(30, 0.001)
    assert pacers[0].interval == pytest.approx(30 * (0.001 + SENDING) / SHARE, rel=0.01)
    for pacer in pacers:
        pacer.cancel()


async def test_no_page_waits_longer_than_the_most() -> None:
    _, pacers = busy_pages(300, 0.01)
    assert pacers[0].interval == MOST
    for pacer in pacers:
        pacer.cancel()


async def test_pages_that_have_ended_or_have_nothing_more_to_show_weigh_nothing() -> None:
    load, pacers = busy_pages(3, 0.01)
    assert load.seconds > 0
    pacers[0].cancel()
    for pacer in pacers[1:]:
        pacer._tick()
        pacer._tick()
    assert load.seconds == pytest.approx(0)


async def test_a_request_made_by_the_action_itself_waits_for_its_turn() -> None:
    runs: list[int] = []

    def act() -> None:
        runs.append(1)
        if len(runs) < 3:
            pacer.request()

    pacer = Pacer(0.01, act, Load())
    pacer.request()
    assert len(runs) == 1
    await asyncio.sleep(0.1)
    assert len(runs) == 3
    pacer.cancel()
