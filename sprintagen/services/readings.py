"""`Readings`: what stands somewhere in the services, looked up whenever a Prometheus asks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from sprintagen.opencode.models import PermissionRequest
from sprintagen.services.connection import ConnectionWord
from sprintagen.services.prompt_queue import PromptState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from sprintagen.services.asks import Asks
    from sprintagen.services.feed import EventFeed
    from sprintagen.services.health import Health
    from sprintagen.services.prompts import Prompts
    from sprintagen.services.session_store import SessionStore


class Readings(Collector):
    """Asks nobody outside: opencode's version is what it said when it was last asked."""

    def __init__(
        self, store: SessionStore, feed: EventFeed, prompts: Prompts, asks: Asks, health: Health, *, version: str
    ) -> None:
        self._store = store
        self._feed = feed
        self._prompts = prompts
        self._asks = asks
        self._health = health
        self._version = version

    def collect(self) -> Iterable[Metric]:
        """For the registry."""
        yield InfoMetricFamily("sprintagen_version", "Which sprintagen this is.", {"version": self._version})
        yield from self._of_health()
        yield from self._of_the_stream()
        yield from self._of_the_work()

    def _of_health(self) -> Iterable[Metric]:
        readiness = self._health.readiness()
        yield GaugeMetricFamily("sprintagen_ready", "1 when /readyz answers 200.", value=float(readiness.is_ready))
        yield GaugeMetricFamily(
            "sprintagen_database_up", "1 when the database takes changes.", value=float(readiness.database == "ok")
        )
        opencode = self._health.last_opencode
        yield GaugeMetricFamily(
            "sprintagen_opencode_up",
            "1 when opencode answered when it was last asked.",
            value=float(opencode is not None and opencode.reachable),
        )
        about = {"version": (opencode.version if opencode else None) or "", "tested": self._health.tested_version}
        yield InfoMetricFamily("sprintagen_opencode", "The server's version, and the one we test with.", about)

    def _of_the_stream(self) -> Iterable[Metric]:
        connection = self._feed.connection
        state = GaugeMetricFamily(
            "sprintagen_opencode_connection", "1 for how we stand with opencode.", labels=("state",)
        )
        for word in get_args(ConnectionWord):
            state.add_metric((word,), float(word == connection.state))
        yield state
        if connection.last_event_at is not None:
            age = max(0.0, (datetime.now(UTC) - connection.last_event_at).total_seconds())
            yield GaugeMetricFamily(
                "sprintagen_event_stream_age_seconds", "Since anything came over opencode's event stream.", value=age
            )
        yield CounterMetricFamily(
            "sprintagen_event_stream_reconnects", "How often the stream came back.", value=self._feed.reconnects
        )
        yield CounterMetricFamily("sprintagen_events", "Events taken from the stream.", value=self._feed.events)
        yield GaugeMetricFamily(
            "sprintagen_event_readers", "Programs that read /api/opencode/events.", value=self._feed.readers
        )

    def _of_the_work(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("sprintagen_sessions", "Sessions we know.", value=len(self._store.sessions))
        yield GaugeMetricFamily(
            "sprintagen_busy_sessions", "Sessions with a turn running.", value=len(self._store.busy_sessions())
        )
        kinds = Counter(
            "permission" if isinstance(ask, PermissionRequest) else "question" for ask in self._asks.pending()
        )
        asks = GaugeMetricFamily("sprintagen_pending_asks", "What waits for a person's answer.", labels=("kind",))
        for kind in ("permission", "question"):
            asks.add_metric((kind,), kinds[kind])
        yield asks
        states = self._prompts.states()
        queue = GaugeMetricFamily(
            "sprintagen_queued_prompts", "Messages without an answer yet, by state.", labels=("state",)
        )
        for one in get_args(PromptState):
            queue.add_metric((one,), states[one])
        yield queue
