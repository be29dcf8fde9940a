"""How long, and for how much, we listen to somebody before knowing who it is: a request's head and its body's arrival.

uvicorn waits for ever for the rest of a request and keeps whatever its head grows to, so anybody who reaches the port
could hold connections and memory. What the body holds is bounded where its limit is known (`api/guard`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

HEAD_SECONDS: Final = 20.0
"""From a request's first byte, or the connection's begin, until its head is whole."""
BODY_SECONDS: Final = 60.0
"""Without a byte of the body, while we would take more."""
MAX_HEAD: Final = 64 * 1024
"""Bytes of a request that are none of its body: head, trailer, and the framing of pieces beyond what they hold."""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's, which ends a connection that makes it wait or remember too much."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._is_in_body = False
        self._body_bytes = self._other_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._body_bytes
        super().data_received(data)
        if self.transport.get_protocol() is not self:  # it is a websocket's now
            self._stop_waiting()
            return
        self._other_bytes += len(data) - max(self._body_bytes - before, 0)
        if self._other_bytes > MAX_HEAD + self._body_bytes and not self.transport.is_closing():
            self.logger.warning("a connection is closed: a request's head is too large")
            if not self._is_in_body:
                self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._is_in_body:
            self._wait_for_body()

    def on_message_begin(self) -> None:
        self._body_bytes = self._other_bytes = 0
        if self._timer is None:
            self._wait_for_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        self._is_in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_waiting()
        self._is_in_body = False
        self._other_bytes = 0
        super().on_message_complete()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _wait_for_body(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(BODY_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._is_in_body and self.flow.read_paused:  # it waits for us
            self._wait_for_body()
        elif not self.transport.is_closing():
            self.logger.warning("a connection is closed: the rest of a request does not come")
            self.transport.close()
