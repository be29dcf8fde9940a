"""A server with terminals over real sockets, as opencode 1.18 speaks, whose programs are played by the test."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from sprintagen.opencode import OpencodeClient, pty_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PASSWORD = "fake-pty-password"
PTY = pty_id("pty_1")
KEPT = 4000
"""UTF-16 units of output that are kept for who comes back; opencode keeps 2 Mi."""


@dataclass
class Attached:
    """One connection; everything waits in `queue` without limit, as at opencode."""

    socket: web.WebSocketResponse
    cursor: int
    queue: asyncio.Queue[str | bytes | None] = field(default_factory=asyncio.Queue)


@dataclass
class FakePtyServer:
    """`output` is what the terminal prints; what was asked and typed is in the lists."""

    kept: int = KEPT
    units: bytes = b""
    """What is kept, in UTF-16."""
    at: int = 0
    """The cursor of the buffer's beginning."""
    typed: list[str] = field(default_factory=list)
    sizes: list[dict[str, int]] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    cursors: list[int] = field(default_factory=list)
    tickets: set[str] = field(default_factory=set)
    queries: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of each handshake."""
    is_there: bool = True
    redirect: str = ""

    @property
    def cursor(self) -> int:
        return self.at + len(self.units) // 2

    @property
    def waiting(self) -> int:
        """Messages held for readers."""
        return sum(one.queue.qsize() for one in self.attached)

    def print(self, text: str) -> None:
        self.units += text.encode("utf-16-le")
        dropped = max(0, len(self.units) // 2 - self.kept)
        self.units, self.at = self.units[2 * dropped :], self.at + dropped
        for one in self.attached:
            one.queue.put_nowait(text)

    def end(self) -> None:
        self.is_there = False
        for one in self.attached:
            one.queue.put_nowait(None)

    async def drop(self) -> None:
        """Break every connection, as a server that dies does."""
        for one in self.attached:
            transport = one.socket._req.transport if one.socket._req is not None else None
            assert transport is not None
            transport.abort()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/pty", self._list)
        app.router.add_post("/pty", self._create)
        app.router.add_get("/pty/{id}", self._get)
        app.router.add_put("/pty/{id}", self._update)
        app.router.add_delete("/pty/{id}", self._remove)
        app.router.add_post("/pty/{id}/connect-token", self._ticket)
        app.router.add_get("/pty/{id}/connect", self._connect)
        return app

    def _info(self) -> dict[str, Any]:
        return {
            "id": PTY,
            "title": "Terminal 1",
            "command": "sh",
            "args": [],
            "cwd": "/w",
            "status": "running",
            "pid": 1,
        }

    def _known(self, request: web.Request) -> None:
        if not self.is_there or request.match_info["id"] != PTY:
            error = {"_tag": "PtyNotFoundError", "ptyID": "x", "message": "PTY session not found"}
            raise web.HTTPNotFound(text=json.dumps(error), content_type="application/json")

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response([self._info()] if self.is_there else [])

    async def _create(self, request: web.Request) -> web.Response:
        self.created.append(await request.json())
        return web.json_response(self._info())

    async def _get(self, request: web.Request) -> web.Response:
        self._known(request)
        return web.json_response(self._info())

    async def _update(self, request: web.Request) -> web.Response:
        self._known(request)
        body = await request.json()
        self.sizes += [body["size"]] if "size" in body else []
        return web.json_response(self._info() | ({"title": body["title"]} if "title" in body else {}))

    async def _remove(self, request: web.Request) -> web.Response:
        self._known(request)
        self.end()
        return web.json_response(True)

    async def _ticket(self, request: web.Request) -> web.Response:
        self._known(request)
        if request.headers.get("x-opencode-ticket") != "1" or "authorization" not in request.headers:
            raise web.HTTPForbidden
        ticket = f"ticket-{len(self.tickets) + len(self.queries)}"
        self.tickets.add(ticket)
        return web.json_response({"ticket": ticket, "expires_in": 60})

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        self._known(request)
        self.queries.append(dict(request.query))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.redirect:
            raise web.HTTPFound(self.redirect)
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            raise web.HTTPForbidden
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        cursor = int(request.query.get("cursor", "0"))
        self.cursors.append(cursor)
        one = Attached(socket, cursor)
        units = self.units[2 * max(0, cursor - self.at) :] if 0 <= cursor < self.cursor else b""
        replay = units.decode("utf-16-le", "replace")
        for at in range(0, len(replay), 1000):
            one.queue.put_nowait(replay[at : at + 1000])
        one.queue.put_nowait(b"\0" + json.dumps({"cursor": self.cursor}).encode())
        self.attached.append(one)
        telling = asyncio.create_task(self._tell(one))
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self.typed.append(message.data if isinstance(message.data, str) else message.data.decode())
        finally:
            self.attached.remove(one)
            telling.cancel()
        return socket

    async def _tell(self, one: Attached) -> None:
        while True:
            item = await one.queue.get()
            if item is None:
                await one.socket.close(code=1000)
                return
            await (one.socket.send_str(item) if isinstance(item, str) else one.socket.send_bytes(item))


@asynccontextmanager
async def served(fake: FakePtyServer, *, directory: str = "/w") -> AsyncIterator[OpencodeClient]:
    """A client of the fake."""
    server = TestServer(fake.app())
    await server.start_server()
    try:
        async with OpencodeClient(
            f"http://127.0.0.1:{server.port}", password=SecretStr(PASSWORD), directory=directory, timeout=5
        ) as client:
            yield client
    finally:
        await server.close()
