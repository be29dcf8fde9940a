"""From the model's word to the reader's eye.

`lag`: how long after its emit a word is (a) on opencode's event stream, read by a bare reader, (b) in the DOM of our
page, (c) in the DOM of opencode's own web app. `full`: words a second when the model waits for nobody, and what that
does to the browser's main thread. `growing`: what a word costs browser and server as the answer grows to 100 KB.

All clocks are this machine's. Each page is measured in a round of its own, so that two pages do not share two cores;
they take turns, and the bare reader runs beside each and is the yardstick for the page of the same round.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import statistics
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil

from benchmarks.bench import Bench, bench, machine, percentile
from benchmarks.pages import FLAGS, Watched, emits, forget_emits, open_pages

if TYPE_CHECKING:
    import argparse

    from tests.rig import RealOpencode

WORD = re.compile(r"w(\d+) ")
WARM_UP = 50
MODES = ("lag", "full", "growing")
FULL_SPEED = 1_000_000
"""Words a second: more than anybody takes."""
TENTHS = 10


@dataclass
class Round:
    """When each word was where, in seconds since the epoch."""

    emitted: dict[int, float] = field(default_factory=dict)
    read: dict[int, float] = field(default_factory=dict)
    shown: dict[int, float] = field(default_factory=dict)
    long_tasks: list[float] = field(default_factory=list)

    def rate(self, times: dict[int, float]) -> float:
        """Words a second from the first emit to the last word's arrival."""
        return len(times) / (max(times.values()) - self.emitted[0])


@dataclass
class Grown:
    """What each tenth of a growing answer cost, in ms of CPU time per 1,000 words; long tasks by the clock."""

    browser: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    long_tasks: list[float] = field(default_factory=list)


class BareReader:
    """Reads `/global/event` and notes when each word of one session arrives."""

    def __init__(self, opencode: RealOpencode) -> None:
        self.session_id = ""
        self.read: dict[int, float] = {}
        self._connection = http.client.HTTPConnection(urlsplit(opencode.url).netloc)
        password = opencode.password.get_secret_value()
        credentials = base64.b64encode(f"{opencode.username}:{password}".encode()).decode()
        self._connection.request("GET", "/global/event", headers={"Authorization": f"Basic {credentials}"})
        self._answer = self._connection.getresponse()
        threading.Thread(target=self._follow, daemon=True).start()

    def follow(self, session_id: str) -> None:
        """From now on notes this session's words."""
        self.session_id, self.read = session_id, {}

    def _follow(self) -> None:
        while line := self._answer.readline():
            now = time.time()
            if b"message.part.delta" not in line:
                continue
            delta = json.loads(line.removeprefix(b"data: "))["payload"]["properties"]
            if delta["sessionID"] == self.session_id and delta["field"] == "text":
                for word in WORD.findall(delta["delta"]):
                    self.read.setdefault(int(word), now)


def run(arguments: argparse.Namespace) -> None:
    """Measures and prints a table for each mode."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 the other measurements do without it

    heading = machine()
    with bench() as up, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=list(FLAGS))
        reader = BareReader(up.opencode)
        pages = open_pages(browser, up, web=arguments.opencode_web)
        for watched in pages:
            _play(up, reader, watched, words=WARM_UP, rate=arguments.rate)
        print(heading)
        for mode in arguments.mode or MODES:
            match mode:
                case "lag":
                    _lag(up, reader, pages, arguments)
                case "full":
                    _full_speed(up, reader, pages, arguments)
                case "growing":
                    for shape, verb in (("Markdown", "prose"), ("one paragraph", "say")):
                        _growing(up, pages, arguments, shape, verb)
        browser.close()


# -- words at a pace --------------------------------------------------------------------------------------------------


def _play(up: Bench, reader: BareReader, watched: Watched, *, words: int, rate: float) -> Round:
    session_id = watched.open(up, f"{words} words")
    forget_emits(up)
    reader.follow(session_id)
    up.opencode.prompt(session_id, f"/x say {words} {rate}")
    watched.wait_for(words - 1, pause=0.5)
    return Round(emits(up), dict(reader.read), watched.shown(), watched.long_tasks())


def _lag(up: Bench, reader: BareReader, pages: list[Watched], arguments: argparse.Namespace) -> None:
    rounds = {watched.name: list[Round]() for watched in pages}
    for _ in range(arguments.rounds):
        for watched in pages:
            rounds[watched.name].append(_play(up, reader, watched, words=arguments.words, rate=arguments.rate))
    print(f"\nLag, {arguments.rounds} x {arguments.words} words at {arguments.rate:g} a second:\n")
    print("| what | p50 ms | p95 ms | words |\n|---|---:|---:|---:|")
    for name, played in rounds.items():
        _print_lag(name, played)


def _print_lag(name: str, rounds: list[Round]) -> None:
    read = [[one.read[word] - at for word, at in one.emitted.items() if word in one.read] for one in rounds]
    shown = [[one.shown[word] - at for word, at in one.emitted.items() if word in one.shown] for one in rounds]
    behind = [[one.shown[word] - at for word, at in one.read.items() if word in one.shown] for one in rounds]
    _lag_row(f"bare reader, beside {name}", read)
    _lag_row(f"{name}, in the DOM", shown)
    _lag_row(f"{name} behind the bare reader", behind)


def _lag_row(name: str, rounds: list[list[float]]) -> None:
    """The medians of the rounds, and their extremes."""
    cells = [_spread([1000 * percentile(values, share) for values in rounds if values]) for share in (0.5, 0.95)]
    print(f"| {name} | {cells[0]} | {cells[1]} | {sum(map(len, rounds))} |")


# -- words as fast as they come ---------------------------------------------------------------------------------------


def _full_speed(up: Bench, reader: BareReader, pages: list[Watched], arguments: argparse.Namespace) -> None:
    words = arguments.full_words
    rounds = {watched.name: list[Round]() for watched in pages}
    for _ in range(arguments.rounds):
        for watched in pages:
            rounds[watched.name].append(_play(up, reader, watched, words=words, rate=FULL_SPEED))
    print(f"\nFull speed, {arguments.rounds} x {words} words:\n")
    print("| what | words/s | bare reader beside it | tasks over 50 ms | longest ms |\n|---|---:|---:|---:|---:|")
    for name, played in rounds.items():
        shown, read = ([one.rate(times(one)) for one in played] for times in (_shown, _read))
        counts = _spread([len(one.long_tasks) for one in played])
        longest = _spread([max(one.long_tasks, default=0) for one in played])
        print(f"| {name} | {_spread(shown, 0)} | {_spread(read, 0)} | {counts} | {longest} |")


def _shown(played: Round) -> dict[int, float]:
    return played.shown


def _read(played: Round) -> dict[int, float]:
    return played.read


# -- an answer that grows ---------------------------------------------------------------------------------------------


def _growing(up: Bench, pages: list[Watched], arguments: argparse.Namespace, shape: str, verb: str) -> None:
    words = arguments.growing_words
    rounds = {watched.name: list[Grown]() for watched in pages}
    for _ in range(arguments.rounds):
        for watched in pages:
            server = up.ours if watched.name == "our page" else psutil.Process(up.opencode.pid)
            prompt = f"/x {verb} {words} {arguments.growing_rate}"
            rounds[watched.name].append(_grow(up, watched, server, prompt, words))
    size = f"{words} words at {arguments.growing_rate:g} a second"
    print(f"\nGrowing, {shape}, {arguments.rounds} x {size}; ms of CPU time per 1,000 words in each tenth:\n")
    columns = " | ".join(str(tenth) for tenth in range(1, TENTHS + 1))
    print(f"| what | {columns} | last / first | tasks over 50 ms by the clock | longest ms |")
    print("|---|" + "---:|" * (TENTHS + 3))
    for name, grown in rounds.items():
        counts = _spread([len(one.long_tasks) for one in grown])
        longest = _spread([max(one.long_tasks, default=0) for one in grown])
        _grown_row(f"{name}: main thread", [one.browser for one in grown], f"{counts} | {longest}")
        _grown_row(f"{name}: server", [one.server for one in grown], " | ")


def _grow(up: Bench, watched: Watched, server: psutil.Process, prompt: str, words: int) -> Grown:
    grown = Grown()
    session_id = watched.open(up, prompt)
    devtools = watched.page.context.new_cdp_session(watched.page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> tuple[float, float, int]:
        metrics: list[dict[str, Any]] = devtools.send("Performance.getMetrics")["metrics"]
        busy = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        times = server.cpu_times()
        return 1000 * busy, 1000 * (times.user + times.system), watched.highest()

    up.opencode.prompt(session_id, prompt)
    watched.wait_for(0, pause=0.02)
    before = spent()
    for tenth in range(1, TENTHS + 1):
        if not watched.wait_for(tenth * words // TENTHS - 1, pause=0.05):
            break
        after = spent()
        thousands = max(after[2] - before[2], 1) / 1000
        grown.browser.append((after[0] - before[0]) / thousands)
        grown.server.append((after[1] - before[1]) / thousands)
        before = after
    grown.long_tasks = watched.long_tasks()
    devtools.detach()
    return grown


def _grown_row(name: str, rounds: list[list[float]], more: str) -> None:
    tenths = [statistics.median(values) for values in zip(*rounds, strict=False)]
    cells = [f"{value:.0f}" for value in tenths] + ["stalled"] * (TENTHS - len(tenths))
    ratios = [values[-1] / values[0] for values in rounds if len(values) == TENTHS and values[0]]
    print(f"| {name} | {' | '.join(cells)} | {_spread(ratios)} | {more} |")


def _spread(values: list[float] | list[int], digits: int = 1) -> str:
    """The median and, of several, the extremes."""
    if not values:
        return "nothing"
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
