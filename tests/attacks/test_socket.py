"""The page's socket: who may open it, for whose page it may speak, and what nonsense does."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import socketio  # type: ignore[import-untyped]

from tests.served import COOKIE, TOKEN, Served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATH = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"


def load_page(served: Served, session: str) -> str:
    """The client id of a page that this session has loaded."""
    with served.member(session) as browser:
        html = browser.get("/admin/chats", headers={"accept": "text/html"}).text
    found = re.search(r"'client_id': '([0-9a-f-]{36})'", html)
    assert found is not None, html[:2000]
    return found[1]


@asynccontextmanager
async def socket(served: Served, session: str, client_id: str, **query: str) -> AsyncIterator[Any]:
    parameters = {"client_id": client_id, "tab_id": "t", "document_id": "d", "next_message_id": "0"}
    parameters |= {"implicit_handshake": "true"} | query
    client = socketio.AsyncClient(reconnection=False)
    headers = {"Cookie": f"{COOKIE}={session}", "Origin": served.url}
    text = "&".join(f"{name}={value}" for name, value in parameters.items() if value)
    try:
        await client.connect(
            f"{served.url}?{text}", headers=headers, socketio_path="/_nicegui_ws/socket.io", transports=["websocket"]
        )
        yield client
    finally:
        await client.disconnect()
        if client.eio.http is not None:
            await client.eio.http.close()
        await asyncio.sleep(0)


async def opens(served: Served, headers: dict[str, str]) -> bool:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(served.url + PATH, headers=headers) as opened:
                return (await opened.receive(10)).type == aiohttp.WSMsgType.TEXT
        except aiohttp.WSServerHandshakeError:
            return False


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({"Origin": "own", "Cookie": "own"}, True),
        ({"Authorization": f"Bearer {TOKEN}"}, True),
        ({"Origin": "own"}, False),
        ({"Cookie": "own"}, False),
        ({"Origin": "own", "Cookie": f"{COOKIE}=" + "a" * 43}, False),
        ({"Origin": "https://evil.example", "Cookie": "own"}, False),
        ({"Origin": "null", "Cookie": "own"}, False),
        ({"Origin": "http://evil.example", "Host": "evil.example", "Cookie": "own"}, False),
        ({"Authorization": "Bearer wrong", "Origin": "own", "Cookie": "own", "X-Forwarded-For": "203.0.113.9"}, False),
    ],
    ids=str,
)
async def test_the_socket_opens_only_to_our_own_page(fortress: Served, headers: dict[str, str], may: bool) -> None:
    own = {"Origin": fortress.url, "Cookie": f"{COOKIE}={fortress.sign_in()}"}
    sent = {name: own[name] if value == "own" else value for name, value in headers.items()}
    assert await opens(fortress, sent) is may


async def test_a_page_can_be_spoken_for_by_the_session_that_loaded_it(fortress: Served) -> None:
    session = fortress.sign_in()
    async with socket(fortress, session, load_page(fortress, session)) as page:
        assert page.connected


async def test_another_sign_in_cannot_take_over_a_page(fortress: Served) -> None:
    victim, thief = fortress.sign_in(), fortress.sign_in()
    client_id = load_page(fortress, victim)
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with socket(fortress, thief, client_id):
            pass
    async with socket(fortress, thief, "", implicit_handshake="") as plain:
        handshake = {"client_id": client_id, "tab_id": "t", "document_id": "d", "next_message_id": 0}
        assert await plain.call("handshake", handshake, timeout=10) is False
    async with socket(fortress, victim, client_id) as page:  # the page is still the victim's
        assert page.connected


async def test_an_event_for_another_sign_ins_page_is_dropped(fortress: Served) -> None:
    victim, thief = fortress.sign_in(), fortress.sign_in()
    stolen = load_page(fortress, victim)
    async with socket(fortress, victim, stolen), socket(fortress, thief, load_page(fortress, thief)) as own:
        before = fortress.log.count("of another sign-in")
        for name in ("event", "javascript_response", "ack", "log"):
            message = {"client_id": stolen, "id": 1, "level": "error", "message": "stolen", "request_id": "x"}
            assert await own.call(name, message, timeout=10) is False
    assert fortress.log.count("of another sign-in") == before + 4
    assert "browser: stolen" not in fortress.log


async def test_signing_out_ends_the_live_socket_and_its_page(fortress: Served) -> None:
    session = fortress.sign_in()
    client_id = load_page(fortress, session)
    async with socket(fortress, session, client_id) as page:
        with fortress.member(session) as browser:
            assert browser.post("/sign-out").status_code == 303
        async with asyncio.timeout(5):
            await page.wait()
        assert not page.connected
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with socket(fortress, fortress.sign_in(), client_id):
            pass


async def test_signing_out_one_session_leaves_the_others_alone(fortress: Served) -> None:
    stays, goes = fortress.sign_in(), fortress.sign_in()
    async with socket(fortress, stays, load_page(fortress, stays)) as page:
        with fortress.member(goes) as browser:
            browser.post("/sign-out")
        await asyncio.sleep(0.2)
        assert page.connected


async def test_what_a_browser_says_cannot_forge_a_line_of_the_log(fortress: Served) -> None:
    session = fortress.sign_in()
    client_id = load_page(fortress, session)
    text = "one\n2026-01-01 00:00:00,000 ERROR   sprintagen: forged\r\x1b[31m\u2028\u202e" + "x" * 5000
    async with socket(fortress, session, client_id) as page:
        await page.emit("log", {"client_id": client_id, "level": "error", "message": text})
        await asyncio.to_thread(fortress.wait_until, lambda: "forged" in fortress.log)
    [line] = [line for line in fortress.log.splitlines() if "forged" in line]
    assert not line.startswith("2026-01-01")
    assert "\\n2026" in line
    assert line.isprintable()
    assert len(line) < 2500


def test_a_path_cannot_forge_a_line_of_the_log(fortress: Served) -> None:
    with fortress.program() as program:
        program.get("/api/opencode/sessions/ses_%0a%1b[31mFORGED%0dERROR")
        program.get("/nowhere%0aFORGED")
    lines = [line for line in fortress.log.splitlines() if "FORGED" in line]
    assert lines
    assert all(line[:4].isdigit() and line.isprintable() for line in lines)


NONSENSE = [
    ("event", {"client_id": "own"}),
    ("event", {"client_id": "own", "id": "x", "args": "junk", "listener_id": 5}),
    ("event", {"client_id": "own", "id": 3, "args": ["{not json"], "listener_id": "x"}),
    ("event", {"client_id": None}),
    ("event", "text"),
    ("event", ["a", "b"]),
    ("event", None),
    ("ack", {"client_id": "own", "next_message_id": "x"}),
    ("ack", {"client_id": "own"}),
    ("javascript_response", {"client_id": "own"}),
    ("javascript_response", {"client_id": "own", "request_id": {"a": 1}}),
    ("log", {"client_id": "own", "level": "__class__", "message": "x"}),
    ("log", {"client_id": "own", "level": ["error"], "message": {"a": "b"}}),
    ("handshake", {"client_id": "own"}),
    ("handshake", {"client_id": {"a": 1}, "tab_id": []}),
    ("unknown_event", {"client_id": "own"}),
    ("disconnect", {"client_id": "own"}),
]


async def test_nonsense_leaves_no_traceback_and_the_page_alive(fortress: Served) -> None:
    session = fortress.sign_in()
    client_id = load_page(fortress, session)
    async with socket(fortress, session, client_id) as page:
        for name, message in NONSENSE:
            if isinstance(message, dict) and message.get("client_id") == "own":
                message = {**message, "client_id": client_id}  # noqa: PLW2901
            await page.emit(name, message)
        await page.emit("log", {"client_id": client_id, "level": "info", "message": "after the nonsense"})
        await asyncio.to_thread(fortress.wait_until, lambda: "after the nonsense" in fortress.log)
        assert page.connected
    assert "Traceback" not in fortress.log


@pytest.mark.parametrize(
    "frame",
    ["", "9", "4", "42", '42["event"', "42{}", '42["event",{"client_id":1}]', "41", "40/other,", "2probe", "6", "5",
     '451-["event",{"_":0}]', "4" + "[" * 50_000, "z" * 2000, '42["log"]', "4\x00"],
    ids=lambda frame: repr(frame[:20]),
)  # fmt: skip
async def test_a_frame_that_is_none_leaves_no_traceback(fortress: Served, frame: str) -> None:
    headers = {"Origin": fortress.url, "Cookie": f"{COOKIE}={fortress.sign_in()}"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(fortress.url + PATH, headers=headers) as raw,
    ):
        await raw.receive(10)
        await raw.send_str("40")
        await raw.receive(10)
        await raw.send_str(frame)
        await raw.send_bytes(b"\x00\xff" + frame.encode()[:100])
        await asyncio.sleep(0.1)
    with fortress.stranger() as visitor:
        assert visitor.get("/healthz").status_code == 200
    assert "Traceback" not in fortress.log
