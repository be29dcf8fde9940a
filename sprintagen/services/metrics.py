"""`Metrics`: what an operator's Prometheus reads, in a registry of our own.

What takes time or is counted is told here where it happens; what stands somewhere else (`services.readings`) is looked
up when it is asked for. Units are seconds, and no label can grow without end: there is no session, title or path in
one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_WAITING = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120)
_LATE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)


class Metrics:
    """One process's."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._http = Histogram(
            "sprintagen_http_request_seconds",
            "Until the answer to a request begins, by route template.",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=_QUICK,
        )
        self._opencode = Histogram(
            "sprintagen_opencode_request_seconds",
            "Until opencode's answer begins, by the first word of the path.",
            ("method", "route", "outcome"),
            registry=self._registry,
            buckets=_QUICK,
        )
        self._first_word = Histogram(
            "sprintagen_first_word_seconds",
            "From handing a message to opencode to the first word of its answer.",
            registry=self._registry,
            buckets=_WAITING,
        )
        self._loop_lag = Histogram(
            "sprintagen_event_loop_lag_seconds",
            "How late the process gets round to things.",
            registry=self._registry,
            buckets=_LATE,
        )
        self._tokens = Counter(
            "sprintagen_tokens", "Tokens used since the start, as the providers counted.", ("kind",),
            registry=self._registry,
        )  # fmt: skip
        self._cost = Counter(
            "sprintagen_cost_dollars", "US dollars spent since the start, by opencode's sums.", registry=self._registry
        )
        for kind in ("input", "output", "reasoning", "cache_read", "cache_write"):
            self._tokens.labels(kind)

    def add(self, collector: Collector) -> None:
        """Looks it up at every reading from now on."""
        self._registry.register(collector)

    def text(self) -> bytes:
        """Everything as it stands, in the text format."""
        return generate_latest(self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request of ours was answered. `route` is a template."""
        self._http.labels(method, route, f"{status // 100}xx").observe(seconds)

    def opencode_answered(self, method: str, route: str, outcome: str, seconds: float) -> None:
        """opencode answered, or did not: `outcome` is `ok`, or in a word what went wrong."""
        self._opencode.labels(method, route, outcome).observe(seconds)

    def first_word(self, seconds: float) -> None:
        """An answer has begun."""
        self._first_word.observe(seconds)

    def loop_was_late(self, seconds: float) -> None:
        """Something was done so much later than it should have been."""
        self._loop_lag.observe(seconds)

    def spent(self, kind: str, tokens: float) -> None:
        """Tokens of a kind (a field of `usage.Spent`)."""
        self._tokens.labels(kind).inc(tokens)

    def paid(self, dollars: float) -> None:
        self._cost.inc(dollars)
