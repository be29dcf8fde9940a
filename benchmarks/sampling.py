"""What sprintagen's process costs while others use it, looked at every few seconds from outside."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil

if TYPE_CHECKING:
    from benchmarks.bench import Bench

EVERY = 2.0
HEALTH_EVERY = 10.0
"""The health document asks opencode three things, which others would feel if it were asked all the time."""
LAG_WINDOW = 60.0
"""Seconds the event loop's lag is told of at once."""
_MEGABYTE = 1_000_000


@dataclass
class Samples:
    """Taken since `Sampler.begin`; times are seconds from there."""

    rss: list[tuple[float, float]] = field(default_factory=list)
    """MB."""
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    lag_p99_ms: list[float] = field(default_factory=list)
    """Of windows of a minute that lie within the measured time as a whole."""
    lag_worst_ms: list[float] = field(default_factory=list)
    streams: list[int] = field(default_factory=list)
    """Connections to opencode over which only answers came from one look to the next; empty: nothing tells it here."""
    failures: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of one core."""
        return self.cpu_seconds / self.seconds if self.seconds else 0.0

    def rss_at(self, at: float) -> float:
        """MB at the look nearest to a moment."""
        return min(self.rss, key=lambda sample: abs(sample[0] - at))[1] if self.rss else 0.0

    def rss_slope(self, after: float) -> float:
        """MB per hour: the line that fits the looks after a moment best."""
        later = [sample for sample in self.rss if sample[0] >= after]
        if len(later) < 3:
            return 0.0
        mean_at = sum(at for at, _ in later) / len(later)
        mean = sum(value for _, value in later) / len(later)
        spread = sum((at - mean_at) ** 2 for at, _ in later)
        return 3600 * sum((at - mean_at) * (value - mean) for at, value in later) / spread


class Sampler:
    """Looks from a thread of its own until it is closed."""

    def __init__(self, up: Bench) -> None:
        self.samples = Samples()
        self._up = up
        self._process = up.ours
        self._began = time.monotonic()
        self._spent = self._cpu()
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._sent_before: dict[str, tuple[int, int]] = {}
        self._unasked: set[str] = set()
        self._next_health = 0.0
        self._thread = threading.Thread(target=self._run, name="sampling", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Forget what was seen so far."""
        with self._lock:
            self.samples = Samples()
            self._began, self._spent = time.monotonic(), self._cpu()

    def close(self) -> None:
        """The last look; `samples` is whole afterwards."""
        self._is_over.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._is_over.wait(EVERY):
            try:
                self._look()
            except psutil.Error as error:
                self.samples.failures.append(f"sprintagen's process cannot be looked at: {error}")
                return

    def _look(self) -> None:
        health = self._ask_health() if time.monotonic() >= self._next_health else None
        streams = self._count_streams()
        with self._lock:
            samples = self.samples
            samples.seconds = time.monotonic() - self._began
            samples.cpu_seconds = self._cpu() - self._spent
            samples.rss.append((samples.seconds, self._process.memory_info().rss / _MEGABYTE))
            if streams is not None:
                samples.streams.append(streams)
            if health is not None and samples.seconds >= LAG_WINDOW:
                samples.lag_p99_ms.append(health["loop_lag_p99_ms"] or 0.0)
                samples.lag_worst_ms.append(health["loop_lag_worst_ms"] or 0.0)

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _ask_health(self) -> dict[str, Any] | None:
        self._next_health = time.monotonic() + HEALTH_EVERY
        request = urllib.request.Request(f"{self._up.url}/api/opencode/health")
        request.add_header("Authorization", f"Bearer {self._up.token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return dict(json.load(answer)["web"])
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            self.samples.failures.append(f"the health document failed: {error}")
            return None

    def _count_streams(self) -> int | None:
        """Connections over which something came twice in a row, from look to look, without anything having been asked.

        Once would count an ordinary request, too, whose answer came after a look.
        """
        program = shutil.which("ss")
        if program is None:
            return None
        ours = {f"{one.laddr.ip}:{one.laddr.port}" for one in self._process.net_connections("tcp") if one.raddr}
        port = urlsplit(self._up.opencode.url).port
        told = subprocess.run(
            [program, "-tinH", "state", "established", f"dport = :{port}"], capture_output=True, text=True, check=False
        ).stdout.splitlines()
        counted: dict[str, tuple[int, int]] = {}
        for ends, facts in zip(told[::2], told[1::2], strict=False):
            here = ends.split()[2]
            numbers = dict(fact.split(":", 1) for fact in facts.split() if fact.startswith("bytes_"))
            if here in ours:
                counted[here] = int(numbers.get("bytes_sent", 0)), int(numbers.get("bytes_received", 0))
        before, self._sent_before = self._sent_before, counted
        unasked = {
            here
            for here, (sent, received) in counted.items()
            if here in before and sent == before[here][0] and received > before[here][1]
        }
        twice, self._unasked = unasked & self._unasked, unasked
        return len(twice)
