"""`FaultProxy`: a TCP line that goes wrong on command, for tests and the soak.

It stands between any client and any server on loopback: sprintagen and opencode, a browser and sprintagen. It runs in
a thread of its own, so that a test may block or be a coroutine; every method may be called from any thread.

Faults that last are rules (`fault`, taken back by `heal`); faults of one moment are calls (`cut`, `truncate`, `inject`)
and fates of requests to come (`doom`). A rule, a cut and the rest can be limited to some connections by `where`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

Where = Callable[["Connection"], bool]
Fate = Literal["lost", "answer lost", "answer cut", "500"]
"""What becomes of a request: it never arrives; it arrives and its answer never comes, or only in part; or the proxy
answers 500 in the server's place, which never sees the request."""

_REQUEST: Final = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\S+) HTTP/1\.[01]\r\n")
_HEARTBEAT: Final = (b'"server.heartbeat"', b'"server.connected"')
_RESET: Final = struct.pack("ii", 1, 0)
_PIECE: Final = 65536


@dataclass(frozen=True, slots=True)
class Faults:
    """What a line does to everything that goes over it, until it is healed."""

    latency: float = 0.0
    """Seconds by which each piece is late, both ways."""
    jitter: float = 0.0
    """Up to so many seconds more."""
    silent: bool = False
    """Half-open: what is sent either way is swallowed, nobody is told. A connection that lost something stays so."""
    stalled: bool = False
    """Nothing is read any more: the sender's buffers fill up. Nothing is lost."""
    drip: int | None = None
    """Only so many bytes in each `tick` reach the client."""
    tick: float = 0.05
    heartbeats_only: bool = False
    """Of an event stream only the heartbeats come through."""


@dataclass(eq=False)
class Connection:
    """One connection through the proxy."""

    number: int
    requests: list[str] = field(default_factory=list)
    """`METHOD /path?query` of each, oldest first."""
    is_left: bool = False
    """Its client has gone and the server was not told: the line is half-open. Healing the line ends it."""

    _proxy: FaultProxy = field(repr=False, kw_only=True)
    _near: asyncio.StreamWriter = field(repr=False, kw_only=True)
    _far: asyncio.StreamWriter | None = field(default=None, repr=False)
    _units: _Chunks | None = field(default=None, repr=False)
    _room: int | None = field(default=None, repr=False)
    """Bytes that may still reach the client; None: no limit."""
    _fate: Fate | None = field(default=None, repr=False)
    _has_lost: bool = field(default=False, repr=False)
    _is_ended: bool = field(default=False, repr=False)
    _inject: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """Of the last request; empty before the first."""
        return urlsplit(self.requests[-1].split(" ", 1)[1]).path if self.requests else ""

    def end(self, *, reset: bool) -> None:
        """Both sides at once; with `reset` the client reads an error, else the end."""
        self._is_ended = True
        for writer in (self._near, self._far):
            if writer is None:
                continue
            if reset:
                raw = writer.get_extra_info("socket")
                with contextlib.suppress(OSError, AttributeError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                writer.transport.abort()
            else:
                writer.close()

    # -- the two ways -------------------------------------------------------------------------------------------------

    async def run(self, reader: asyncio.StreamReader, target: tuple[str, int]) -> None:
        try:
            far_reader, self._far = await asyncio.open_connection(*target)
        except OSError:
            self.end(reset=True)
            raise
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._up(reader, self._far))
                group.create_task(self._down(far_reader))
        finally:
            self._far.close()

    async def _up(self, reader: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        while data := await self._read(reader, is_client=True):
            for match in _REQUEST.finditer(data[:_PIECE]) if data[:1].isupper() else ():
                self._note(f"{match[1].decode()} {match[2].decode('latin-1')}")
                break
            if self._fate == "lost":
                self.end(reset=True)
                return
            if self._fate == "500":
                await self._refuse()
                return
            far.write(data)
            await far.drain()
        await self._over()

    async def _down(self, reader: asyncio.StreamReader) -> None:
        while data := await self._read(reader):
            if self._fate == "answer lost":
                self.end(reset=True)
                return
            if self._fate == "answer cut":
                self._room = min(len(data) - 1, 20)
            await self._give(self._transformed(data))
        await self._over()

    def _note(self, request: str) -> None:
        self.requests.append(request)
        self._units = _Chunks() if self.is_stream else None
        self._fate = self._proxy._requested(request)

    async def _read(self, reader: asyncio.StreamReader, *, is_client: bool = False) -> bytes:
        """The next piece that comes through; empty at the end."""
        while True:
            await self._proxy._until(lambda: not self.faults.stalled)
            data = await reader.read(_PIECE)
            await self._proxy._until(lambda: not self.faults.stalled)
            if not data:
                self.is_left = self.is_left or is_client
                await self._proxy._until(lambda: self._is_ended or not (self.faults.silent or self._has_lost))
                return b""
            faults = self.faults
            if faults.silent or self._has_lost:
                self._has_lost = True
                continue
            if faults.latency or faults.jitter:
                await asyncio.sleep(faults.latency + random.random() * faults.jitter)
            return data

    async def _over(self) -> None:
        raise ConnectionResetError  # one side has ended: so does the other

    def _transformed(self, data: bytes) -> bytes:
        """An event stream chunk by chunk, so that something can be put between or left out; the rest as it is."""
        if self._units is None:
            return data
        units = self._units.feed(data)
        if self.faults.heartbeats_only:
            units = [unit for unit in units if not _is_event(unit) or any(word in unit for word in _HEARTBEAT)]
        return b"".join(units) + self._between()

    def _between(self) -> bytes:
        extra, self._inject = self._inject, b""
        return b"%x\r\n%s\r\n" % (len(extra), extra) if extra else b""

    async def _give(self, data: bytes) -> None:
        while data:
            size = self.faults.drip or len(data)
            piece, data = data[:size], data[size:]
            if self._room is not None:
                piece = piece[: self._room]
                self._room -= len(piece)
            self._near.write(piece)
            await self._near.drain()
            if self._room == 0:
                self.end(reset=False)
                raise ConnectionResetError
            if self.faults.drip:
                await asyncio.sleep(self.faults.tick)

    async def _refuse(self) -> None:
        body = b'{"name":"UnknownError","data":{"message":"the proxy says no"}}'
        head = f"HTTP/1.1 500 No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._near.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await self._near.drain()
        self.end(reset=False)

    @property
    def faults(self) -> Faults:
        return self._proxy._faults_of(self)

    @property
    def is_stream(self) -> bool:
        return self.path.rsplit("/", 1)[-1] in ("event", "events")


def EVERY(_: Connection) -> bool:
    """All connections."""
    return True


def EVENTS(connection: Connection) -> bool:
    """Event streams: opencode's and ours."""
    return connection.is_stream


def CALLS(connection: Connection) -> bool:
    """All but event streams and sockets."""
    return not EVENTS(connection) and not SOCKETS(connection)


def SOCKETS(connection: Connection) -> bool:
    """The pages' sockets."""
    return "_nicegui_ws" in connection.path


class FaultProxy:
    """A line to `target`, as a context; healthy at first.

    Args:
        target: The port on loopback it leads to, or a URL.
        port: Where it listens; 0: any free one.
    """

    def __init__(self, target: int | str, *, port: int = 0) -> None:
        parts = urlsplit(target if isinstance(target, str) else f"http://127.0.0.1:{target}")
        self.target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.port = port
        self.requests: deque[str] = deque(maxlen=10_000)
        """`METHOD /path?query` of all requests seen, oldest first."""
        self.connections: list[Connection] = []
        """Those that are open."""
        self.accepted = 0
        self._rules: list[tuple[Where, Faults]] = []
        self._dooms: list[_Doom] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # -- faults that last ---------------------------------------------------------------------------------------------

    def fault(
        self,
        *,
        where: Where = EVERY,
        latency: float = 0.0,
        jitter: float = 0.0,
        silent: bool = False,
        stalled: bool = False,
        drip: int | None = None,
        tick: float = 0.05,
        heartbeats_only: bool = False,
    ) -> None:
        """From now on, for connections open and to come, see `Faults`. Of rules that fit the last one counts."""
        faults = Faults(latency, jitter, silent, stalled, drip, tick, heartbeats_only)
        with self._lock:
            self._rules.insert(0, (where, faults))
        self._wake()

    def refuse(self) -> None:
        """Nobody listens any more, and what was connected is cut off."""
        self._do(self._unlisten())
        self.cut()

    def heal(self) -> None:
        """Takes every rule back and listens again. A connection that has lost something stays silent."""
        with self._lock:
            self._rules.clear()
            self._dooms.clear()
        self._do(self._listen())
        self._do(self._cut(lambda connection: connection.is_left, reset=False))
        self._wake()

    # -- faults of a moment -------------------------------------------------------------------------------------------

    def cut(self, *, where: Where = EVERY, reset: bool = True) -> int:
        """Ends connections now; returns how many. With `reset` the client reads an error, else the end."""
        return self._do(self._cut(where, reset))

    def truncate(self, after: int, *, where: Where = EVENTS) -> None:
        """Each open connection ends after so many more bytes to the client, in the middle of whatever that is."""
        assert after > 0
        self._do(self._each(where, lambda connection: setattr(connection, "_room", after)))

    def inject(self, data: bytes, *, where: Where = EVENTS, raw: bool = False) -> int:
        """Puts bytes into what the client reads; returns into how many connections.

        Into an event stream they go between two of its chunks, so that HTTP stays whole and the events do not; with
        `raw`, or elsewhere, as they are.
        """
        return self._do(self._insert(where, data, raw))

    def doom(self, pattern: str, fate: Fate, *, skip: int = 0, times: int = 1) -> None:
        """Decides about requests to come.

        Args:
            pattern: Searched for in `METHOD /path?query`.
            fate: See `Fate`.
            skip: So many that fit go through first: for sweeps over the k-th request.
            times: So many fail.
        """
        with self._lock:
            self._dooms.append(_Doom(re.compile(pattern), fate, skip, times))

    @property
    def dooms_left(self) -> int:
        """How many decided requests have not come yet."""
        with self._lock:
            return sum(doom.times for doom in self._dooms)

    def count(self, where: Where = EVERY) -> int:
        """How many connections are open, as their clients see it."""
        return sum(where(connection) and not connection.is_left for connection in list(self.connections))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _do(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _wake(self) -> None:
        def wake() -> None:
            self._changed.set()
            self._changed = asyncio.Event()

        self._loop.call_soon_threadsafe(wake)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def _faults_of(self, connection: Connection) -> Faults:
        with self._lock:
            rules = list(self._rules)
        return next((faults for where, faults in rules if where(connection)), _HEALTHY)

    def _requested(self, request: str) -> Fate | None:
        with self._lock:
            self.requests.append(request)
            for doom in self._dooms:
                if doom.times and doom.pattern.search(request):
                    if doom.skip:
                        doom.skip -= 1
                        continue
                    doom.times -= 1
                    return doom.fate
        return None

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _unlisten(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _stop(self) -> None:
        await self._unlisten()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports close

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.accepted += 1
        connection = Connection(self.accepted, _proxy=self, _near=writer)
        self.connections.append(connection)
        try:
            await connection.run(reader, self.target)
        except* (OSError, asyncio.CancelledError):
            pass  # the only one who cancels is `_stop`, which waits for the task
        finally:
            self.connections.remove(connection)
            self._tasks.discard(task)
            writer.close()

    async def _cut(self, where: Where, reset: bool) -> int:
        chosen = [connection for connection in self.connections if where(connection)]
        for connection in chosen:
            connection.end(reset=reset)
        self._wake()
        return len(chosen)

    async def _each(self, where: Where, change: Callable[[Connection], None]) -> None:
        for connection in self.connections:
            if where(connection):
                change(connection)

    async def _insert(self, where: Where, data: bytes, raw: bool) -> int:
        chosen = [connection for connection in self.connections if where(connection)]
        for connection in chosen:
            if raw or connection._units is None or not connection._units.is_chunked:
                connection._near.write(data)
            else:  # between two chunks, which is now: only whole ones are handed on
                connection._inject += data
                connection._near.write(connection._between())
        return len(chosen)


@dataclass
class _Doom:
    pattern: re.Pattern[str]
    fate: Fate
    skip: int
    times: int


_HEALTHY = Faults()


def _is_event(unit: bytes) -> bool:
    return b"data:" in unit and not unit.startswith(b"HTTP/")


class _Chunks:
    """An HTTP answer cut into its head and its chunks, each raw; what is not chunked comes in pieces as it is."""

    def __init__(self) -> None:
        self._buffer = b""
        self._has_head = False
        self.is_chunked = False

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        units: list[bytes] = []
        if not self._has_head:
            head, border, rest = self._buffer.partition(b"\r\n\r\n")
            if not border:
                return []
            self._has_head = True
            self.is_chunked = re.search(rb"\r\ntransfer-encoding:[ \t]*chunked", head, re.I) is not None
            units.append(head + border)
            self._buffer = rest
        if not self.is_chunked:
            units.append(self._buffer)
            self._buffer = b""
        while self.is_chunked and (found := re.match(rb"([0-9a-fA-F]+)[^\r\n]*\r\n", self._buffer)):
            end = found.end() + int(found[1], 16) + 2
            if len(self._buffer) < end:
                break
            units.append(self._buffer[:end])
            self._buffer = self._buffer[end:]
        return [unit for unit in units if unit]
