"""The line between a browser and the product, which breaks on command."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tests.e2e.served import Served


class Line:
    """Hands everything on, both ways, until told otherwise; as a context."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
        self._is_dead = False

    @property
    def served(self) -> Served:
        """The product at the address of this line."""
        there = copy.copy(self._served)
        there.link = f"http://127.0.0.1:{self._port}/sign-in"
        return there

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def cut(self) -> None:
        """Nobody listens any more, and what was connected is broken off."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    def freeze(self) -> None:
        """What is sent either way is swallowed, and nobody is told; connections to come are well."""
        for writer in self._writers:
            writer.frozen = True  # type: ignore[attr-defined]

    async def mend(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", int(self._served.port))
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far}
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._hand_on(reader, far), self._hand_on(far_reader, writer))
        self._writers -= {writer, far}

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if not hasattr(writer, "frozen"):
                    writer.write(data)
                    await writer.drain()
        finally:
            if not hasattr(writer, "frozen"):
                writer.close()
