"""What a connection brings, taken up together: its bytes read ahead, and the deltas of one part as one.

A model may write thousands of words a second, each an event in a piece of bytes of its own. Whoever comes late takes
all that has arrived at the price of one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from sprintagen.opencode.errors import OpencodeError
from sprintagen.opencode.events import PartDelta

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from sprintagen.opencode.events import Event

MOST: Final = 4 * 1024 * 1024
"""Bytes read ahead at most; what comes later waits in the connection."""


class Intake:
    """Reads a connection as long as the `async with` lasts, which begins and ends in one task.

    Args:
        pieces: The connection's bytes.
    """

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._arrived: list[bytes] = []
        self._size = 0
        self._has_news = asyncio.Event()
        self._has_room = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read(), name="read the events ahead")
        self._reading.add_done_callback(lambda _: self._has_news.set())
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})
            if not self._reading.cancelled():
                self._reading.exception()  # of a connection nobody reads any more

    async def take(self) -> bytes | None:
        """All that has arrived, at least one piece; None: the connection has ended.

        Raises:
            Exception: Whatever reading the connection raised, after all that came before it.
        """
        await self._has_news.wait()
        taken = b"".join(self._arrived)
        self._arrived.clear()
        self._size = 0
        self._has_room.set()
        if self._reading is None or not self._reading.done():
            self._has_news.clear()
        elif not taken:
            self._reading.result()
            return None
        return taken

    async def _read(self) -> None:
        async for piece in self._pieces:
            self._arrived.append(piece)
            self._size += len(piece)
            self._has_news.set()
            if self._size > MOST:
                self._has_room.clear()
                await self._has_room.wait()


def joined(events: Iterable[tuple[str | None, Event]]) -> Iterator[tuple[str | None, Event]]:
    """Events with their directories; deltas of the same field that follow each other directly become one."""
    held: tuple[str | None, PartDelta] | None = None
    texts: list[str] = []
    following = iter(events)
    while True:
        try:
            directory, event = next(following)
        except StopIteration:
            break
        except OpencodeError:  # what came before it is good
            if held is not None:
                yield _whole(*held, texts)
            raise
        if type(event) is PartDelta:
            if held is not None and _continues(held[1], event):
                texts.append(event.delta)
                continue
            if held is not None:
                yield _whole(*held, texts)
            held, texts = (directory, event), [event.delta]
            continue
        if held is not None:
            yield _whole(*held, texts)
            held = None
        yield directory, event
    if held is not None:
        yield _whole(*held, texts)


def _continues(earlier: PartDelta, later: PartDelta) -> bool:
    return (
        later.part_id == earlier.part_id
        and later.field == earlier.field
        and later.message_id == earlier.message_id
        and later.session_id == earlier.session_id
    )


def _whole(directory: str | None, first: PartDelta, texts: list[str]) -> tuple[str | None, PartDelta]:
    return directory, first if len(texts) == 1 else first.model_copy(update={"delta": "".join(texts)})
