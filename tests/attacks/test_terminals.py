"""The terminals' socket: who may open it, what it never says, and what nonsense does. It leads to a shell."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import pytest
from yarl import URL

from tests.attacks.conftest import PASSWORD, STACK
from tests.served import COOKIE, TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.attacks.conftest import Upstream
    from tests.served import Served

PATH = "/api/opencode/pty/pty_1/connect"


@asynccontextmanager
async def opened(served: Served, path: str = PATH, **headers: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    sent = headers or {"Origin": served.url, "Cookie": f"{COOKIE}={served.sign_in()}"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(URL(served.url + path, encoded=True), headers=sent, max_msg_size=0) as socket,
    ):
        yield socket


async def told(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
    """All it says until it closes."""
    said = []
    async with asyncio.timeout(15):
        while (message := await socket.receive()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            said.append(json.loads(message.data) if message.type == aiohttp.WSMsgType.BINARY else message.data)
    return said


async def answer(served: Served, path: str = PATH, **headers: str) -> int:
    """The status of a handshake; whoever is let in has heard an error, since nothing works behind this door."""
    try:
        async with opened(served, path, **headers) as socket:
            assert ["error" in message for message in await told(socket)] == [True]
    except aiohttp.WSServerHandshakeError as error:
        return error.status
    return 101


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({"Origin": "own", "Cookie": "own"}, True),
        ({"Authorization": f"Bearer {TOKEN}"}, True),
        ({}, False),
        ({"Origin": "own"}, False),
        ({"Cookie": "own"}, False),
        ({"Origin": "own", "Cookie": f"{COOKIE}=" + "a" * 43}, False),
        ({"Origin": "https://evil.example", "Cookie": "own"}, False),
        ({"Origin": "null", "Cookie": "own"}, False),
        ({"Origin": "own", "Cookie": "own", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "http://evil.example", "Host": "evil.example", "Cookie": "own"}, False),
        ({"Authorization": "Bearer wrong", "Origin": "own", "Cookie": "own", "X-Forwarded-For": "203.0.113.8"}, False),
    ],
    ids=str,
)
async def test_the_socket_opens_only_to_our_own_page_and_to_programs_with_the_token(
    fortress: Served, upstream: Upstream, headers: dict[str, str], may: bool
) -> None:
    own = {"Origin": fortress.url, "Cookie": f"{COOKIE}={fortress.sign_in()}"}
    sent = {name: own[name] if value == "own" else value for name, value in headers.items()} or {"X-Nothing": "x"}
    before = len([line for line in upstream.lines if "/pty/" in line])
    assert await answer(fortress, **sent) == (101 if may else 403)
    assert (len([line for line in upstream.lines if "/pty/" in line]) > before) is may


@pytest.mark.parametrize("query", ["?token=" + TOKEN, "?ticket=x", "?auth_token=b3BlbmNvZGU6eA==", f"?{COOKIE}=x"])
async def test_nothing_in_the_address_opens_it(fortress: Served, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with opened(fortress, PATH + query, Origin=fortress.url):
            pass


async def test_what_the_server_behind_says_is_not_passed_on(fortress: Served) -> None:
    async with opened(fortress) as socket:
        said = json.dumps(await told(socket))
    assert "error" in said
    assert STACK not in said
    assert PASSWORD not in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "path",
    ["ses_1", "pty", "pty_%2e%2e", "pty_1%2f..%2f..%2fsession", "pty_1%3fdirectory=/etc", "pty_1%23", "pty_1%00",
     "pty_1%0d%0aX-Evil:%201", "pty_%c3%a9", "pty_" + "a" * 200],
)  # fmt: skip
async def test_an_id_that_is_none_goes_nowhere(fortress: Served, upstream: Upstream, path: str) -> None:
    before = len(upstream.lines)
    assert await answer(fortress, f"/api/opencode/pty/{path}/connect") in (101, 403, 404)
    assert not [line for line in upstream.lines[before:] if "connect" in line or "evil" in line.lower()]


@pytest.mark.parametrize("query", ["session_id=../../etc", "session_id=ses_1%3fdirectory=/etc", "directory=/etc"])
async def test_no_directory_comes_from_the_browser(fortress: Served, upstream: Upstream, query: str) -> None:
    before = len(upstream.lines)
    async with opened(fortress, f"{PATH}?{query}") as socket:
        await told(socket)
    assert "etc" not in "".join(upstream.lines[before:])


@pytest.mark.parametrize("query", ["cursor=-1", "cursor=x", "cursor=1e400", "cursor=" + "9" * 5000])
async def test_a_cursor_that_is_none_opens_nothing(fortress: Served, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with opened(fortress, f"{PATH}?{query}"):
            pass
    assert "Traceback" not in fortress.log


async def test_frames_beyond_the_limit_end_the_socket_and_leave_no_memory(fortress: Served) -> None:
    process = psutil.Process(fortress.process.pid)  # type: ignore[union-attr]
    for _ in range(4):
        async with opened(fortress) as socket:
            try:
                await socket.send_str("x" * 20_000_000)
                await told(socket)
            except ConnectionError:
                pass
    assert process.memory_info().rss < 600_000_000
    with fortress.stranger() as visitor:
        assert visitor.get("/healthz").status_code == 200
    assert "Traceback" not in fortress.log
