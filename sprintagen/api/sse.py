"""Server-sent events to browsers and programs: framing, headers, keep-alive and the end, in one place."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from starlette.types import Receive, Scope, Send

HEARTBEAT_SECONDS = 10.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frame(event: str, data: Any, *, event_id: int | None = None) -> bytes:
    """One event on the wire; `data` is written as a single line of JSON."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    name = "".join(character for character in event if character.isprintable())  # a line break would end the field
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return f"{head}event: {name}\ndata: {text}\n\n".encode("utf-8", "replace")


class EventStreamResponse(StreamingResponse):
    """Sends frames as they come and a comment whenever nothing has come for ten seconds.

    Ends when `frames` ends or the reader goes; `frames` is closed either way.
    """

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        self._chunks = with_heartbeats(frames)
        super().__init__(self._chunks, media_type="text/event-stream", headers=HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._chunks.aclose()


async def with_heartbeats(
    frames: AsyncIterator[bytes], *, interval: float = HEARTBEAT_SECONDS
) -> AsyncGenerator[bytes, None]:
    """`frames` with a comment line in every silence of `interval` seconds."""
    pending: asyncio.Task[bytes] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(frames))
            done, _ = await asyncio.wait({pending}, timeout=interval)
            if not done:
                yield b": heartbeat\n\n"
                continue
            try:
                chunk = pending.result()
            except StopAsyncIteration:
                return
            finally:
                pending = None
            yield chunk
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.wait({pending})
        if (aclose := getattr(frames, "aclose", None)) is not None:
            await aclose()
