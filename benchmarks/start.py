"""From the address bar to the first letter: how long a browser takes until one can type, for our page and opencode's.

Each cold load is a browser context of its own, with nothing cached and nothing stored but the sign-in; the warm load is
the same address in the same context again. The composer is usable once it is seen, enabled and takes the focus; ours
also says when its socket is there, which is when what was typed can be sent. Pages take turns in every round.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.bench import bench, machine
from benchmarks.pages import FLAGS, web_headers, web_path

if TYPE_CHECKING:
    import argparse

    from playwright.sync_api import Browser, BrowserContext, Page

    from benchmarks.bench import Bench

PATIENCE = 60
TYPED = "hello"

# In each frame: is there a composer that can be seen, is enabled, and takes the focus?
PROBE = """(() => {
  window.started = {};
  const look = () => {
    const field = document.querySelector('textarea, [contenteditable="true"]');
    if (field && !field.disabled && !started.usable) {
      const box = field.getBoundingClientRect();
      const seen = field.checkVisibility({ visibilityProperty: true, opacityProperty: true });
      if (seen && box.width > 50 && box.height > 10) {
        field.focus();
        if (document.activeElement === field) started.usable = performance.now();
      }
    }
    if (window.did_handshake && !started.live) started.live = performance.now();
    if (!started.usable || !started.live) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
TEXT = """() => {
  const field = document.querySelector('textarea, [contenteditable="true"]');
  return field.value ?? field.textContent;
}"""
TIMES = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return { ...started, html: page.responseEnd, first: page.responseStart, paint: paint?.startTime,
    parsed: page.domContentLoadedEventStart };
}"""


@dataclass
class Load:
    """One page load."""

    times: dict[str, float]
    """Milliseconds since the navigation began."""
    wire: int
    """Bytes received, headers included."""
    requests: int
    cached: int
    """Of these, answered by the browser itself."""
    foreign: list[str]
    """Requests that went elsewhere."""
    main_thread: dict[str, float]
    """Milliseconds of the page's main thread by kind of work."""


@dataclass
class Side:
    """One of the pages."""

    name: str
    address: str
    browser: Browser
    state: dict[str, Any]
    has_socket: bool
    headers: dict[str, str] = field(default_factory=dict)
    cold: list[Load] = field(default_factory=list)
    warm: list[Load] = field(default_factory=list)

    def measure(self) -> None:
        """A cold load and a warm one."""
        context = self.browser.new_context(storage_state=self.state)  # type: ignore[arg-type]
        if self.headers:
            context.set_extra_http_headers(self.headers)
        self.cold.append(self._load(context))
        self.warm.append(self._load(context))
        context.close()

    def _load(self, context: BrowserContext) -> Load:
        page = context.new_page()
        page.add_init_script(PROBE)
        wire = _Wire(context, page, self.address)
        page.goto(self.address, wait_until="commit")
        wanted = "started.usable && started.live" if self.has_socket else "started.usable"
        _wait_until(page, f"() => Boolean(window.started && {wanted})")
        page.keyboard.type(TYPED)
        _wait_until(page, f"() => ({TEXT})().includes('{TYPED}')")
        page.wait_for_timeout(700)  # what comes later belongs to the load as well
        load = wire.load(page.evaluate(TIMES))
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.wait_for_timeout(300)
        page.close()
        return load


class _Wire:
    """Counts what a page receives."""

    def __init__(self, context: BrowserContext, page: Page, address: str) -> None:
        self._origin = urlsplit(address).netloc
        self._bytes = 0
        self._seen: Counter[str] = Counter()
        self._foreign: list[str] = []
        self._session = context.new_cdp_session(page)
        self._session.on("Network.requestWillBeSent", self._sent)
        self._session.on("Network.loadingFinished", self._finished)
        self._session.on("Network.responseReceived", self._received)
        self._session.send("Network.enable")
        self._session.send("Performance.enable")

    def load(self, times: dict[str, float]) -> Load:
        metrics = {one["name"]: one["value"] for one in self._session.send("Performance.getMetrics")["metrics"]}
        work = {
            "script": metrics["ScriptDuration"],
            "layout and style": metrics["LayoutDuration"] + metrics["RecalcStyleDuration"],
            "all": metrics["TaskDuration"],
        }
        return Load(
            times,
            self._bytes,
            self._seen["sent"],
            self._seen["cached"],
            self._foreign,
            {name: 1000 * seconds for name, seconds in work.items()},
        )

    def _sent(self, event: dict[str, Any]) -> None:
        address = urlsplit(event["request"]["url"])
        if address.scheme in ("data", "blob"):
            return
        self._seen["sent"] += 1
        if address.netloc != self._origin:
            self._foreign.append(event["request"]["url"])

    def _received(self, event: dict[str, Any]) -> None:
        self._seen["cached"] += bool(event["response"].get("fromDiskCache"))

    def _finished(self, event: dict[str, Any]) -> None:
        self._bytes += max(0, int(event["encodedDataLength"]))


def run(arguments: argparse.Namespace) -> None:
    """Measures and prints the table."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 other measurements do without it

    heading = machine()
    with bench() as up, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=list(FLAGS))
        for number in range(arguments.sessions):
            up.opencode.new_session(f"Session {number}")
        sides = [_our_side(browser, up)]
        if arguments.opencode_web:
            sides.append(_web_side(browser, up))
        for side in sides:  # the servers' own first time is not the browser's
            side.measure()
            side.cold.clear()
            side.warm.clear()
        for _ in range(arguments.rounds):
            for side in sides:
                side.measure()
        browser.close()
    print(f"{heading}; {arguments.rounds} rounds, {arguments.sessions} sessions; medians, in brackets the extremes\n")
    print("| load | usable ms | live ms | first paint ms | HTML ms | KB | requests (cached) | elsewhere |", end="")
    print(" main thread ms (script, layout) |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for side in sides:
        _row(f"{side.name}, cold", side.cold)
        _row(f"{side.name}, warm", side.warm)
    for side in sides:
        for url in sorted({url for load in side.cold + side.warm for url in load.foreign}):
            print(f"\n{side.name} asks elsewhere: {url}")


def _our_side(browser: Browser, up: Bench) -> Side:
    context = browser.new_context()
    page = context.new_page()
    page.goto(up.link)
    page.wait_for_selector('[data-testid="composer"]')
    state = context.storage_state()
    context.close()
    cookies_only: dict[str, Any] = {"cookies": state.get("cookies", []), "origins": []}
    return Side("our page", f"{up.url}/admin/chats", browser, cookies_only, has_socket=True)


def _web_side(browser: Browser, up: Bench) -> Side:
    address = f"{up.opencode.url}{web_path(up)}"
    return Side("opencode's web app", address, browser, {}, has_socket=False, headers=web_headers(up))


def _wait_until(page: Page, condition: str) -> None:
    """Waits without `wait_for_function`, whose eval a page's Content-Security-Policy may forbid."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise SystemExit(f"{page.url} did not come to: {condition}")
        time.sleep(0.05)


def _row(name: str, loads: list[Load]) -> None:
    first = loads[0]

    def milliseconds(key: str) -> str:
        return _spread([load.times[key] for load in loads if load.times.get(key) is not None])

    work = {key: statistics.median(load.main_thread[key] for load in loads) for key in first.main_thread}
    wire = statistics.median(load.wire for load in loads) / 1000
    requests = f"{statistics.median(load.requests for load in loads):.0f}"
    cached = f"{statistics.median(load.cached for load in loads):.0f}"
    foreign = max(len(load.foreign) for load in loads)
    cells = [
        milliseconds("usable"),
        milliseconds("live"),
        milliseconds("paint"),
        milliseconds("html"),
        f"{wire:.0f}",
        f"{requests} ({cached})",
        foreign,
    ]
    busy = f"{work['all']:.0f} ({work['script']:.0f}, {work['layout and style']:.0f})"
    print(f"| {name} | {' | '.join(map(str, cells))} | {busy} |")


def _spread(values: list[float]) -> str:
    if not values:
        return "–"
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"
