"""The API over services of three kinds: an opencode in memory, a wire that answers what it is told, the real one."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from sprintagen.api import create_api
from sprintagen.api.guard import Guard
from sprintagen.api.hosts import HostRules
from sprintagen.db import close_db, open_db
from sprintagen.opencode import OpencodeClient
from tests.opencode.fakes import Recorder
from tests.served import Served
from tests.services.conftest import build, fake, services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from sprintagen.services import Services
    from tests.rig import RealOpencode
    from tests.services.fakes import FakeOpencode

__all__ = ["fake", "services"]

TOKEN = "a token of sixteen"
UPSTREAM = "http://opencode.upstream.test:4096"
PASSWORD = "upstream-password-canary"
PREFIX = "/api/opencode"
BEARER = {"authorization": f"Bearer {TOKEN}"}


def guarded(services: Services) -> Guard:
    """The API as it is served, without the pages."""
    guard = Guard(create_api(services), sign_ins=services.sign_ins, hosts=HostRules(), metrics=services.metrics)
    services.sign_ins.REVOKED.subscribe(guard.end_session)
    return guard


@asynccontextmanager
async def program(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A program with the token; paths are below the API's prefix."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://localhost{PREFIX}/", headers=BEARER) as client:
        yield client


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """The address of a real server: for streams, which the in-memory transport would collect to their end."""

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1, ws="none")
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110  # uvicorn has a flag for it and no event
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A program that talks to services over the opencode in memory."""
    async with program(guarded(services)) as client:
        yield client


class Wire:
    """Services whose opencode answers what `answer` last said; nothing of them is started but the database."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.recorder = Recorder({})

    def answer(self, body: object = None, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.recorder = Recorder(body, status=status, headers=headers)
        self.services.server.use(OpencodeClient(UPSTREAM, password=SecretStr(PASSWORD), transport=self.recorder))


@pytest.fixture
async def wire(fake: FakeOpencode, tmp_path: Path) -> AsyncIterator[Wire]:
    wire = Wire(build(fake, tmp_path))
    wire.answer({})
    await open_db(wire.services.database_url)
    try:
        yield wire
    finally:
        await close_db()


@pytest.fixture
async def wired(wire: Wire) -> AsyncIterator[httpx.AsyncClient]:
    """A program that talks to the services of `wire`."""
    async with program(guarded(wire.services)) as client:
        yield client


@pytest.fixture(scope="session")
def served(real_opencode: RealOpencode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """sprintagen in a process of its own, in front of the real opencode."""
    environment = {
        "OPENCODE_SERVER_URL": real_opencode.url,
        "OPENCODE_SERVER_USERNAME": real_opencode.username,
        "OPENCODE_SERVER_PASSWORD": real_opencode.password.get_secret_value(),
        "OPENCODE_DIRECTORY": str(real_opencode.directory),
    }
    served = Served(tmp_path_factory.mktemp("served"), environment=environment)
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.fixture
def api(served: Served, real_opencode: RealOpencode) -> Iterator[httpx.Client]:
    """A program with the token, once sprintagen follows the real server; paths are below the API's prefix."""
    real_opencode.ensure_running()
    with served.program() as client:
        client.base_url = httpx.URL(f"{served.url}{PREFIX}/")
        served.wait_until(lambda: client.get("health").json()["stream"]["state"] == "connected")
        yield client
