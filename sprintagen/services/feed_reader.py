"""Readers of the raw events: what the API sends out as server-sent events, one upstream stream for all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.opencode.events import Event
    from sprintagen.opencode.ids import SessionID

QUEUE_LIMIT = 5000


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One event with a number of ours; numbers grow, also over restarts of sprintagen."""

    id: int
    directory: str | None
    event: Event | None
    """None, as the last item of a reader: it did not keep up, and events are lost to it."""


class FeedReader:
    """`async for item in reader`; ends when it is closed, by its reader or because it did not keep up.

    One that is simply dropped costs nothing more.
    """

    def __init__(
        self,
        session_id: SessionID | None,
        earlier: Iterable[FeedItem],
        *,
        missed: bool,
        limit: int,
    ) -> None:
        self.session_id = session_id
        self.missed = missed
        """Events after the one asked for are not kept any more: the reader has to fetch afresh."""
        self.closed_reason: str | None = None
        """Why it ended, in words; None while it is open."""
        self._items: deque[FeedItem] = deque(earlier)
        self._limit = limit
        self._ready = asyncio.Event()
        if self._items:
            self._ready.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FeedItem:
        while not self._items:
            if self.closed_reason is not None:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        return self._items.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def put(self, item: FeedItem) -> None:
        """Hand over one event; a reader too far behind is closed instead, so that it costs nobody else anything."""
        if self.closed_reason is not None:
            return
        if len(self._items) >= self._limit:
            self._items.clear()
            self._items.append(FeedItem(item.id, None, None))
            self.close("You read too slowly: events were lost. Connect again and fetch afresh.")
            return
        self._items.append(item)
        self._ready.set()

    def close(self, reason: str = "closed") -> None:
        if self.closed_reason is None:
            self.closed_reason = reason
            self._ready.set()
