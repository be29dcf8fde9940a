"""The whole application in a process of its own, with a stand-in for opencode that records what it is asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

STACK = "boom\n    at Object.<anonymous> (/srv/secret-stack.js:1:2)"
PASSWORD = "upstream-password-canary"


class Upstream:
    """Answers every request with a fault full of what must not get out; `lines` is what was asked."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                upstream.lines.append(f"{self.command} {self.path}")
                length = int(self.headers.get("content-length") or 0)
                self.rfile.read(length)
                body = json.dumps({"name": "UnknownError", "data": {"message": STACK}}).encode()
                self.send_response(500)
                self.send_header("content-type", "application/json")
                self.send_header("x-upstream-secret", PASSWORD)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def fortress(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """What is attacked."""
    environment = {
        "OPENCODE_SERVER_URL": upstream.url,
        "OPENCODE_SERVER_PASSWORD": PASSWORD,
        "OPENCODE_DIRECTORY": "/workspace/repo",
    }
    served = Served(tmp_path_factory.mktemp("fortress"), environment=environment)
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.fixture(scope="session")
def proxied(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same behind a proxy on this machine, which may say for whom it asks."""
    environment = {"OPENCODE_SERVER_URL": upstream.url, "SPRINTAGEN_TRUSTED_PROXIES": "127.0.0.1"}
    served = Served(tmp_path_factory.mktemp("proxied"), environment=environment)
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.fixture
def stranger(fortress: Served) -> Iterator[httpx.Client]:
    with fortress.stranger() as client:
        yield client


@pytest.fixture
def member(fortress: Served) -> Iterator[httpx.Client]:
    with fortress.member() as client:
        yield client


@pytest.fixture
def program(fortress: Served) -> Iterator[httpx.Client]:
    with fortress.program() as client:
        yield client
