from __future__ import annotations

import asyncio
import json
import logging
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from sprintagen.opencode import (
    Backoff,
    Connected,
    Disconnected,
    Event,
    EventStream,
    OpencodeClient,
    OpencodeError,
    PartDelta,
    Received,
    ServerAuthError,
    ServerFault,
    ServerTimeout,
    ServerUnreachable,
    StreamItem,
    UnknownEvent,
    UnreadableAnswer,
    parse_event,
)
from sprintagen.opencode.sse import MAX_FRAME
from tests.opencode.fakes import TRACES, Handler, answering, head, lines, tcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

AT_ONCE = Backoff(first=0, cap=0, refused_first=0, refused_cap=0)
NEVER = Backoff(first=3600, cap=3600)

HELLO = b'data: {"payload":{"id":"evt_1","type":"server.connected","properties":{}}}\n\n'
BEAT = b'data: {"payload":{"id":"evt_2","type":"server.heartbeat","properties":{}}}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"

Script = list[bytes | Exception | None]
"""What a connection does: pieces it gives, an exception it ends with, None where it stays silent."""


class Server:
    """Connections by script, one after another; the last one again and again. Counts what is open."""

    def __init__(self, *scripts: Script | Exception) -> None:
        self._scripts = list(scripts)
        self.opened = 0
        self.open = 0

    def __call__(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._connect()

    @asynccontextmanager
    async def _connect(self) -> AsyncGenerator[AsyncIterator[bytes], None]:
        script = self._scripts[min(self.opened, len(self._scripts) - 1)]
        self.opened += 1
        if isinstance(script, Exception):
            raise script
        self.open += 1
        try:
            yield self._chunks(script)
        finally:
            self.open -= 1

    async def _chunks(self, script: Script) -> AsyncGenerator[bytes, None]:
        for step in script:
            if isinstance(step, Exception):
                raise step
            if step is None:
                await asyncio.Event().wait()
            else:
                yield step


def stream_of(server: Callable[[], Any], **options: Any) -> EventStream:
    options.setdefault("backoff", AT_ONCE)
    options.setdefault("settling", 0)
    return EventStream(server, **options)


async def take(stream: EventStream, count: int) -> list[StreamItem]:
    """The first items; closes the stream."""
    async with stream:
        return [await anext(stream) for _ in range(count)]


def shape(items: list[StreamItem]) -> list[str]:
    return [item.event.type if isinstance(item, Received) else type(item).__name__ for item in items]


def said(events: list[tuple[str | None, Event]]) -> list[tuple[str | None, str, str]]:
    """Directory, kind and text of each event; a text that came in several deltas is there once, whole."""
    told: list[tuple[str | None, str, str]] = []
    part = ""
    for directory, event in events:
        text = event.delta if isinstance(event, PartDelta) else ""
        if isinstance(event, PartDelta) and event.part_id == part:
            told[-1] = (*told[-1][:2], told[-1][2] + text)
        else:
            told.append((directory, event.type, text))
        part = event.part_id if isinstance(event, PartDelta) else ""
    return told


def frame(data: Any) -> bytes:
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


async def test_connected_comes_first_and_then_the_events():
    items = await take(stream_of(Server([HELLO, BEAT, None])), 2)
    assert shape(items) == ["Connected", "server.heartbeat"]
    assert isinstance(items[0], Connected)
    assert items[0].at.tzinfo is not None


async def test_a_server_without_a_greeting_is_connected_with_its_first_event():
    items = await take(stream_of(Server([BEAT, None])), 2)
    assert shape(items) == ["Connected", "server.heartbeat"]


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
async def test_a_recorded_stream_comes_out_in_order_without_the_doubles(size: int):
    name = "44-global-two-directories.jsonl"
    raw = b"".join(b"data: " + line.encode() + b"\n\n" for line in (TRACES / name).read_text().splitlines())
    pieces: Script = [raw[at : at + size] for at in range(0, len(raw), size)]
    sent = [
        (data.get("directory"), parse_event(data["payload"]))
        for data in lines(name)
        if data["payload"]["type"] not in ("sync", "server.connected")
    ]
    wanted = said([(None if directory == "global" else directory, event) for directory, event in sent])
    stream = stream_of(Server([*pieces, None]))
    got: list[tuple[str | None, Event]] = []
    async with stream:
        assert isinstance(await anext(stream), Connected)
        while len(said(got)) < len(wanted) or said(got)[-1] != wanted[-1]:
            item = await anext(stream)
            assert isinstance(item, Received)
            got.append((item.directory, item.event))
    assert said(got) == wanted
    assert {directory for directory, _, _ in wanted} >= {"/workspace/repo", "/workspace/b"}


async def test_the_servers_end_is_a_disconnection_and_then_a_new_connection():
    server = Server([HELLO, BEAT], [HELLO, BEAT, None])
    items = await take(stream_of(server), 5)
    assert shape(items) == ["Connected", "server.heartbeat", "Disconnected", "Connected", "server.heartbeat"]
    assert isinstance(items[2], Disconnected)
    assert type(items[2].reason) is ServerUnreachable
    assert items[2].reason.hint
    assert server.opened == 2


async def test_half_an_event_at_the_end_is_dropped():
    items = await take(stream_of(Server([HELLO, BEAT[:-1]], [HELLO, None])), 3)
    assert shape(items) == ["Connected", "Disconnected", "Connected"]


async def test_silence_is_a_disconnection():
    server = Server([HELLO, None])
    items = await take(stream_of(server, silence=0.01), 4)
    assert shape(items) == ["Connected", "Disconnected", "Connected", "Disconnected"]
    assert isinstance(items[1], Disconnected)
    assert type(items[1].reason) is ServerTimeout


async def test_a_server_that_never_greets_is_a_disconnection_and_never_connected():
    items = await take(stream_of(Server([None]), opening=0.01), 3)
    assert shape(items) == ["Disconnected"] * 3


@pytest.mark.parametrize("reason", [ServerUnreachable("x"), ServerAuthError("x"), UnreadableAnswer("x")])
async def test_a_failure_to_connect_is_an_item_with_its_reason(reason: OpencodeError):
    items = await take(stream_of(Server(reason, [HELLO, None])), 2)
    assert shape(items) == ["Disconnected", "Connected"]
    assert isinstance(items[0], Disconnected)
    assert items[0].reason is reason


@pytest.mark.parametrize("raw", [b"data: nope\n\n", b"data: {\n\n", b"data: <html>\n\n"])
async def test_garbage_is_a_disconnection(raw: bytes):
    items = await take(stream_of(Server([HELLO, raw, BEAT, None])), 3)
    assert shape(items) == ["Connected", "Disconnected", "Connected"]
    assert isinstance(items[1], Disconnected)
    assert type(items[1].reason) is UnreadableAnswer


async def test_an_event_without_end_is_a_disconnection():
    piece = b"x" * (MAX_FRAME // 4 + 1)
    items = await take(stream_of(Server([HELLO, b"data: ", piece, piece, piece, piece], [HELLO, None])), 3)
    assert shape(items) == ["Connected", "Disconnected", "Connected"]


async def test_a_double_is_not_even_decoded():
    double = b'data: {"directory":"/a","project":"p","payload":{"type":"sync","syncEvent":not decoded}}\n\n'
    items = await take(stream_of(Server([HELLO, double, BEAT, None])), 2)
    assert shape(items) == ["Connected", "server.heartbeat"]


async def test_json_that_is_no_event_is_passed_over():
    items = await take(stream_of(Server([HELLO, frame([]), frame(5), frame({"payload": 5}), BEAT, None])), 2)
    assert shape(items) == ["Connected", "server.heartbeat"]


async def test_an_unreadable_event_is_received_as_unknown_and_warned_of_once(caplog: pytest.LogCaptureFixture):
    bad = frame({"payload": {"type": "session.idle", "properties": {"sessionID": ["sk-canary"]}}})
    items = await take(stream_of(Server([HELLO, bad, bad, None])), 3)
    assert all(isinstance(item, Received) and isinstance(item.event, UnknownEvent) for item in items[1:])
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "session.idle" in record.message
    assert "sk-canary" not in caplog.text


async def test_connected_waits_until_the_server_has_settled_and_no_event_overtakes_it():
    server = Server([HELLO + BEAT, BEAT, None])
    stream = stream_of(server, settling=3600)
    following = await waiting(stream)
    assert server.open == 1
    stream.retry_now()  # not that kind of wait
    for _ in range(5):
        await asyncio.sleep(0)
    assert not following.done()
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await following
    items = await take(stream_of(server, settling=0.001), 3)
    assert shape(items) == ["Connected", "server.heartbeat", "server.heartbeat"]


# Back-off


def test_the_waits_double_up_to_the_cap():
    backoff = Backoff(chance=lambda: 1.0)
    waits = [backoff.wait(failures, ServerUnreachable("x")) for failures in range(1, 9)]
    assert waits == [0.25, 0.5, 1, 1, 1, 1, 1, 1]


def test_a_refused_password_is_tried_less_often():
    backoff = Backoff(chance=lambda: 1.0)
    waits = [backoff.wait(failures, ServerAuthError("x")) for failures in range(1, 6)]
    assert waits == [2, 4, 4, 4, 4]


def test_chance_only_shortens_a_wait_and_never_by_much():
    assert Backoff(chance=lambda: 0.0).wait(3, ServerFault("x", status=500)) == 0.75
    assert 0.1875 <= Backoff().wait(1, ServerUnreachable("x")) <= 0.25


def test_after_a_thousand_failures_the_wait_is_still_the_cap():
    assert Backoff(chance=lambda: 1.0).wait(100_000, ServerUnreachable("x")) == 1


async def test_connections_that_end_at_once_wait_longer_each_time():
    items = await take(stream_of(Server([HELLO]), backoff=Backoff(first=0.001, cap=1, chance=lambda: 1.0)), 6)
    assert [item.retry_in for item in items if isinstance(item, Disconnected)] == [0.001, 0.002, 0.004]


async def test_a_connection_that_was_steady_starts_the_waits_anew():
    backoff = Backoff(first=0.001, cap=1, steady=0, chance=lambda: 1.0)
    items = await take(stream_of(Server([HELLO]), backoff=backoff), 6)
    assert [item.retry_in for item in items if isinstance(item, Disconnected)] == [0.001, 0.001, 0.001]


async def test_retry_now_cuts_the_wait_short():
    stream = stream_of(Server(ServerUnreachable("x"), [HELLO, None]), backoff=NEVER)
    async with stream:
        stream.retry_now()  # not waiting: nothing
        assert shape([await anext(stream)]) == ["Disconnected"]
        following = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        stream.retry_now()
        stream.retry_now()
        assert shape([await following]) == ["Connected"]
        stream.retry_now()


async def test_retry_now_gives_up_a_try_that_hangs():
    stream = stream_of(Server([None], [HELLO, None]), backoff=NEVER)
    async with stream:
        following = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.01)
        assert not following.done()
        stream.retry_now()
        hung = await following
        assert isinstance(hung, Disconnected)
        assert hung.retry_in == 0
        assert shape([await anext(stream)]) == ["Connected"]


# Its end


async def waiting(stream: EventStream) -> asyncio.Future[StreamItem]:
    """The next item, asked for and not there yet."""
    following = asyncio.ensure_future(anext(stream))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not following.done()
    return following


async def test_closing_ends_a_wait_for_an_event_and_the_connection():
    server = Server([HELLO, None])
    stream = stream_of(server)
    await anext(stream)
    following = await waiting(stream)
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await following
    assert server.open == 0


async def test_closing_ends_the_wait_for_the_next_try():
    stream = stream_of(Server(ServerUnreachable("x")), backoff=NEVER)
    await anext(stream)
    following = await waiting(stream)
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await following


async def test_closing_ends_the_opening():
    server = Server([None])
    stream = stream_of(server)
    following = await waiting(stream)
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await following
    assert server.open == 0


async def test_closing_between_two_items_ends_the_connection():
    server = Server([HELLO, BEAT, BEAT, None])
    stream = stream_of(server)
    await anext(stream)
    await asyncio.gather(stream.aclose(), stream.aclose())
    await stream.aclose()
    assert server.open == 0
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_closing_from_within_the_loop_ends_the_loop():
    server = Server([HELLO, BEAT, BEAT, None])
    stream = stream_of(server)
    seen = []
    async for item in stream:
        seen.append(item)
        await stream.aclose()
    assert shape(seen) == ["Connected"]
    assert server.open == 0


async def test_a_stream_that_never_began_can_be_closed():
    stream = stream_of(Server([HELLO]))
    await stream.aclose()
    await stream.aclose()
    assert [item async for item in stream] == []


async def test_cancelling_the_reader_is_a_cancellation_and_closes_the_connection():
    server = Server([HELLO, None])
    stream = stream_of(server)
    await anext(stream)
    following = await waiting(stream)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert server.open == 0
    await stream.aclose()


async def test_a_readers_own_deadline_is_its_own():
    async with stream_of(Server([HELLO, None])) as stream:
        await anext(stream)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(stream)


# Over a real socket


def says(*pieces: bytes, then: asyncio.Event | None = None) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then is not None:
            await then.wait()

    return handle


async def test_a_client_reads_the_global_events_with_its_password():
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await head(reader))
        delta = {"sessionID": "ses_1", "messageID": "msg_1", "partID": "prt_1", "field": "text", "delta": "x"}
        event = frame({"directory": "/a", "payload": {"type": "message.part.delta", "properties": delta}})
        writer.write(HEAD + HELLO + event)
        await writer.drain()
        await asyncio.Event().wait()

    async with tcp_server(handle) as url, OpencodeClient(url, password=SecretStr("pw"), directory="/x") as client:
        items = await take(client.events(settling=0), 2)
    assert isinstance(items[1], Received)
    assert items[1].directory == "/a"
    assert isinstance(items[1].event, PartDelta)
    assert heads[0].startswith(b"GET /global/event HTTP/1.1\r\n")
    assert b"basic b3blbmnvzgu6chc=" in heads[0].lower()
    assert b"text/event-stream" in heads[0]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", ServerAuthError),
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", ServerFault),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>", UnreadableAnswer),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", UnreadableAnswer),
        (b"HTTP/1.1 307 Go\r\nlocation: http://evil.test/\r\ncontent-length: 0\r\n\r\n", UnreadableAnswer),
        (b"garbage\r\n\r\n", UnreadableAnswer),
        (b"", ServerUnreachable),
        (HEAD, ServerUnreachable),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\n: half", ServerUnreachable),
    ],
    ids=["401", "500", "html", "json", "redirect", "garbage", "hangs up", "empty", "cut off"],
)
async def test_every_fault_of_a_server_is_told_apart(raw: bytes, kind: type[OpencodeError]):
    async with tcp_server(answering(raw)) as url, OpencodeClient(url) as client:
        (item,) = await take(client.events(settling=0, backoff=AT_ONCE), 1)
    assert isinstance(item, Disconnected)
    assert type(item.reason) is kind


async def test_nobody_listening_is_a_disconnection_until_somebody_does():
    async with tcp_server(answering(b"")) as url:
        port = int(url.rpartition(":")[2])
    async with OpencodeClient(url) as client, client.events(settling=0, backoff=NEVER) as stream:
        item = await anext(stream)
        assert isinstance(item, Disconnected)
        assert type(item.reason) is ServerUnreachable
        async with tcp_server(says(HEAD, HELLO, then=asyncio.Event()), port):
            following = await waiting(stream)
            stream.retry_now()
            assert isinstance(await following, Connected)
            await stream.aclose()


async def test_a_reset_is_a_disconnection():
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(HEAD + HELLO)
        await writer.drain()
        writer.transport.abort()

    async with tcp_server(reset) as url, OpencodeClient(url) as client:
        items = await take(client.events(settling=0, backoff=AT_ONCE), 2)
    assert shape(items)[-1] == "Disconnected"


async def test_accepting_and_never_answering_is_a_disconnection():
    async with tcp_server(says(then=asyncio.Event())) as url, OpencodeClient(url) as client:
        (item,) = await take(client.events(settling=0, opening=0.05, backoff=AT_ONCE), 1)
    assert isinstance(item, Disconnected)
    assert type(item.reason) is ServerTimeout


async def test_closing_the_client_first_ends_nothing_but_says_so():
    async with tcp_server(says(HEAD, HELLO, then=asyncio.Event())) as url:
        client = OpencodeClient(url)
        stream = client.events(settling=0, backoff=AT_ONCE)
        await anext(stream)
        await client.aclose()
        await stream.aclose()
