"""Many people at once: pages open, sessions that stream without a pause, for as long as is wanted.

First an idle server answers one browser; then the crowd comes (`benchmarks.crowd`, light pages in one process), and the
same browser goes on. What is looked for is that nobody notices the others, that nothing is lost and that nothing grows.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

from benchmarks.bench import bench, machine, percentile
from benchmarks.crowd import Plan
from benchmarks.pages import FLAGS, QUIET_MS
from benchmarks.sampling import Sampler

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Page

    from benchmarks.bench import Bench
    from benchmarks.sampling import Samples

IDLE_SENDS = 20
SEND_PAUSE = 1.0
LOADED_PAUSE = 4.0
"""Seconds between two sends of the browser while the others are there."""
WARM_UP = 20.0
"""Seconds from the first prompt of the crowd to the beginning of what is measured."""
TURN_SECONDS = 30
"""How long a turn of the crowd takes to stream."""
PATIENCE = 30
FLAT_AFTER = 300.0
FLAT = 1.05
"""What memory may be at the end, in terms of what it was after `FLAT_AFTER` seconds, or half of a shorter time."""
_stop = threading.Event()
_WARNING = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b")

# From the press of Enter to the mutation that brings the answer's first word.
SENT = """(words) => {
  window.answered = null;
  let sent = null;
  addEventListener("keydown", (event) => { if (event.key === "Enter") sent ??= event.timeStamp; }, { capture: true });
  const starts = (node) => {
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = node.nodeType === Node.TEXT_NODE ? node : texts.nextNode(); text; text = texts.nextNode())
      if (text.data.trimStart().startsWith(words)) return true;
    return false;
  };
  new MutationObserver((records, observer) => {
    if (sent === null) return;
    const changed = records.flatMap((one) => (one.type === "characterData" ? [one.target] : [...one.addedNodes]));
    if (!changed.some(starts)) return;
    window.answered = performance.now() - sent;
    observer.disconnect();
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@dataclass
class Found:
    """Everything that was measured, as far as it went."""

    idle_ms: list[float] = field(default_factory=list)
    loaded_ms: list[float] = field(default_factory=list)
    crowd: dict[str, Any] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)
    samples: Samples | None = None
    opencode_share: float = 0.0
    working_rows: int = 0
    errors: list[str] = field(default_factory=list)


class CrowdProcess:
    """The visitors' process; stops with the `with`."""

    def __init__(self, plan: Plan) -> None:
        self.last: dict[str, Any] = {}
        self._said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.crowd"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us, who then ask it for its last counts
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.tell(json.dumps(asdict(plan)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(OSError):
            self.tell("end")
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def wait_until_open(self, seconds: float) -> dict[str, Any]:
        """What it says once its pages are open."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _go_on()
            with contextlib.suppress(queue.Empty):
                return self._said.get(timeout=1)
        raise SystemExit(f"The visitors' pages were not open after {seconds:.0f} s")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self._said.put(told)
            else:
                self.last = told


def run(arguments: argparse.Namespace) -> None:
    """Measures and prints the table; what there is of it, too, when it is interrupted."""
    found = Found()
    heading = machine()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask_to_stop)
    is_whole = False
    try:
        _measure(arguments, found)
        is_whole = True
    except Exception:  # a terminal's Ctrl-C also reaches the browser, whose words for it are many
        if not _stop.is_set():
            raise
        print("Interrupted: this is how far it came.\n")
    finally:
        missed = _print(arguments, heading, found)
    if not is_whole or (arguments.check and missed):
        raise SystemExit(1)


class Interrupted(Exception):
    """Somebody wants the measurement to end."""


def _ask_to_stop(*_: object) -> None:
    _stop.set()


def _go_on() -> None:
    """Between two things that may not be cut off in the middle, as what drives the browser may not."""
    if _stop.is_set():
        raise Interrupted


def _measure(arguments: argparse.Namespace, found: Found) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 other measurements do without it

    with bench() as up, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=arguments.chromium,
            args=list(FLAGS),
            handle_sigint=False,
            handle_sigterm=False,
        )
        try:
            page = browser.new_context().new_page()
            page.on("pageerror", lambda error: found.errors.append(f"the browser: {error}"))
            sends = _sends(up, page)
            found.idle_ms += [next(sends) for _ in range(IDLE_SENDS)]
            _load(arguments, up, page, sends, found)
        finally:
            found.errors += _warnings(up.log)
            with contextlib.suppress(Exception):  # an interrupted playwright may not close any more; the process ends
                browser.close()


def _load(arguments: argparse.Namespace, up: Bench, page: Page, sends: Iterator[float], found: Found) -> None:
    sessions = [up.opencode.new_session(f"Crowd {number}") for number in range(arguments.sessions)]
    credentials = f"{up.opencode.username}:{up.opencode.password.get_secret_value()}"
    words = max(1, round(TURN_SECONDS * arguments.rate))
    plan = Plan(up.url, up.token, up.opencode.url, credentials, sessions, arguments.pages, words, arguments.rate)
    opencode = psutil.Process(up.opencode.pid)
    sampler = Sampler(up)
    crowd = CrowdProcess(plan)
    try:
        with crowd:
            found.opened = crowd.wait_until_open(PATIENCE + arguments.pages / 2)
            crowd.tell("begin")
            page.wait_for_timeout(1000 * WARM_UP)
            crowd.tell("measure")
            sampler.begin()
            opencode.cpu_percent()
            end = time.monotonic() + 60 * arguments.minutes
            while time.monotonic() < end:
                _go_on()
                found.loaded_ms.append(next(sends))
                page.wait_for_timeout(1000 * LOADED_PAUSE)
            found.working_rows = page.locator('[data-testid="session-item"][data-state="working"]').count()
            found.opencode_share = opencode.cpu_percent() / 100
            sampler.close()
    finally:
        sampler.close()
        found.crowd, found.samples = crowd.last, sampler.samples
        found.errors += [*sampler.samples.failures, *crowd.last.get("troubles", [])]


def _sends(up: Bench, page: Page) -> Iterator[float]:
    """Sends a prompt in the browser for each one asked for; milliseconds from Enter to the answer's first word."""
    session_id = up.opencode.new_session("A person")
    page.goto(up.link)
    page.wait_for_timeout(QUIET_MS)  # a page left while it loads leaves a traceback of NiceGUI's in the log
    page.goto(f"{up.url}/admin/chats/{session_id}")
    composer = page.locator("textarea").first
    composer.wait_for()
    page.wait_for_timeout(QUIET_MS)
    number = 0
    while True:
        _go_on()
        words = f"answer{number}."
        number += 1
        page.evaluate(SENT, words)
        composer.fill(f"/x text {words}")
        composer.press("Enter")
        page.wait_for_function("window.answered !== null", timeout=1000 * PATIENCE)
        took = float(page.evaluate("window.answered"))
        page.wait_for_timeout(1000 * SEND_PAUSE)
        yield took


def _warnings(log: Sequence[str]) -> list[str]:
    """What sprintagen found worth a warning, and of a traceback its last line."""
    found: list[str] = []
    is_warning = False
    for line in log:
        if line.startswith("    | "):
            if is_warning:
                found[-1] = f"{found[-1].split(' ... ')[0]} ... {line[6:].strip()}"
        elif is_warning := _WARNING.search(line) is not None:
            found.append(line.strip())
    return found


# -- what is printed --------------------------------------------------------------------------------------------------


def _print(arguments: argparse.Namespace, heading: str, found: Found) -> list[str]:
    """Prints the table; returns the rows whose bar was missed."""
    samples, crowd = found.samples, found.crowd
    if samples is None or not crowd or not found.loaded_ms or not samples.seconds:
        print(f"{heading}\n\nNothing was measured under load. Idle: {_spread(found.idle_ms)}")
        for line in found.errors:
            print(f"    {line}")
        return ["everything"]
    missed: list[str] = []
    rows: list[str] = []

    def row(what: str, value: str, bar: str = "", *, holds: bool = True) -> None:
        rows.append(f"| {what} | {value} | {bar}{'' if holds else ' **missed**'} |")
        if not holds:
            missed.append(what)

    ratio = percentile(found.loaded_ms, 0.95) / percentile(found.idle_ms, 0.95)
    row("send to first word, idle, p50 / p95, ms", _spread(found.idle_ms))
    row("send to first word, loaded, p50 / p95, ms", _spread(found.loaded_ms))
    row("loaded / idle, p95", f"{ratio:.2f} x", "at most 2 x", holds=ratio <= 2)
    lag = max(samples.lag_p99_ms, default=None)
    shown = "not measured" if lag is None else f"{percentile(samples.lag_p99_ms, 0.5):.1f} / {lag:.1f}"
    row("event loop lag p99 of a minute, middle / worst, ms", shown, "under 100", holds=lag is not None and lag < 100)
    row("event loop lag, longest, ms", f"{max(samples.lag_worst_ms, default=0):.1f}")
    row("errors", str(len(found.errors)), "none", holds=not found.errors)
    due, lost = crowd["words_due"], crowd["words_lost"]
    row("words due on pages / lost", f"{due} / {lost}", "none lost", holds=due > 0 and lost == 0)
    begin = FLAT_AFTER if samples.seconds > 1.5 * FLAT_AFTER else samples.seconds / 2
    early, late = samples.rss_at(begin), samples.rss_at(samples.seconds)
    flat = f"at most {FLAT:.2f} x"
    row(f"memory at {begin:.0f} s / at the end, MB", f"{early:.1f} / {late:.1f}", flat, holds=late <= FLAT * early)
    row("memory after that, MB per hour", f"{samples.rss_slope(begin):+.1f}")
    streams = f"{min(samples.streams)} – {max(samples.streams)}" if samples.streams else "not measured"
    most = max(samples.streams, default=1)
    row("upstream streams, at each look", streams, "one", holds=most == 1)
    row(
        "word's lag behind a bare reader, p50 / p95 / p99, ms",
        " / ".join(_whole(crowd, f"lag_p{n}_ms") for n in (50, 95, 99)),
    )
    seconds = crowd["seconds"]
    row(
        "updates delivered a second",
        f"{crowd['messages'] / seconds:.0f}, of them words {crowd['appends'] / seconds:.0f}",
    )
    row("words delivered a second, all pages", f"{crowd['words_shown'] / seconds:.0f}")
    row("KB delivered a second, all pages", f"{crowd['bytes'] / seconds / 1000:.0f}")
    row("CPU per delivered update, µs", f"{1e6 * samples.share * seconds / max(1, crowd['messages']):.0f}")
    row("CPU per delivered word, µs", f"{1e6 * samples.share * seconds / max(1, crowd['words_shown']):.0f}")
    row("CPU of sprintagen / of opencode, cores", f"{samples.share:.2f} / {found.opencode_share:.2f}")
    row("pages per core at 50 % load", f"{crowd['pages'] * 0.5 / samples.share:.0f}")
    opened = found.opened
    row("pages open / asked for, in seconds", f"{opened['ready']} / {arguments.pages}, {opened['seconds']}")
    row("sessions a person sees working", f"{found.working_rows} of {arguments.sessions}")
    print(f"{heading}\n\n{arguments.pages} pages, {arguments.sessions} sessions at {arguments.rate:g} words a second,")
    print(f"{samples.seconds / 60:.1f} minutes; {len(found.idle_ms)} sends idle, {len(found.loaded_ms)} loaded\n")
    print("| what | value | bar |\n|---|---:|---|")
    print("\n".join(rows))
    for line in found.errors[:20]:
        print(f"    {line}")
    return missed


def _spread(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.0f} / {percentile(values, 0.95):.0f}" if values else "nothing"


def _whole(counts: dict[str, Any], key: str) -> str:
    return "nothing" if counts[key] is None else f"{counts[key]:.0f}"
