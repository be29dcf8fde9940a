"""`PtySocket`: one connection to a terminal, as opencode speaks it.

What was printed comes as text, from the asked cursor on and then live; between the two comes one binary message with
the cursor the replay has reached. What is typed goes as text. opencode queues for a reader without limit, so a reader
that cannot keep up lets go and comes back with its cursor: the last 2 Mi UTF-16 units are kept there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from websockets.exceptions import ConnectionClosed

from sprintagen.opencode.errors import WRONG_SERVER_HINT, UnreadableAnswer
from sprintagen.opencode.web_socket import translated_socket

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

LIVE: Final = -1
"""The cursor that asks for no replay."""
_NORMAL: Final = 1000
_GONE: Final = 4404


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was printed before is told; all that follows is new."""

    cursor: int
    """UTF-16 units that were printed so far."""


class PtySocket:
    """An open connection. Whoever opened it closes it, by `async with`, `aclose` or `let_go`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> str | Replayed | None:
        """What was printed next; None: the terminal has ended, was removed, or its directory's instance was disposed.

        Raises:
            OpencodeError: The connection broke, or this is no terminal.
        """
        with translated_socket():
            try:
                message = await self._connection.recv()
            except ConnectionClosed as error:
                if error.rcvd is not None and error.rcvd.code in (_NORMAL, _GONE):
                    return None
                raise
        return message if isinstance(message, str) else _replayed(message)

    async def send(self, text: str) -> None:
        """Type this; returns when the connection has taken it.

        Raises:
            OpencodeError: The connection broke: it is not known whether it was typed.
        """
        with translated_socket():
            await self._connection.send(text)

    def let_go(self) -> None:
        """Break off at once, so that the server frees what it holds for us."""
        self._connection.transport.abort()

    async def aclose(self) -> None:
        """End in good order, a second at most."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()


def _replayed(message: bytes) -> Replayed:
    try:
        cursor = json.loads(message[1:])["cursor"] if message[:1] == b"\0" else None
    except (ValueError, KeyError, TypeError):
        cursor = None
    if not isinstance(cursor, int) or cursor < 0:
        raise UnreadableAnswer("The opencode server said something unknown about the terminal.", hint=WRONG_SERVER_HINT)
    return Replayed(cursor)
