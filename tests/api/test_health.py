"""`/health` and `/auth`: one body for well and unwell; keys registered, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from sprintagen.config import CredentialSettings, ProviderCredential
from sprintagen.errors import SettingsError
from sprintagen.opencode import errors
from tests.api.test_errors import assert_is_problem
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.api.conftest import Wire
    from tests.rig import RealOpencode
    from tests.served import Served
    from tests.services.fakes import FakeOpencode

FIELDS = {"ok", "web", "opencode", "providers_connected", "stream", "credentials", "database", "database_message"}
CANARY = "sk-canary-5f1d8a37c2"


async def test_when_all_is_well_health_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("health")
    body = answer.json()
    assert (answer.status_code, body["ok"], body["database"]) == (200, True, True)
    assert body["opencode"]["reachable"] is True
    assert body["opencode"]["version"] == "1.18.33"
    assert body["opencode"]["latency_ms"] >= 0
    assert {"loop_lag_p99_ms", "loop_lag_worst_ms"} < set(body["web"])
    assert body["stream"]["state"] == "connected"
    assert body["stream"]["age_seconds"] >= 0
    assert set(body) == FIELDS


async def test_when_opencode_is_away_the_same_body_comes_with_503(
    client: httpx.AsyncClient, fake: FakeOpencode, services: Services
) -> None:
    fake.broken["health.get"] = [errors.ServerUnreachable("The opencode server cannot be reached.")]
    answer = await client.get("health")
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["opencode"]["message"] == "The opencode server cannot be reached."
    assert set(answer.json()) == FIELDS
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    assert (await client.get("health")).status_code == 503


async def test_probes_do_not_ask_for_the_providers_again_and_again(
    client: httpx.AsyncClient, fake: FakeOpencode, services: Services
) -> None:
    first = (await client.get("health")).json()["providers_connected"]
    fake.calls.clear()
    for _ in range(3):
        assert (await client.get("health")).json()["providers_connected"] == first
    assert "providers.usable" not in fake.calls
    services.catalog.forget(None)
    assert (await client.get("health")).json()["providers_connected"] == first
    assert fake.calls.count("providers.usable") == 1
    fake.broken["health.get"] = [errors.ServerUnreachable("It is away.")]
    assert (await client.get("health")).json()["providers_connected"] == []


async def test_a_closed_database_is_not_well(wire: Wire, wired: httpx.AsyncClient) -> None:
    answer = await wired.get("health")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


async def test_keys_are_read_anew_and_registered(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode, caplog: pytest.LogCaptureFixture
) -> None:
    keys = CredentialSettings(None, None, (ProviderCredential("openai", SecretStr(CANARY)),))
    services.credentials._read_keys = lambda: keys
    answer = await client.post("auth")
    assert (answer.status_code, answer.json()["state"]) == (200, "ok")
    assert [(row["provider_id"], row["state"]) for row in answer.json()["providers"]] == [("openai", "connected")]
    assert fake.keys["openai"].get_secret_value() == CANARY
    for text in (answer.text, (await client.get("models")).text, (await client.get("health")).text, caplog.text):
        assert CANARY not in text


async def test_a_half_given_key_is_told_by_its_missing_half(client: httpx.AsyncClient, services: Services) -> None:
    services.credentials._read_keys = lambda: CredentialSettings(None, SecretStr(CANARY), ())
    body = (await client.post("auth")).json()
    assert (body["state"], body["providers"][0]["state"]) == ("failed", "missing_id")
    assert CANARY not in str(body)


async def test_settings_that_cannot_be_read_are_not_our_mistake(client: httpx.AsyncClient, services: Services) -> None:
    def broken() -> CredentialSettings:
        raise SettingsError(["SPRINTAGEN_PORT: wants a whole number"])

    services.credentials._read_keys = broken
    assert_is_problem(await client.post("auth"), 503, "settings_invalid")


@pytest.mark.real
def test_the_real_server_is_well(api: httpx.Client) -> None:
    body = api.get("health").json()
    assert (body["ok"], body["opencode"]["version"], body["database"]) == (True, "1.18.33", True)
    assert body["providers_connected"] == ["scripted"]


@pytest.mark.real
def test_health_turns_to_503_and_back_with_the_server(
    api: httpx.Client, served: Served, real_opencode: RealOpencode
) -> None:
    real_opencode.kill()
    served.wait_until(lambda: api.get("health").status_code == 503, 10)
    body = api.get("health").json()
    assert set(body) == FIELDS
    assert body["opencode"]["reachable"] is False
    assert_is_problem(api.post("sessions", json={"title": "x"}), 502, "opencode_unreachable")
    real_opencode.start()
    served.wait_until(lambda: api.get("health").status_code == 200, 30)
    assert api.post("sessions", json={"title": "back"}).status_code == 201
