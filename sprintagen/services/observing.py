"""`OpencodeObserver`: what is done around every request to opencode."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sprintagen.services.metrics import Metrics


class OpencodeObserver:
    """Tells `Metrics` how long each took."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def headers(self) -> dict[str, str]:
        return {}

    def answered(self, method: str, route: str, outcome: str, seconds: float) -> None:
        self._metrics.opencode_answered(method, route, outcome, seconds)
