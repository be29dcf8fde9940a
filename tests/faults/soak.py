"""`python -m tests.faults.soak --minutes N --seed S`: random faults for so long, and the figures; exit code 1 for a
broken promise. Everything is on loopback and ends with it."""

from __future__ import annotations

import argparse
import random
import re
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil

from sprintagen.demo.model_server import ModelServerThread
from tests import rig
from tests.faults.history import Fault, Kind
from tests.faults.pages import Pages
from tests.faults.proxy import CALLS, EVENTS
from tests.faults.system import API, Sender, System

SESSIONS = 3
TEXTS = ("/x say 3", "/x say 30 60", "/x think 5\n/x say 10", "/x say 80 100", '/x tool read {"filePath":"README.md"}')
TROUBLE = re.compile(r"Traceback|^\S+ \S+ (?:ERROR|CRITICAL) |was never awaited|exception was never retrieved", re.M)
PROMISES: tuple[Kind, ...] = ("lost", "doubled", "reordered", "differs")
POST = r"^POST /session/[^/]+/prompt_async"


class Soak:
    """The loop and what it counts.

    Args:
        system: Running.
        pages: A browser at it; its pages stay open through each round.
        chance: Where every choice comes from.
    """

    def __init__(self, system: System, pages: Pages, chance: random.Random) -> None:
        self.system, self.pages, self._chance = system, pages, chance
        self.faults: list[Fault] = []
        self.kinds: Counter[str] = Counter()
        self.recoveries: list[tuple[float, str]] = []
        """Seconds, and after what."""
        self.memory: list[tuple[int, float, int]] = []
        """Process, time in seconds and bytes, after each round."""
        self.used: list[tuple[int, int]] = []
        """Open files and threads, after each round."""
        self.looked = 0
        """So many times a page was compared with a fresh one."""
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
        for session, name in ((sessions[0], "a page"), (sessions[0], "a second tab"), (sessions[1], "another page")):
            self.pages.open(session, name)
        for sender in senders:
            sender.start()
        for place in range(3):
            self.pages.wait(chance.uniform(0.2, 1.5))
            name, act = chance.choice(list(self._choices(sessions).items()))
            self.kinds[name] += 1
            system.history.note(f"fault: {name}")
            act()
            system.line.heal()
            system.page_line.heal()
            system.history.note("healed")
            self.recoveries.append((self._recovered(sessions[0], f"{number}, {name}, {place}"), name))
        for sender in senders:
            sender.finish()
        found = system.settled(sessions) + self.pages.compare(system.history.check)
        self.looked += len(self.pages.pages)
        found += [Fault("differs", "a page", "", "", error) for error in self.pages.errors]
        self.pages.errors.clear()
        self.pages.close()
        if found:
            print(system.history.account(found), flush=True)
        self.faults += found
        self.sessions += sessions
        assert system.web.process is not None
        process = psutil.Process(system.web.process.pid)
        self.memory.append((process.pid, time.monotonic(), process.memory_info().rss))
        self.used.append((process.num_fds(), process.num_threads()))

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
            "both killed": lambda: self._kill_both(sessions),
            "browser cut off": self.system.page_line.cut,
            "browser away": lambda: self._for(chance.uniform(1, 6), self.system.page_line.refuse),
            "browser half-open": lambda: self._for(chance.uniform(1, 4), self.system.page_line.fault, silent=True),
            "database locked": self._lock_database,
            "disk refuses writes": self._refuse_writes,
            "database file away": self._move_database,
        }

    def _for(self, seconds: float, begin: Callable[..., object], *given: Any, **how: Any) -> None:
        begin(*given, **how)
        self.pages.wait(seconds)

    def _stop_opencode(self) -> None:
        with self.system.stopped_opencode():
            self.pages.wait(self._chance.uniform(0.5, 4))

    def _kill_both(self, sessions: list[str]) -> None:
        self.system.kill_opencode()
        self.system.restart_web()
        self.system.restart_opencode(sessions)

    def _lock_database(self) -> None:
        """By another program, for longer than a query waits."""
        with closing(sqlite3.connect(self.system.database, isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 5000")
            other.execute("BEGIN IMMEDIATE")
            self.pages.wait(self._chance.uniform(2, 9))
            other.execute("ROLLBACK")

    def _refuse_writes(self) -> None:
        """The kernel lets the process write to no file any more, as a quota does."""
        assert self.system.web.process is not None
        pid = self.system.web.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        self.pages.wait(self._chance.uniform(1, 5))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    def _move_database(self) -> None:
        file = self.system.database
        aside = file.with_name("aside")
        file.rename(aside)
        self.pages.wait(self._chance.uniform(1, 4))
        aside.rename(file)

    def _kill_opencode(self, sessions: list[str]) -> None:
        self.system.kill_opencode()
        self.system.restart_opencode(sessions)

    def _recovered(self, session_id: str, name: str) -> float:
        """Seconds from now until a change made at opencode shows in our API, which it does when its events come, and
        health says that all is well, the database too."""
        began = time.monotonic()
        self.system.opencode.request("PATCH", f"/session/{session_id}", {"title": name})
        while time.monotonic() < began + 120:
            try:
                with self.system.web.program() as program:
                    answer = program.get(f"{API}/sessions/{session_id}", timeout=5)
                    health = program.get(f"{API}/health", timeout=5)
                if answer.json()["title"] == name and health.json()["ok"]:
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
        broken = Counter(fault.kind for fault in self.faults)
        times = sorted(seconds for seconds, _ in self.recoveries) or [0.0]
        log = "\n".join([*self.system.logs, web.log])
        figures = {
            "sends": f"{len(history.sends)}, acknowledged {len(history.acknowledged)}",
            "broken promises": ", ".join(f"{kind} {broken[kind]}" for kind in dict.fromkeys([*PROMISES, *broken])),
            "pages beside fresh ones": str(self.looked),
            "faults": ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items())),
            "well again after": _spread(times),
            **{f"after {name}": _spread([s for s, of in self.recoveries if of == name]) for name in sorted(self.kinds)},
            "memory": f"{self.memory[0][2] >> 20} MB first, {self.memory[-1][2] >> 20} MB last (a new process: anew)",
            "memory, per hour": self._growth(),
            "open files": f"{self.used[0][0]} after the first round, {self.used[-1][0]} after the last",
            "threads": f"{self.used[0][1]} after the first round, {self.used[-1][1]} after the last",
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


def _spread(times: list[float]) -> str:
    ordered = sorted(times)
    return f"p50 {_at(ordered, 0.5):.1f} s, p95 {_at(ordered, 0.95):.1f} s, worst {ordered[-1]:.1f} s"


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
        Pages(system.page_line.url) as pages,
    ):
        soak = Soak(system, pages, random.Random(seed))
        end = time.monotonic() + options.minutes * 60
        number = 0
        while time.monotonic() < end or not number:
            soak.round(number)
            number += 1
        figures = soak.figures()
    for name, value in figures.items():
        print(f"{name:>32}  {value}")
    return 1 if soak.faults or "ok" not in figures["database"] else 0


if __name__ == "__main__":
    sys.exit(main())
