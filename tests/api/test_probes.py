"""`/healthz`, `/readyz` and `/metrics`: what engines, balancers and a Prometheus hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from prometheus_client.parser import text_string_to_metric_families

from sprintagen.errors import DatabaseError
from sprintagen.opencode import errors
from tests.api.conftest import PREFIX
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.api.conftest import Wire
    from tests.services.fakes import FakeOpencode


async def read(client: httpx.AsyncClient) -> dict[str, float]:
    """Every sample, as Prometheus names it."""
    answer = await client.get("http://localhost/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def ready(client: httpx.AsyncClient) -> tuple[int, dict[str, object]]:
    answer = await client.get("http://localhost/readyz", headers={"authorization": ""})
    return answer.status_code, answer.json()


async def test_liveness_and_readiness_are_for_everybody(client: httpx.AsyncClient) -> None:
    assert (await client.get("http://localhost/healthz")).json() == {"ok": True}
    assert await ready(client) == (200, {"ready": True, "database": "ok", "opencode": "ok"})


async def test_an_opencode_that_went_away_is_waited_for_and_people_still_come(
    client: httpx.AsyncClient, fake: FakeOpencode, services: Services
) -> None:
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    assert await ready(client) == (200, {"ready": True, "database": "ok", "opencode": "waiting"})


async def test_an_opencode_that_refuses_our_password_is_a_persons_to_mend(
    client: httpx.AsyncClient, fake: FakeOpencode, services: Services
) -> None:
    fake.disconnect(errors.ServerAuthError("The server refuses our password."))
    await until(lambda: services.feed.connection.state == "failed")
    assert await ready(client) == (503, {"ready": False, "database": "ok", "opencode": "failed"})


async def test_a_database_that_takes_nothing_is_not_ready(client: httpx.AsyncClient, services: Services) -> None:
    services.database.error = DatabaseError("The disk is full.")
    assert await ready(client) == (503, {"ready": False, "database": "failed", "opencode": "ok"})
    assert (await read(client))["sprintagen_database_up"] == 0


async def test_nobody_is_sent_here_before_opencode_has_ever_answered(wired: httpx.AsyncClient, wire: Wire) -> None:
    assert await ready(wired) == (503, {"ready": False, "database": "failed", "opencode": "starting"})


async def test_metrics_are_for_who_has_the_token(client: httpx.AsyncClient) -> None:
    answer = await client.get("http://localhost/metrics", headers={"authorization": "Bearer wrong"})
    assert answer.status_code == 401


async def test_metrics_tell_how_we_stand_with_opencode(
    client: httpx.AsyncClient, fake: FakeOpencode, services: Services
) -> None:
    found = await read(client)
    assert found["sprintagen_version_info{version=1.2.3}"] == 1
    assert found["sprintagen_opencode_info{tested=1.18.33,version=1.18.33}"] == 1
    assert found["sprintagen_opencode_up"] == found["sprintagen_ready"] == found["sprintagen_database_up"] == 1
    assert found["sprintagen_opencode_connection{state=connected}"] == 1
    assert found["sprintagen_opencode_connection{state=failed}"] == 0
    assert found["sprintagen_event_stream_age_seconds"] >= 0
    assert found["sprintagen_event_stream_reconnects_total"] == 0
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.connect()
    await until(services.feed.is_connected)
    fake.broken["health.get"] = [errors.ServerUnreachable("It is away.")]
    found = await read(client)
    assert found["sprintagen_event_stream_reconnects_total"] == 1
    assert found["sprintagen_opencode_up"] == 0


async def test_metrics_tell_what_was_asked_of_us_by_route_and_never_by_path(client: httpx.AsyncClient) -> None:
    canary = "ses_0000000000canary0000000000"
    await client.get("sessions")
    await client.get(f"sessions/{canary}")
    await client.get(f"http://localhost/{canary}")
    await client.request(canary, "sessions")
    answer = await client.get("http://localhost/metrics")
    assert canary not in answer.text
    found = await read(client)

    def count(method: str, route: str, status: str) -> float:
        return found[f"sprintagen_http_request_seconds_count{{method={method},route={route},status={status}}}"]

    assert count("GET", f"{PREFIX}/sessions", "2xx") == 1
    assert count("GET", f"{PREFIX}/sessions/{{session_id}}", "4xx") == 1
    assert count("GET", "none", "4xx") == 1
    assert count("other", f"{PREFIX}/sessions", "4xx") == 1
    assert count("GET", "/metrics", "2xx") == 1
