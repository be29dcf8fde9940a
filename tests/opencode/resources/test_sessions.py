from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprintagen.opencode.resources import sessions as sessions_module
from tests.opencode.fakes import client_of


def server_of(times: list[int], limit: int, *, requests: list[int]) -> httpx.MockTransport:
    """`GET /experimental/session` as 1.18 does it: newest first, strictly before the cursor, a cursor while more."""
    stored = sorted(enumerate(times), key=lambda item: -item[1])

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(1)
        cursor = int(request.url.params.get("cursor", 10**18))
        found = [(number, time) for number, time in stored if time < cursor]
        page = [
            {"id": f"ses_{number}", "directory": "/a", "time": {"created": 1, "updated": time}}
            for number, time in found[:limit]
        ]
        headers = {"x-next-cursor": str(page[-1]["time"]["updated"])} if len(found) > limit else {}  # type: ignore[index]
        return httpx.Response(200, json=page, headers=headers)

    return httpx.MockTransport(answer)


@given(st.lists(st.integers(1000, 1020), max_size=40), st.integers(2, 10))
async def test_every_session_is_listed_once_while_fewer_than_a_page_share_a_millisecond(times: list[int], limit: int):
    requests: list[int] = []
    async with client_of(server_of(times, limit, requests=requests)) as client:
        found = await client.sessions.list_all()
    ids = [session.id for session in found]
    assert len(ids) == len(set(ids))
    assert len(requests) <= 3 * len(times) + 3
    if all(times.count(time) < limit for time in times):
        assert len(ids) == len(times)


async def test_a_cursor_that_is_no_time_ends_the_list():
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=[], headers={"x-next-cursor": "abc"}))
    async with client_of(transport) as client:
        assert await client.sessions.list_all() == []


async def test_a_server_that_always_has_more_does_not_hold_us_for_ever():
    pages = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal pages
        pages += 1
        session = {"id": "ses_1", "directory": "/a", "time": {"created": 1, "updated": 5}}
        return httpx.Response(200, json=[session], headers={"x-next-cursor": "5"})

    async with client_of(httpx.MockTransport(answer)) as client:
        assert len(await client.sessions.list_all()) == 1
    assert pages < 10


def test_a_page_is_large_enough_for_a_burst():
    assert sessions_module.PAGE >= 100


@pytest.mark.parametrize("status", ["idle", "busy", "retry", "dreaming"])
async def test_a_status_of_any_name_is_kept(status: str):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"ses_1": {"type": status}}))
    async with client_of(transport) as client:
        ((id, found),) = (await client.sessions.statuses()).items()
    assert (id, found.type) == ("ses_1", status)
