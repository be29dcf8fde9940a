"""`LoopLag`: how late the process gets round to things, as an operator wants to know it.

Everything shares one event loop. Something that keeps it busy for a while makes everybody wait that long, and this is
where it shows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from sprintagen.services import tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EVERY = 0.05
"""Seconds between two looks."""
KEPT = 1200
"""How many are remembered: those of a minute."""


class LoopLag:
    """Measures from `start` to `stop`; costs about a thousandth of a core.

    Args:
        note: Is told every delay, in seconds.
    """

    def __init__(self, note: Callable[[float], None] | None = None) -> None:
        self._note = note
        self._late: deque[float] = deque(maxlen=KEPT)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._late.clear()
        self._task = tasks.create(self._measure(), name="event loop lag")

    async def stop(self) -> None:
        await tasks.end(self._task)
        self._task = None

    def p99_ms(self) -> float | None:
        """Milliseconds that 99 of 100 looks in the last minute were not late by; None: nothing is measured yet."""
        return percentile_ms(self._late, 0.99)

    def worst_ms(self) -> float | None:
        """The longest delay of the last minute, in milliseconds."""
        return percentile_ms(self._late, 1.0)

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            late = max(0.0, loop.time() - due)
            self._late.append(late)
            if self._note is not None:
                self._note(late)


def percentile_ms(seconds: Sequence[float], share: float) -> float | None:
    """The nearest measured value that `share` of all do not exceed, in milliseconds."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)
