"""`/health` and `/auth`: is all well, and register the provider keys again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from sprintagen.api.deps import TheActor, TheServices
from sprintagen.api.sse import EventStreamResponse, frame
from sprintagen.services.credentials import CredentialReport
from sprintagen.services.health import HealthReport

router = APIRouter(tags=["health"])


class WebOut(BaseModel):
    version: str
    uptime_seconds: float
    loop_lag_p99_ms: float | None = Field(
        description="How late 99 of 100 things were done at most, in the last minute; under 100 is well."
    )
    loop_lag_worst_ms: float | None


class OpencodeOut(BaseModel):
    reachable: bool
    version: str | None
    latency_ms: float | None
    message: str = Field(description="Why it is not reachable, or what to know about its version.")


class StreamOut(BaseModel):
    state: str
    age_seconds: float | None = Field(description="Seconds since anything came over the event stream.")


class HealthOut(BaseModel):
    """`ok` is true, and the status 200, when the web, its database, opencode and the event stream are all well."""

    ok: bool
    web: WebOut
    opencode: OpencodeOut
    providers_connected: list[str]
    stream: StreamOut
    credentials: str
    database: bool = Field(description="Whether it answers and takes changes.")
    database_message: str = Field(description="Why not; empty when it does.")

    @classmethod
    def of(cls, report: HealthReport) -> Self:
        return cls(
            ok=report.ok,
            web=WebOut(
                version=report.web.version,
                uptime_seconds=report.web.uptime_seconds,
                loop_lag_p99_ms=report.web.loop_lag_p99_ms,
                loop_lag_worst_ms=report.web.loop_lag_worst_ms,
            ),
            opencode=OpencodeOut(
                reachable=report.opencode.reachable,
                version=report.opencode.version,
                latency_ms=report.opencode.latency_ms,
                message=report.opencode.message,
            ),
            providers_connected=list(report.providers_connected),
            stream=StreamOut(state=report.stream.state, age_seconds=report.stream.age_seconds),
            credentials=report.credentials,
            database=report.database,
            database_message=report.database_message,
        )


class ProviderReportOut(BaseModel):
    provider_id: str
    state: str = Field(description="connected, missing_key, missing_id, refused, not_listed or pending")
    message: str


class CredentialsOut(BaseModel):
    """How registering the provider keys went; `waiting`: a turn runs, and the reload would end it."""

    state: str
    providers: list[ProviderReportOut]
    at: datetime

    @classmethod
    def of(cls, report: CredentialReport) -> Self:
        providers = [
            ProviderReportOut(provider_id=item.provider_id, state=item.state, message=item.message)
            for item in report.providers
        ]
        return cls(state=report.state, providers=providers, at=report.at)


class AuthIn(BaseModel, extra="forbid"):
    abort_running: bool = Field(
        False, description="Reload the server now even if that ends running turns. A reload ends terminals, too."
    )


@router.get("/health", responses={503: {"model": HealthOut}})
async def get_health(services: TheServices, _actor: TheActor, response: Response) -> HealthOut:
    """Web, database, opencode, event stream and providers, asked now."""
    report = await services.health.report()
    response.status_code = 200 if report.ok else 503
    return HealthOut.of(report)


@router.post("/auth")
async def register_credentials(services: TheServices, actor: TheActor, body: AuthIn | None = None) -> CredentialsOut:
    """Reads the provider keys anew from the environment and `.env` and registers them with opencode."""
    report = await services.credentials.run(actor, abort_running=body.abort_running if body else False)
    return CredentialsOut.of(report)


@router.get("/health/stream", include_in_schema=False)
async def stream_for_a_test(_actor: TheActor) -> EventStreamResponse:
    """A short stream of events in even steps: /admin/status sees by it whether they come as they are sent."""

    async def steps() -> AsyncIterator[bytes]:
        for number in range(4):
            if number:
                await asyncio.sleep(0.2)
            yield frame("step", number)

    return EventStreamResponse(steps())
