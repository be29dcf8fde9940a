"""`OpencodeObserver`: what is done around every request to opencode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen import request_id

if TYPE_CHECKING:
    from sprintagen.services.metrics import Metrics


class OpencodeObserver:
    """Tells `Metrics` how long each took, and opencode what it belongs to."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def headers(self) -> dict[str, str]:
        return {request_id.HEADER: id_} if (id_ := request_id.current()) else {}

    def answered(self, method: str, route: str, outcome: str, seconds: float) -> None:
        self._metrics.opencode_answered(method, route, outcome, seconds)
