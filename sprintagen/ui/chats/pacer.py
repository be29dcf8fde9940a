"""`Pacer`: do something at once when asked after a pause, then at most once an interval while it keeps being asked."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Pacer:
    """Paces an action.

    Args:
        interval: Seconds between two runs while requests keep coming.
        action: What is done; it must not wait. A failure is logged and does not reach whoever asked, which is the
            feed of every page.
    """

    def __init__(self, interval: float, action: Callable[[], None]) -> None:
        self._interval = interval
        self._action = action
        self._timer: asyncio.TimerHandle | None = None
        self._is_wanted = False
        self._is_over = False

    def request(self) -> None:
        """Run the action now, or when the interval since the last run is over."""
        if self._is_over:
            return
        if self._timer is not None:
            self._is_wanted = True
            return
        self._run()

    def cancel(self) -> None:
        """Never run again."""
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()

    def _run(self) -> None:
        self._is_wanted = False
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._tick)
        try:
            self._action()
        except Exception:  # see the class: one page's trouble is not the feed's
            _log.exception("A page could not draw a change")

    def _tick(self) -> None:
        self._timer = None
        if self._is_wanted and not self._is_over:
            self._run()
