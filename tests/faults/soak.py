"""`python -m tests.faults.soak --minutes N --seed S`: random faults for so long, and the figures; exit code 1 for a
broken promise. Everything is on loopback and ends with it."""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from sprintagen.demo.model_server import ModelServerThread
from tests import rig
from tests.faults.history import Fault
from tests.faults.proxy import CALLS, EVENTS
from tests.faults.system import API, Sender, System

SESSIONS = 3
TEXTS = ("/x say 3", "/x say 30 60", "/x think 5\n/x say 10", "/x say 80 100", '/x tool read {"filePath":"README.md"}')
TROUBLE = re.compile(r"Traceback|^\S+ \S+ (?:ERROR|CRITICAL) |was never awaited|exception was never retrieved", re.M)
POST = r"^POST /session/[^/]+/prompt_async"


class Soak:
    """The loop and what it counts.

    Args:
        system: Running.
        chance: Where every choice comes from.
    """

    def __init__(self, system: System, chance: random.Random) -> None:
        self.system, self._chance = system, chance
        self.faults: list[Fault] = []
        self.kinds: Counter[str] = Counter()
        self.recoveries: list[tuple[float, str]] = []
        """Seconds, and after what."""
        self.memory: list[tuple[int, float, int]] = []
        """Process, time in seconds and bytes, after each round."""
        self.sessions: list[str] = []

    def round(self, number: int) -> None:
        """New sessions and senders, some faults, and a look whether all is kept."""
        system, chance = self.system, self._chance
        sessions = [system.new_session() for _ in range(SESSIONS)]
        texts = [[chance.choice(TEXTS) for _ in range(4)] for _ in sessions]
        senders = [
            Sender(system, id_, number * SESSIONS + at, texts[at], pause=chance.uniform(0, 0.5))
            for at, id_ in enumerate(sessions)
        ]
        for sender in senders:
            sender.start()
        for place in range(3):
            time.sleep(chance.uniform(0.2, 1.5))
            name, act = chance.choice(list(self._choices(sessions).items()))
            self.kinds[name] += 1
            system.history.note(f"fault: {name}")
            act()
            system.line.heal()
            system.history.note("healed")
            self.recoveries.append((self._recovered(sessions[0], f"{number}, {name}, {place}"), name))
        for sender in senders:
            sender.finish()
        found = system.settled(sessions)
        if found:
            print(system.history.account(found), flush=True)
        self.faults += found
        self.sessions += sessions
        assert system.web.process is not None
        process = psutil.Process(system.web.process.pid)
        self.memory.append((process.pid, time.monotonic(), process.memory_info().rss))

    def _choices(self, sessions: list[str]) -> dict[str, Callable[[], object]]:
        line, chance = self.system.line, self._chance
        return {
            "everything cut": line.cut,
            "event stream reset": lambda: line.cut(where=EVENTS),
            "event stream ended": lambda: line.cut(where=EVENTS, reset=False),
            "calls cut": lambda: line.cut(where=CALLS),
            "event truncated": lambda: self._for(1, line.truncate, chance.randint(1, 3000)),
            "garbage": lambda: line.inject(b"\xff\xfe garbage \r\n\r\n", raw=True),
            "broken event": lambda: line.inject(b"data: {broken\n\n"),
            "latency": lambda: self._for(2, line.fault, latency=0.1, jitter=0.3),
            "slow drip": lambda: self._for(2, line.fault, drip=300, tick=0.02),
            "refused": lambda: self._for(chance.uniform(0.5, 4), line.refuse),
            "half-open": lambda: self._for(chance.uniform(1, 4), line.fault, silent=True),
            "event stream half-open": lambda: self._for(3, line.fault, where=EVENTS, silent=True),
            "heartbeats only": lambda: self._for(3, line.fault, where=EVENTS, heartbeats_only=True),
            "stalled": lambda: self._for(2, line.fault, stalled=True),
            "handing over lost": lambda: self._for(1.5, line.doom, POST, "lost"),
            "answer to handing over lost": lambda: self._for(1.5, line.doom, POST, "answer lost"),
            "opencode stopped": self._stop_opencode,
            "opencode killed": lambda: self._kill_opencode(sessions),
            "sprintagen killed": self.system.restart_web,
        }

    def _for(self, seconds: float, begin: Callable[..., object], *given: Any, **how: Any) -> None:
        begin(*given, **how)
        time.sleep(seconds)

    def _stop_opencode(self) -> None:
        with self.system.stopped_opencode():
            time.sleep(self._chance.uniform(0.5, 4))

    def _kill_opencode(self, sessions: list[str]) -> None:
        self.system.kill_opencode()
        self.system.restart_opencode(sessions)

    def _recovered(self, session_id: str, name: str) -> float:
        """Seconds from now until a change made at opencode shows in our API, which it does when its events come."""
        began = time.monotonic()
        self.system.opencode.request("PATCH", f"/session/{session_id}", {"title": name})
        while time.monotonic() < began + 120:
            try:
                with self.system.web.program() as program:
                    answer = program.get(f"{API}/sessions/{session_id}", timeout=5)
                if answer.json()["title"] == name:
                    break
            except (httpx.HTTPError, ValueError, KeyError):
                pass
            time.sleep(0.1)
        return time.monotonic() - began

    def _growth(self) -> str:
        """Of the process that lived for most rounds, by least squares; the first round, which warms up, left out."""
        longest = Counter(pid for pid, _, _ in self.memory).most_common(1)[0][0]
        points = [(at, size) for pid, at, size in self.memory if pid == longest][1:]
        if len(points) < 3:
            return "too few rounds without a new process"
        slope, _ = statistics.linear_regression(*zip(*points, strict=True))
        return f"{slope * 3600 / 2**20:+.1f} MB, by {len(points)} rounds in {points[-1][0] - points[0][0]:.0f} s"

    def figures(self) -> dict[str, str]:
        """For printing, in order."""
        history, web = self.system.history, self.system.web
        assert web.process is not None
        process = psutil.Process(web.process.pid)
        broken = Counter(fault.kind for fault in self.faults)
        slowest = max(self.recoveries, default=(0.0, ""))
        times = sorted(seconds for seconds, _ in self.recoveries) or [0.0]
        log = "\n".join([*self.system.logs, web.log])
        figures = {
            "sends": f"{len(history.sends)}, acknowledged {len(history.acknowledged)}",
            "broken promises": ", ".join(f"{kind} {count}" for kind, count in broken.items()) or "none",
            "faults": ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items())),
            "well again after": f"p50 {_at(times, 0.5):.1f} s, p95 {_at(times, 0.95):.1f} s, max {times[-1]:.1f} s",
            "slowest after": slowest[1],
            "memory": f"{self.memory[0][2] >> 20} MB first, {self.memory[-1][2] >> 20} MB last (a new process: anew)",
            "memory, per hour": self._growth(),
            "open files": f"{process.num_fds()}, threads {process.num_threads()}",
            "event streams upstream": str(self.system.line.count(EVENTS)),
            "database": ", ".join(_integrity(file) for file in sorted(web.data_dir.rglob("*.sqlite"))) or "no file",
            "unexplained log lines": str(len(TROUBLE.findall(log))),
        }
        for line in [line for line in log.splitlines() if TROUBLE.search(line)][:10]:
            print(f"log: {line}")
        return figures


def _integrity(file: Path) -> str:
    with sqlite3.connect(file) as database:
        found = f"{file.name} {database.execute('pragma integrity_check').fetchone()[0]}"
    database.close()
    return found


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args(arguments)
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}, {options.minutes:g} minutes", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        ModelServerThread(words_per_second=rig.WORDS_PER_SECOND) as model,
        System(Path(folder), rig.find_opencode(), model.url) as system,
    ):
        soak = Soak(system, random.Random(seed))
        end = time.monotonic() + options.minutes * 60
        number = 0
        while time.monotonic() < end or not number:
            soak.round(number)
            number += 1
        figures = soak.figures()
    for name, value in figures.items():
        print(f"{name:>24}  {value}")
    return 1 if soak.faults or "ok" not in figures["database"] else 0


if __name__ == "__main__":
    sys.exit(main())
