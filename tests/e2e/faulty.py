"""Something between the product and opencode that can go wrong on command."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Literal, Self

Mode = Literal["pass", "500", "html", "garbage", "silent", "refuse"]
_PAGE = b"<!doctype html><html><title>Some other program</title><body>Welcome!</body></html>"


class FaultyServer:
    """A server that answers wrongly, or hands everything on to a real one.

    Args:
        target: Port of the real one, for the mode `pass`.
        mode: What it does at first.
    """

    def __init__(self, mode: Mode, *, target: int = 0) -> None:
        self.mode: Mode = mode
        self.requests = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._hang_up()
        await self._server.wait_closed()

    async def switch(self, mode: Mode) -> None:
        """Do something else from now on; connections that are open break off."""
        self.mode = mode
        await self._hang_up()

    async def _hang_up(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the only one who cancels is ourselves, who wait for the task
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self.mode:
            case "pass":
                await self._hand_on(reader, writer)
            case "silent":
                await reader.read()
                await asyncio.Event().wait()
            case "refuse":
                return
            case mode:
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                writer.write(_answer(mode))
                await writer.drain()
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, far_writer))
                group.create_task(_copy(far_reader, writer))
        except* OSError:
            pass
        finally:
            far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    raise ConnectionResetError  # one side has ended: so does the other


def _answer(mode: str) -> bytes:
    if mode == "garbage":
        return bytes(range(128, 256)) * 4 + b"\r\n\r\n\x00\x01"
    status, kind, body = (
        (
            "500 Internal Server Error",
            "application/json",
            b'{"name":"UnknownError","data":{"message":"boom at /srv/x.ts:1"}}',
        )
        if mode == "500"
        else ("200 OK", "text/html", _PAGE)
    )
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
