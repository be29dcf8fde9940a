"""Small real things to talk to: a transport that records, and a TCP server that answers with the bytes it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from sprintagen.opencode import OpencodeClient

TRACES = Path(__file__).parent.parent / "traces"

SESSION = {
    "id": "ses_1",
    "slug": "lucky-sailor",
    "projectID": "p1",
    "directory": "/workspace/repo",
    "title": "A title",
    "version": "1.18.33",
    "time": {"created": 1795387601697, "updated": 1795387601799},
}
USER = {"id": "msg_1", "sessionID": "ses_1", "role": "user", "time": {"created": 1795387601799}}
TEXT = {"id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1", "type": "text", "text": "hello"}


class Recorder(httpx.MockTransport):
    """Answers every request with the same thing, and keeps the requests."""

    def __init__(self, answer: Any = None, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer
        self._status = status
        self._headers = headers or {}
        super().__init__(self._handle)

    @property
    def request(self) -> httpx.Request:
        assert len(self.requests) == 1, self.requests
        return self.requests[0]

    @property
    def line(self) -> str:
        return f"{self.request.method} {self.request.url.raw_path.decode()}"

    @property
    def body(self) -> Any:
        return json.loads(self.request.content)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        if isinstance(self._answer, (bytes, str)):
            return httpx.Response(self._status, content=self._answer, headers=self._headers)
        if self._answer is None:
            return httpx.Response(self._status, headers=self._headers)
        return httpx.Response(self._status, json=self._answer, headers=self._headers)


def client_of(transport: httpx.AsyncBaseTransport, **options: Any) -> OpencodeClient:
    options.setdefault("password", SecretStr("s3cret-password"))
    return OpencodeClient("http://opencode.test:4096", transport=transport, **options)


def lines(name: str) -> list[dict[str, Any]]:
    """A trace's events."""
    return [json.loads(line) for line in (TRACES / name).read_text().splitlines() if line.strip()]


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp_server(handler: Handler, port: int = 0) -> AsyncIterator[str]:
    """The URL of a server that runs the handler for each connection; whoever still talks at the end is cut off."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            talks.discard(task)

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def head(reader: asyncio.StreamReader) -> bytes:
    """A request's head."""
    return await reader.readuntil(b"\r\n\r\n")


def answering(raw: bytes) -> Handler:
    """A handler that reads a request's head, writes these bytes and hangs up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(raw)
        await writer.drain()

    return handle
