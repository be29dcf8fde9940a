"""The price of going through us: `GET sessions` of the proxy against the same list asked from opencode directly.

The client is the same plain one for both, over connections that stay open. Latency is measured with one connection,
requests a second with several; both sides take turns in every round, so that a busy moment of the machine hits both.
"""

from __future__ import annotations

import base64
import http.client
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from benchmarks.bench import Bench, bench, machine, percentile

if TYPE_CHECKING:
    import argparse

WARM_UP = 30


@dataclass
class Side:
    """One of the two ways to the list."""

    name: str
    netloc: str
    path: str
    headers: dict[str, str]
    latencies: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    size: int = 0


def run(arguments: argparse.Namespace) -> None:
    """Measures and prints the table."""
    heading = machine()
    with bench() as up:
        for number in range(arguments.sessions):
            up.opencode.new_session(f"Session {number}")
        sides = _sides(up, arguments.sessions)
        for side in sides:
            _get(side, WARM_UP)
        for _ in range(arguments.rounds):
            for side in sides:
                side.latencies += _get(side, arguments.requests)
            for side in sides:
                side.rates.append(_rate(side, arguments.requests, arguments.connections))
    print(f"{heading}; {arguments.sessions} sessions, {arguments.rounds} x {arguments.requests} requests\n")
    print(f"| GET sessions | p50 ms | p95 ms | requests/s, {arguments.connections} connections | bytes |")
    print("|---|---:|---:|---:|---:|")
    for side in sides:
        p50, p95 = (1000 * percentile(side.latencies, share) for share in (0.5, 0.95))
        print(f"| {side.name} | {p50:.2f} | {p95:.2f} | {percentile(side.rates, 0.5):.0f} | {side.size} |")
    direct, ours = sides
    p50 = percentile(ours.latencies, 0.5) / percentile(direct.latencies, 0.5)
    p95 = percentile(ours.latencies, 0.95) / percentile(direct.latencies, 0.95)
    rate = percentile(ours.rates, 0.5) / percentile(direct.rates, 0.5)
    print(f"| ours / direct | {p50:.2f} x | {p95:.2f} x | {rate:.2f} x | |")


def _sides(up: Bench, limit: int) -> list[Side]:
    opencode = up.opencode
    credentials = base64.b64encode(f"{opencode.username}:{opencode.password.get_secret_value()}".encode()).decode()
    directly = {
        "Authorization": f"Basic {credentials}",
        "x-opencode-directory": quote(str(opencode.directory), safe="/"),
    }
    through_us = {"Authorization": f"Bearer {up.token}"}
    return [
        Side("opencode, directly", urlsplit(opencode.url).netloc, f"/session?limit={limit}", directly),
        Side("through us", urlsplit(up.url).netloc, f"/api/opencode/sessions?limit={limit}", through_us),
    ]


def _get(side: Side, count: int) -> list[float]:
    """Seconds per request, one after the other on one connection."""
    connection = http.client.HTTPConnection(side.netloc, timeout=30)
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("GET", side.path, headers=side.headers)
        answer = connection.getresponse()
        body = answer.read()
        taken.append(time.perf_counter() - start)
        if answer.status != 200:
            raise SystemExit(f"{side.name} answered {answer.status}: {body[:300]!r}")
        side.size = len(body)
    connection.close()
    return taken


def _rate(side: Side, count: int, connections: int) -> float:
    """Requests a second over several connections at once."""
    threads = [threading.Thread(target=_get, args=(side, count // connections)) for _ in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return connections * (count // connections) / (time.perf_counter() - start)
