"""`Health`: one look at everything that has to work."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sprintagen.errors import DatabaseError
from sprintagen.managed import versions
from sprintagen.managed.versions import PINNED_VERSION
from sprintagen.opencode.errors import OpencodeError
from sprintagen.services.loop_lag import LoopLag

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.db import Database
    from sprintagen.services.catalog import Catalog
    from sprintagen.services.connection import ConnectionWord
    from sprintagen.services.credentials import Credentials, CredentialState
    from sprintagen.services.database_watch import DatabaseWatch
    from sprintagen.services.feed import EventFeed
    from sprintagen.services.metrics import Metrics
    from sprintagen.services.server import OpencodeServer

PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class WebHealth:
    version: str
    uptime_seconds: float
    loop_lag_p99_ms: float | None
    """How late 99 of 100 things were done at most in the last minute; None: not measured."""
    loop_lag_worst_ms: float | None


@dataclass(frozen=True, slots=True)
class OpencodeHealth:
    reachable: bool
    version: str | None
    latency_ms: float | None
    message: str
    """Why it is not reachable, or that its version is another than we test with; empty: all is well."""


@dataclass(frozen=True, slots=True)
class StreamHealth:
    state: ConnectionWord
    age_seconds: float | None
    """Since anything came over the event stream; heartbeats come every ten seconds."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether people may be sent here. Only words, since anybody may ask."""

    database: Literal["ok", "failed"]
    opencode: Literal["ok", "starting", "waiting", "failed"]
    """`starting`: it has not answered yet; `waiting`: it did, and is waited for, with what is sent kept meanwhile."""

    @property
    def is_ready(self) -> bool:
        """An outage of opencode is no reason to take away the page that tells of it; what a person has to mend is."""
        return self.database == "ok" and self.opencode in ("ok", "waiting")


@dataclass(frozen=True, slots=True)
class HealthReport:
    """`ok`: the page, the database, opencode and its events work, and the provider keys are not all refused."""

    ok: bool
    web: WebHealth
    opencode: OpencodeHealth
    providers_connected: list[str]
    stream: StreamHealth
    credentials: CredentialState
    database: bool
    """Whether it answers and takes changes."""
    database_message: str
    """Why not; empty when it does."""


class Health:
    """Asks when it is asked; keeps nothing but how late the event loop is."""

    def __init__(
        self,
        server: OpencodeServer,
        feed: EventFeed,
        credentials: Credentials,
        catalog: Catalog,
        *,
        version: str,
        database: Callable[[], Database | None],
        watch: DatabaseWatch,
        metrics: Metrics,
    ) -> None:
        self._server = server
        self._feed = feed
        self._credentials = credentials
        self._catalog = catalog
        self._version = version
        self._database = database
        self._watch = watch
        self._started = time.monotonic()
        self.lag = LoopLag(metrics.loop_was_late)
        self.tested_version = PINNED_VERSION
        self.last_opencode: OpencodeHealth | None = None
        """What `ask_opencode` found last."""

    async def report(self) -> HealthReport:
        """Never raises because something is unwell."""
        opencode, providers, database = await asyncio.gather(
            self.ask_opencode(), self._ask_providers(), self._ask_database()
        )
        connection = self._feed.connection
        age = (datetime.now(UTC) - connection.last_event_at).total_seconds() if connection.last_event_at else None
        credentials = self._credentials.report.state
        return HealthReport(
            ok=opencode.reachable and not database and connection.state == "connected" and credentials != "failed",
            web=WebHealth(self._version, time.monotonic() - self._started, self.lag.p99_ms(), self.lag.worst_ms()),
            opencode=opencode,
            providers_connected=providers if opencode.reachable else [],
            stream=StreamHealth(connection.state, max(age, 0.0) if age is not None else None),
            credentials=credentials,
            database=not database,
            database_message=database,
        )

    def readiness(self) -> Readiness:
        """From memory: whoever asks costs nothing."""
        is_written = self._database() is not None and self._watch.error is None
        state = self._feed.connection.state
        return Readiness(
            database="ok" if is_written else "failed",
            opencode=(
                "ok"
                if self._feed.is_connected()
                else "failed"
                if state == "failed"
                else "waiting"
                if self._feed.has_connected
                else "starting"
            ),
        )

    async def ask_opencode(self) -> OpencodeHealth:
        """Whether it answers, how fast, and which version it is. Never raises because it does not."""
        self.last_opencode = await self._ask_opencode()
        return self.last_opencode

    async def _ask_opencode(self) -> OpencodeHealth:
        began = time.monotonic()
        try:
            answer = await self._server.client.health.get(timeout=PATIENCE)
        except OpencodeError as error:
            return OpencodeHealth(False, None, None, error.message)
        latency = (time.monotonic() - began) * 1000
        message = versions.compared(answer.version) if answer.healthy else "opencode says that it is not well."
        return OpencodeHealth(answer.healthy, answer.version, round(latency, 1), message)

    async def _ask_providers(self) -> list[str]:
        """As they were read last: the server's own answer may be megabytes, and probes come every few seconds."""
        try:
            async with asyncio.timeout(PATIENCE):
                return list(dict.fromkeys(row.provider_id for row in await self._catalog.models()))
        except (OpencodeError, TimeoutError):
            return []

    async def _ask_database(self) -> str:
        """What is wrong with it."""
        database = self._database()
        if database is None:
            return "The database is not open."
        try:
            await database.ping()
        except DatabaseError as error:
            return error.message
        return self._watch.error.message if self._watch.error is not None else ""
