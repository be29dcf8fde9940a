"""Whoever says half a request, or one without an end, holds nothing for long."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from sprintagen import patience
from sprintagen.patience import PatientProtocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


async def count(scope: Any, receive: Any, send: Any) -> None:
    """Answers with how much came; says back what a socket says."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        more = message["more_body"]
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = Config(count, http=PatientProtocol, log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: PatientProtocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        async with asyncio.timeout(30):
            yield reader, writer
    finally:
        writer.close()
        server.close()


@pytest.mark.parametrize(
    "said",
    [b"", b"GET", HEAD, HEAD + b"Content-Length: 5\r\n\r\nab", HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab"],
    ids=["nothing", "a word", "half a head", "half a body", "a piece"],
)
async def test_a_connection_that_does_not_say_the_rest_is_closed(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(patience, "BODY_SECONDS", 0.1)
    async with connected() as (reader, writer):
        writer.write(said)
        assert await reader.read() == b""


async def test_a_websocket_may_be_silent_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BODY_SECONDS", 0.1)
    async with connected() as (_, writer), aiohttp.ClientSession() as session:
        host, port = writer.get_extra_info("peername")
        async with session.ws_connect(f"http://{host}:{port}/") as page:
            await asyncio.sleep(0.4)
            await page.send_str("still here")
            assert await page.receive_str() == "still here"


async def test_whoever_says_it_all_is_answered_again_and_again_on_one_connection() -> None:
    async with connected() as (reader, writer):
        for size in (0, 5, 300_000):
            writer.write(HEAD + f"Content-Length: {size}\r\n\r\n".encode() + b"x" * size)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(str(size))) == str(size).encode()
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 9000 + b"0\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(4) == b"9000"


@pytest.mark.parametrize(
    ("begin", "more", "answer"),
    [
        (HEAD, b"X: " + b"x" * 1000 + b"\r\n", b"HTTP/1.1 431"),
        (HEAD + b"X: ", b"x" * 1000, b"HTTP/1.1 431"),
        (b"GET /", b"x" * 1000, b"HTTP/1.1 431"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: " + b"x" * 1000 + b"\r\n", b""),
    ],
    ids=["many headers", "one long header", "a long path", "a long trailer"],
)
async def test_a_request_with_endless_headers_is_not_kept(begin: bytes, more: bytes, answer: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(begin)
        for _ in range(80):
            writer.write(more)
        said = b""
        try:
            said = await reader.read()
        except ConnectionError:  # closed while we were still talking
            answer = b""
        assert said.startswith(answer)
        assert b"200" not in said
