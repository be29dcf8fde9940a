"""`TerminalLine`: what runs between one browser and one terminal, never further ahead than the browser can follow.

A program may print without end, and opencode queues for us without limit. So there is a window: as much may be on its
way to the browser. When it is full the line lets go of the server, which then holds nothing for it, and comes back
where it was once the browser has drawn most of it. Of what was printed meanwhile the server keeps the last 2 million
characters; what lies before is lost, and that is told. What is typed goes out at once either way.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen.opencode.errors import NotFound, ServerUnreachable
from sprintagen.opencode.pty_socket import LIVE, Replayed
from sprintagen.services import tasks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import PtyID
    from sprintagen.opencode.pty_socket import PtySocket

WINDOW = 256 * 1024
"""UTF-16 units that may be on their way to the browser."""
LOW = WINDOW // 4
"""With so many left on their way, the line comes back to the server."""
PAUSE = 0.1
"""Seconds between letting go and coming back: what a flood costs us is a window in that time."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A terminal is no more."""

    exit_code: int | None
    """None: it was closed, or went with the server."""


@dataclass(frozen=True, slots=True)
class Lost:
    """So many units of what was printed here were not kept."""

    units: int


@dataclass(frozen=True, slots=True)
class Reached:
    """All that was printed before is told, up to this cursor; what follows is as it happens."""

    cursor: int


Printed = str | Lost | Reached


class TerminalLine:
    """One browser's line to one terminal. `run` tells what is printed; the other methods are called beside it.

    Args:
        client: In the terminal's directory.
        pty_id: Which terminal.
        send: Takes what is printed, with marks in between; returns when it has been handed on.
        ending_of: How a terminal has ended, None if it has not.
        cursor: Where to begin.
    """

    def __init__(
        self,
        client: OpencodeClient,
        pty_id: PtyID,
        send: Callable[[Printed], Awaitable[None]],
        ending_of: Callable[[OpencodeClient, PtyID], Awaitable[Ending | None]],
        *,
        cursor: int = 0,
    ) -> None:
        self._client = client
        self._pty_id = pty_id
        self._send = send
        self._ending_of = ending_of
        self._cursor = cursor
        self._under_way = 0
        self._moved = asyncio.Event()
        self._socket: PtySocket | None = None
        self._typing = asyncio.Lock()
        self._size: tuple[int, int] | None = None
        self._sizing: asyncio.Task[None] | None = None

    async def run(self) -> Ending:
        """Tell what is printed until the terminal ends.

        Raises:
            OpencodeError: The server is away, or its connection broke; the terminal may still be there.
        """
        try:
            while True:
                try:
                    socket = self._socket = await self._client.attach(self._pty_id, cursor=self._cursor)
                except NotFound:
                    return await self._ending_of(self._client, self._pty_id) or Ending(None)
                if not await self._follow(socket):
                    if ending := await self._ending_of(self._client, self._pty_id):
                        return ending
                    raise ServerUnreachable("The opencode server ended the connection to the terminal.")
                await asyncio.sleep(PAUSE)
                await self._until(LOW)
        finally:
            await tasks.end(self._sizing)
            await self._let_go()

    async def type(self, text: str) -> None:
        """Type this.

        Raises:
            OpencodeError: It was not, or it is not known whether it was.
        """
        async with self._typing:  # nobody lets go meanwhile
            if self._socket is not None:
                await self._socket.send(text)
                return
            async with await self._client.attach(self._pty_id, cursor=LIVE) as socket:
                await socket.send(text)

    def drawn(self, units: int) -> None:
        """The browser has drawn so much more."""
        self._under_way = max(0, self._under_way - units)
        self._moved.set()

    def resize(self, columns: int, rows: int) -> None:
        """The browser shows so much of it; of sizes that follow each other quickly the last one counts."""
        self._size = (columns, rows)
        if self._sizing is None or self._sizing.done():
            self._sizing = tasks.create(self._send_size(), name="terminal size")

    async def _follow(self, socket: PtySocket) -> bool:
        """Tell what this connection says; returns whether it was let go because the browser is behind."""
        earlier: list[str] = []
        while not isinstance(item := await socket.receive(), Replayed):
            if item is None:
                await self._pass(earlier)
                return False
            earlier.append(item)
        length = sum(map(utf16_length, earlier))
        lost = item.cursor - length - self._cursor
        self._cursor = item.cursor - length
        if length > WINDOW - self._under_way:
            await self._let_go()
        if lost > 0:
            await self._send(Lost(lost))
        await self._pass(earlier)
        await self._send(Reached(item.cursor))
        while self._socket is not None:
            if self._under_way >= WINDOW:
                await self._let_go()
                break
            printed = await socket.receive()
            if printed is None:
                return False
            if isinstance(printed, str):
                await self._pass([printed])
        return True

    async def _pass(self, pieces: list[str]) -> None:
        for piece in pieces:
            await self._until(WINDOW - 1)
            units = utf16_length(piece)
            self._under_way += units
            self._cursor += units
            await self._send(piece)

    async def _until(self, left: int) -> None:
        """Wait until no more than this is on its way."""
        while self._under_way > left:
            self._moved.clear()
            await self._moved.wait()

    async def _let_go(self) -> None:
        async with self._typing:
            socket, self._socket = self._socket, None
            if socket is not None:
                socket.let_go()

    async def _send_size(self) -> None:
        while self._size is not None:
            size, self._size = self._size, None
            await self._client.pty.update(self._pty_id, size=size)


def utf16_length(text: str) -> int:
    """How the server counts a text."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
