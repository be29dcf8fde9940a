from __future__ import annotations

import asyncio

import pytest

from sprintagen.ui.chats.pacer import Pacer


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
