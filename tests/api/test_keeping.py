"""Deleting with time to think better of it, and pins; over an opencode in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.test_errors import assert_is_problem
from tests.services.fakes import settled

if TYPE_CHECKING:
    import httpx

    from tests.services.fakes import FakeOpencode


async def test_a_deletion_is_wanted_listed_and_taken_back(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session("Old one")
    await settled()
    wanted = await client.post(f"sessions/{session}/deletion")
    assert (wanted.status_code, wanted.json()["title"]) == (202, "Old one")
    assert (await client.get("deletions")).json() == [wanted.json()]
    assert (await client.get("sessions")).json() == {"sessions": [], "total": 0}
    assert (await client.delete(f"sessions/{session}/deletion")).status_code == 204
    assert (await client.get("deletions")).json() == []
    assert (await client.get("sessions")).json()["total"] == 1
    assert_is_problem(await client.delete(f"sessions/{session}/deletion"), 404, "not_found")


async def test_a_session_is_pinned_and_let_go(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    await settled()
    assert (await client.put(f"sessions/{session}/pin")).status_code == 204
    assert (await client.get("pins")).json() == [session]
    assert (await client.delete(f"sessions/{session}/pin")).status_code == 204
    assert (await client.get("pins")).json() == []


@pytest.mark.parametrize(
    ("method", "tail"), [("POST", "deletion"), ("DELETE", "deletion"), ("PUT", "pin"), ("DELETE", "pin")]
)
async def test_an_unknown_session_is_not_found(client: httpx.AsyncClient, method: str, tail: str) -> None:
    assert_is_problem(await client.request(method, f"sessions/ses_unknown/{tail}"), 404, "not_found")
    assert_is_problem(await client.request(method, f"sessions/nothing/{tail}"), 422, "invalid_input")
