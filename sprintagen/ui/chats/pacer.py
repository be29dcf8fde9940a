"""`Pacer`: do something at once when asked after a pause, then at most once an interval while it keeps being asked."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

SENDING = 0.0002
"""Seconds a flush costs after its action: what NiceGUI's outbox, the socket's libraries and the loop take to write one
message to one browser; of 0.27 ms for an update as a whole with 100 pages (`python -m benchmarks people`)."""
SHARE = 1 / 3
"""Of the event loop's time, what all flushes together may take before they become rarer."""
MOST = 0.2
"""Seconds between two flushes that are not exceeded however many pages are busy."""
_WEIGHT = 0.25


class Load:
    """What one flush of every busy page costs together; shared by the pacers of a process.

    Args:
        clock: Seconds that pass.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.seconds = 0.0


class Pacer:
    """Paces an action.

    With a `load` the interval follows the measured cost: it is the time in which all pacers that are busy at the
    moment, each running once, take `SHARE` of the loop; at least `interval`, at most `MOST` seconds. So a few pages
    are as quick as `interval` allows, and many become slower together before they are late.

    Args:
        interval: Seconds between two runs while requests keep coming.
        action: What is done; it must not wait. A failure is logged and does not reach whoever asked, which is the
            feed of every page.
        load: Of all that share the loop; None: the interval stays as it is.
    """

    def __init__(self, interval: float, action: Callable[[], None], load: Load | None = None) -> None:
        self._least = interval
        self._action = action
        self._load = load
        self._cost = 0.0  # of a run, smoothed
        self._share = 0.0  # of it, what is in the load now
        self._timer: asyncio.TimerHandle | None = None
        self._is_running = False
        self._is_wanted = False
        self._is_over = False

    @property
    def interval(self) -> float:
        """Seconds from a run to the next one, as things are."""
        if self._load is None:
            return self._least
        return max(self._least, min(MOST, self._load.seconds / SHARE))

    def request(self) -> None:
        """Run the action now, or when the interval since the last run is over."""
        if self._is_over:
            return
        if self._timer is not None or self._is_running:
            self._is_wanted = True
            return
        self._run()

    def cancel(self) -> None:
        """Never run again."""
        self._is_over = True
        self._count(0.0)
        if self._timer is not None:
            self._timer.cancel()

    def _run(self) -> None:
        self._is_wanted = False
        self._is_running = True
        clock = self._load.clock if self._load is not None else time.perf_counter
        start = clock()
        try:
            self._action()
        except Exception:  # see the class: one page's trouble is not the feed's
            _log.exception("A page could not draw a change")
        finally:
            self._is_running = False
        if self._is_over:
            return
        self._cost += _WEIGHT * (clock() - start + SENDING - self._cost)
        self._count(self._cost)
        self._timer = asyncio.get_running_loop().call_later(self.interval, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._is_wanted and not self._is_over:
            self._run()
        else:
            self._count(0.0)

    def _count(self, seconds: float) -> None:
        """What a run costs, while this one is busy; 0: it is not."""
        if self._load is not None:
            self._load.seconds = max(0.0, self._load.seconds + seconds - self._share)
            self._share = seconds
