"""What the length of a session costs: the click on it until its end is seen, DOM nodes, typing, memory of the server.

Ours is clicked in the session list, opencode's web app in its row of opened sessions, always from a short session with
real turns. Both pages have shown every session before, except for first clicks. The clicks of both take turns.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks import far, fresh
from benchmarks.bench import bench, machine, percentile
from benchmarks.pages import FLAGS, Watched, open_pages
from benchmarks.seed import last_words, seed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from benchmarks.bench import Bench

    Values = Callable[["Opened"], list[float]]

KEYS = 50
PAGES = 5

SOCKET = """(() => {
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (window.arrived) arrived(typeof data === "string" ? data : new TextDecoder().decode(data));
      });
    }
  };
})()"""
TYPING = """() => {
  window.typed = [];
  addEventListener("keydown", (event) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => typed.push(performance.now() - event.timeStamp);
    port2.postMessage(0);
  }), { capture: true });
}"""


@dataclass
class Opened:
    """What was measured of one page with sessions of one size. Milliseconds."""

    first: fresh.First = field(default_factory=fresh.First)
    seen: list[float] = field(default_factory=list)
    brought: list[float] = field(default_factory=list)
    """Of these, until the server's words were in the browser; empty where they come by other ways than a socket."""
    nodes: int = 0
    keys: list[float] = field(default_factory=list)


def run(arguments: argparse.Namespace) -> None:
    """Measures and prints the tables."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 other measurements do without it

    heading = machine()
    sizes: list[int] = sorted(arguments.sizes)
    with bench() as up, sync_playwright() as playwright:
        unread = [one for size in sizes for one in fresh.sizes_of(size)]
        small, seeded = seed(up.opencode, [*sizes, *(size + 5 for size in sizes), *unread])
        sessions = {size: seeded[size] for size in sizes}
        unopened = {size: seeded[size + 5] for size in sizes}
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=list(FLAGS))
        pages = open_pages(browser, up, web=arguments.opencode_web)
        measured = {watched.name: {size: Opened() for size in sizes} for watched in pages}
        for watched in pages:
            watched.page.add_init_script(SOCKET)
            if watched.name != "our page":  # it lists only what it has shown
                for session_id in (*sessions.values(), *(seeded[one] for one in unread)):
                    watched.page.goto(watched.address.format(session_id=session_id))
                    watched.page.wait_for_timeout(1500)
            watched.page.goto(watched.address.format(session_id=small))
            watched.page.wait_for_selector(fresh.link(small))
            watched.page.wait_for_timeout(1500)
        for size in sizes:
            those = {one: seeded[one] for one in fresh.sizes_of(size)}
            first = fresh.measure(pages, small, those, {one: last_words(one) for one in those})
            for watched in pages:
                measured[watched.name][size].first = first[watched.name]
        for watched in pages:
            for size, session_id in sessions.items():
                fresh.click(watched.page, session_id, last_words(size))
                _back(watched, small)
        for _ in range(arguments.rounds):
            for size, session_id in sessions.items():
                for watched in pages:
                    opened = measured[watched.name][size]
                    seen, brought = fresh.click(watched.page, session_id, last_words(size))
                    opened.seen.append(seen)
                    if brought is not None:
                        opened.brought.append(brought)
                    watched.page.wait_for_timeout(400)
                    opened.nodes = watched.page.evaluate("document.querySelectorAll('*').length")
                    if not opened.keys:
                        opened.keys = _type(watched)
                    _back(watched, small)
        asking = {size: _ask(up, session_id) for size, session_id in sessions.items()}
        print(f"{heading}; {arguments.rounds} clicks each; medians, in brackets the extremes\n")
        _table("click to the end seen, ms", measured, sizes, lambda one: one.seen)
        _table("of it until the words are in the browser, ms", measured, sizes, lambda one: one.brought)
        _table("first click in a page, session unread, ms", measured, sizes, lambda one: one.first.unread)
        _table("first click in a page, session read by our server, ms", measured, sizes, lambda one: one.first.read)
        _table("DOM nodes", measured, sizes, lambda one: [float(one.nodes)])
        _table(f"key to frame, p95 of {KEYS}, ms", measured, sizes, lambda one: [percentile(one.keys, 0.95)])
        print(_row("opencode's newest 100 messages, ms", [asking[size] for size in sizes]))
        ways = {size: far.measure(pages[0].page, up, small, session_id) for size, session_id in unopened.items()}
        for name, attribute in far.Ways.ROWS:
            print(_row(name, [getattr(ways[size], attribute) for size in sizes]))
        memory = _memory(pages[0].page.context, up, sessions)
        print(_row("our server's memory per open page, MB", [[memory[size]] for size in sizes]))
        browser.close()


def _back(watched: Watched, small: str) -> None:
    watched.page.click(fresh.link(small))
    watched.page.wait_for_timeout(800)


def _type(watched: Watched) -> list[float]:
    """Milliseconds from each key to the end of the next frame."""
    watched.page.evaluate(TYPING)
    watched.page.locator('textarea, [contenteditable="true"]').first.focus()
    for number in range(KEYS):
        watched.page.keyboard.press("abcdefghij"[number % 10])
        watched.page.wait_for_timeout(20)
    watched.page.wait_for_timeout(200)
    times = [float(one) for one in watched.page.evaluate("window.typed.slice()")]
    watched.page.keyboard.press("Control+a")
    watched.page.keyboard.press("Delete")
    return times


def _ask(up: Bench, session_id: str) -> list[float]:
    """Milliseconds of opencode's own answer to what both pages ask first."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        up.opencode.request("GET", f"/session/{session_id}/message?limit=100")
        times.append(1000 * (time.perf_counter() - begun))
    return times


def _memory(context: BrowserContext, up: Bench, sessions: dict[int, str]) -> dict[int, float]:
    """MB by which our server grows for each further page that is open at a session, with all of them kept open."""
    grown = {}
    for size, session_id in sessions.items():
        before = up.ours.memory_info().rss
        opened = [context.new_page() for _ in range(PAGES)]
        for page in opened:
            page.goto(f"{up.url}/admin/chats/{session_id}")
            page.get_by_text(last_words(size)).first.wait_for()
        opened[0].wait_for_timeout(500)
        grown[size] = (up.ours.memory_info().rss - before) / PAGES / 1e6
    return grown


def _table(what: str, measured: dict[str, dict[int, Opened]], sizes: list[int], values: Values) -> None:
    if what.startswith("click"):
        print(f"| what | {' | '.join(f'{size:,}' for size in sizes)} | last / first |")
        print("|---|" + "---:|" * (len(sizes) + 1))
    for name, opened in measured.items():
        cells = [values(opened[size]) for size in sizes]
        if any(cells):
            print(_row(f"{name}: {what}", cells))


def _row(name: str, cells: list[list[float]]) -> str:
    said = []
    for values in cells:
        middle = f"{statistics.median(values):.1f}" if values else "–"
        said.append(f"{middle} ({min(values):.1f}–{max(values):.1f})" if len(values) > 1 else middle)
    ends = [statistics.median(values) for values in (cells[0], cells[-1]) if values]
    ratio = f"{ends[1] / ends[0]:.2f}" if len(ends) == 2 and ends[0] > 0 else "–"
    return f"| {name} | {' | '.join(said)} | {ratio} |"
