"""The fault proxy does what it says, seen from a client of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.faults.proxy import CALLS, EVENTS, Fate, FaultProxy


class Origin(BaseHTTPRequestHandler):
    """`/event` streams numbered events and heartbeats in chunks; everything else echoes."""

    protocol_version = "HTTP/1.1"
    posted: list[bytes] = []  # noqa: RUF012  one for each server, set below
    ended: threading.Event

    def do_GET(self) -> None:
        if self.path != "/event":
            self._answer(self.path.encode() * 100)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        number = 0
        try:
            while not self.ended.wait(0.01):
                number += 1
                event = f'data: {{"type":"tick","n":{number}}}\n\ndata: {{"type":"server.heartbeat"}}\n\n'
                for one in event.encode().split(b"\n\n")[:-1]:
                    self.wfile.write(b"%x\r\n%s\n\n\r\n" % (len(one) + 2, one))
        except OSError:
            self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posted.append(body)
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def posted() -> list[bytes]:
    """The bodies of all POSTs that reached the origin."""
    return []


@pytest.fixture
def proxy(posted: list[bytes]) -> Iterator[FaultProxy]:
    ended = threading.Event()
    handler = type("Handler", (Origin,), {"posted": posted, "ended": ended})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with FaultProxy(server.server_address[1]) as line:
        yield line
    ended.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxy.url, timeout=10, trust_env=False) as client:
        yield client


def read(stream: httpx.Response, act: Callable[[], object]) -> None:
    """To its end, doing something at each piece."""
    for _ in stream.iter_bytes():
        act()


def test_a_healthy_line_hands_everything_on_and_notes_the_requests(proxy: FaultProxy, client: httpx.Client) -> None:
    assert client.get("/a?b=c").text == "/a?b=c" * 100
    assert client.post("/d", content=b"x" * 300_000).content == b"x" * 300_000
    assert list(proxy.requests) == ["GET /a?b=c", "POST /d"]
    assert (proxy.accepted, proxy.count(CALLS), proxy.count(EVENTS)) == (1, 1, 0)


def test_latency_makes_a_request_and_its_answer_late(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.fault(latency=0.15, jitter=0.05)
    began = time.monotonic()
    assert client.get("/a").is_success
    assert time.monotonic() - began >= 0.3


def test_a_cut_is_an_error_and_the_next_connection_works(proxy: FaultProxy, client: httpx.Client) -> None:
    with client.stream("GET", "/event") as stream, pytest.raises(httpx.NetworkError):
        read(stream, lambda: proxy.cut(where=EVENTS))
    assert client.get("/a").is_success


def test_an_orderly_end_in_the_middle_of_a_stream_is_noticed(proxy: FaultProxy, client: httpx.Client) -> None:
    with client.stream("GET", "/event") as stream, pytest.raises(httpx.RemoteProtocolError):
        read(stream, lambda: proxy.cut(where=EVENTS, reset=False))


def test_a_refusing_line_takes_no_connection_until_it_is_healed(proxy: FaultProxy, client: httpx.Client) -> None:
    assert client.get("/a").is_success
    port = proxy.port
    proxy.refuse()
    with pytest.raises(httpx.TransportError):
        client.get("/a")
    with pytest.raises(httpx.ConnectError):
        client.get("/a")
    proxy.heal()
    assert client.get("/a").is_success
    assert proxy.port == port


def test_a_half_open_line_swallows_both_ways_and_says_nothing(
    proxy: FaultProxy, client: httpx.Client, posted: list[bytes]
) -> None:
    assert client.get("/a").is_success
    proxy.fault(silent=True)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/b", content=b"x", timeout=0.3)
    assert posted == []
    while proxy.count():
        time.sleep(0.01)
    proxy.heal()
    while proxy.connections:
        time.sleep(0.01)
    assert client.post("/b", content=b"y").is_success
    assert posted == [b"y"]


def test_a_fault_for_event_streams_leaves_calls_alone(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.fault(silent=True, where=EVENTS)
    with client.stream("GET", "/a") as answer:
        assert answer.is_success
    with pytest.raises(httpx.ReadTimeout), client.stream("GET", "/event", timeout=0.3):
        pass
    assert client.get("/a").is_success


def test_a_truncated_answer_ends_after_that_many_bytes(proxy: FaultProxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as raw:
        raw.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        while not raw.recv(65536).endswith(b"/a"):
            pass
        proxy.truncate(7, where=CALLS)
        raw.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"".join(iter(lambda: raw.recv(65536), b"")) == b"HTTP/1."


def test_what_is_injected_into_an_event_stream_leaves_the_http_around_it_whole(
    proxy: FaultProxy, client: httpx.Client
) -> None:
    seen = b""
    with client.stream("GET", "/event") as stream:
        for count, data in enumerate(stream.iter_bytes()):
            seen += data
            if count == 3:
                assert proxy.inject(b"data: {broken\n\n") == 1
            if b"broken" in seen and seen.endswith(b"\n\n") and count > 20:
                break
    events = seen.decode().split("\n\n")[:-1]
    assert events.count("data: {broken") == 1
    assert all(event.startswith("data: {") for event in events)


def test_raw_garbage_breaks_the_answer(proxy: FaultProxy, client: httpx.Client) -> None:
    with client.stream("GET", "/event") as stream, pytest.raises(httpx.RemoteProtocolError):
        read(stream, lambda: proxy.inject(b"\xff\xfe garbage \r\n\r\n", raw=True))


def test_a_slow_drip_brings_everything_in_the_end(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.fault(drip=50, tick=0.01)
    began = time.monotonic()
    assert client.get("/abcd").text == "/abcd" * 100
    assert time.monotonic() - began >= 0.1


def test_a_stalled_line_loses_nothing(proxy: FaultProxy, client: httpx.Client, posted: list[bytes]) -> None:
    assert client.get("/a").is_success
    proxy.fault(stalled=True)
    threading.Timer(0.3, proxy.heal).start()
    began = time.monotonic()
    assert client.post("/b", content=b"y").is_success
    assert time.monotonic() - began >= 0.2
    assert posted == [b"y"]


def test_only_heartbeats_come_through_when_told_so(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.fault(heartbeats_only=True, where=EVENTS)
    seen = b""
    with client.stream("GET", "/event") as stream:
        for data in stream.iter_bytes():
            seen += data
            if seen.count(b"heartbeat") >= 5:
                break
    assert b"tick" not in seen


@pytest.mark.parametrize(
    ("fate", "error", "arrived"),
    [
        ("lost", httpx.TransportError, 0),
        ("answer lost", httpx.TransportError, 1),
        ("answer cut", httpx.RemoteProtocolError, 1),
        ("500", None, 0),
    ],
)
def test_the_kth_request_meets_its_fate_and_no_other(
    proxy: FaultProxy,
    client: httpx.Client,
    posted: list[bytes],
    fate: Fate,
    error: type[Exception] | None,
    arrived: int,
) -> None:
    proxy.doom("^POST /x", fate, skip=1)
    assert client.get("/x").is_success
    assert client.post("/x", content=b"1").is_success
    if error is None:
        assert client.post("/x", content=b"2").status_code == 500
    else:
        with pytest.raises(error):
            client.post("/x", content=b"2")
    assert posted == [b"1", b"2"][: 1 + arrived]
    assert proxy.dooms_left == 0
    assert client.post("/x", content=b"3").is_success


def test_a_server_that_is_not_there_is_a_reset(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.target = ("127.0.0.1", 1)
    with pytest.raises(httpx.NetworkError):
        client.get("/a")
