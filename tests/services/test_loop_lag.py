from __future__ import annotations

import asyncio
import time

from sprintagen.services.loop_lag import LoopLag, percentile_ms
from tests.services.fakes import until


async def test_a_busy_event_loop_shows_as_lag() -> None:
    lag = LoopLag()
    assert lag.p99_ms() is None
    lag.start()
    try:
        await until(lambda: lag.p99_ms() is not None)
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 somebody who keeps everybody waiting
        await until(lambda: (lag.worst_ms() or 0) > 200)
    finally:
        await lag.stop()


def test_one_long_wait_among_many_short_ones_is_the_worst_and_not_the_rule() -> None:
    waits = [0.001] * 1000 + [0.5]
    assert percentile_ms(waits, 0.99) == 1.0
    assert percentile_ms(waits, 1.0) == 500.0
