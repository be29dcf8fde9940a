"""Services over a small opencode in memory and a database of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from sprintagen.config import CredentialSettings, Settings
from sprintagen.services import AppInfo, Services, build_services
from sprintagen.services.prompts import Patience
from tests import databases
from tests.services.fakes import DIRECTORY, FakeOpencode, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

IMPATIENT = Patience(arrival=0.05, doubt=0.02, start=0.05, look=0.2, settle=0.001, retries=(0.001, 0.001, 0.001, 0.001))
NO_KEYS = CredentialSettings(provider_id=None, provider_api_key=None, ready_made=())


@pytest.fixture
def fake() -> FakeOpencode:
    return FakeOpencode()


def build(fake: FakeOpencode, tmp_path: Path, **more: Any) -> Services:
    """Services whose server is the fake; idle."""
    settings = Settings(
        opencode_server_url="http://127.0.0.1:9",
        database_url=databases.url_in(tmp_path),
        _env_file=None,
    )
    more.setdefault("about", AppInfo(version="1.2.3", directory=DIRECTORY))
    more.setdefault("read_keys", lambda: NO_KEYS)
    services = build_services(settings, token=SecretStr("a token of sixteen"), **more)
    services.server.use(fake)  # type: ignore[arg-type]
    services.prompts._delivery.patience = IMPATIENT
    services.credentials._retries = (0.001, 0.001)
    return services


async def first_handshake(services: Services) -> None:
    """Waits for the one that runs by itself when the server is reached; it reads the keys in a thread."""
    await until(lambda: services._state.checking is not None and services._state.checking.done())


@pytest.fixture
async def services(fake: FakeOpencode, tmp_path: Path) -> AsyncIterator[Services]:
    """Started and connected."""
    services = build(fake, tmp_path)
    await services.start()
    try:
        fake.connect()
        await until(services.feed.is_connected)
        await first_handshake(services)
        yield services
    finally:
        await services.stop()
