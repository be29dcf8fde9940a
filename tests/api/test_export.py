"""`/sessions/{id}/export`: what a program and a browser get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.test_errors import assert_is_problem
from tests.services.test_session_acts import talk

if TYPE_CHECKING:
    import httpx

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


@pytest.mark.parametrize(
    ("format", "kind"), [("md", "text/markdown"), ("json", "application/json"), ("html", "text/html")]
)
async def test_a_session_is_a_file_that_runs_nothing_here(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode, format: str, kind: str
) -> None:
    session = await talk(services, fake, "Explain the shop")
    answer = await client.get(f"sessions/{session}/export?format={format}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="a-talk.{format}"'
    assert answer.headers["content-security-policy"].endswith("sandbox")
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert "Explain the shop" in answer.text


async def test_trouble_is_a_problem_and_no_file(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session = await talk(services, fake, "one")
    assert_is_problem(await client.get("sessions/ses_unknown/export"), 404, "not_found")
    assert_is_problem(await client.get(f"sessions/{session}/export?format=exe"), 422, "invalid_input")
    assert_is_problem(await client.get("sessions/..%2fconfig/export"), 404, "not_found")
    refused = await client.get(f"sessions/{session}/export", headers={"authorization": "Bearer no"})
    assert refused.status_code == 401
