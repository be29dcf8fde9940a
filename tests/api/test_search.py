"""`/sessions/{id}/search`: what a program finds in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.test_errors import assert_is_problem
from tests.services.test_session_index import long_session

if TYPE_CHECKING:
    import httpx

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


async def test_the_whole_session_is_searched_and_every_hit_says_where_it_is(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session = await long_session(services, fake, 350)
    answer = await client.get(f"sessions/{session}/search", params={"q": "NEEDLE33 has"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["is_complete"], body["searched_back_to"]) == (True, None)
    assert [hit["message_id"] for hit in body["hits"]] == [f"msg_{n:05d}" for n in (339, 337, 335, 333, 331, 33)]
    assert body["hits"][-1] == {
        "message_id": "msg_00033",
        "role": "assistant",
        "created_at": "2026-01-01T00:00:33Z",
        "part_ids": ["prt_00033"],
        "excerpt": "Answer 33 has a needle33.",
    }


async def test_no_more_than_the_limit_is_answered_and_that_says_so(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session = await long_session(services, fake, 350)
    body = (await client.get(f"sessions/{session}/search", params={"q": "question", "limit": 3})).json()
    assert [hit["message_id"] for hit in body["hits"]] == ["msg_00348", "msg_00346", "msg_00344"]
    assert body["is_complete"] is False
    assert body["searched_back_to"] == "2026-01-01T00:05:44Z"
    everything = (await client.get(f"sessions/{session}/search", params={"q": "question", "limit": 175})).json()
    assert (len(everything["hits"]), everything["is_complete"]) == (175, True)


async def test_nobody_has_seen_a_session_because_a_program_searched_in_it(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await long_session(services, fake, 2)
    seen: list[object] = []

    async def mark_seen(*who: object) -> None:
        seen.append(who)

    monkeypatch.setattr(services.sessions, "mark_seen", mark_seen)
    assert (await client.get(f"sessions/{session}/search", params={"q": "question"})).status_code == 200
    assert seen == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        (f"q={'x' * 201}", "q"),
        ("q=x&limit=0", "limit"),
        ("q=x&limit=201", "limit"),
    ],
)
async def test_a_search_that_makes_no_sense_names_the_field(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode, query: str, field: str
) -> None:
    session = await long_session(services, fake, 2)
    answer = await client.get(f"sessions/{session}/search?{query}")
    assert answer.status_code == 422
    assert field in assert_is_problem(answer, 422, answer.json()["code"])["field"]


async def test_a_session_that_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    assert_is_problem(await client.get("sessions/ses_none/search?q=x"), 404, "not_found")
