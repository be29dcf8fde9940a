"""What it costs to go far in a long session: to its first message, to the middle, to words, and what it costs to know.

Cold: the session was opened just now for the first time, and nothing but its end is known. Warm: the index is there.
Every way is measured in the browser, until the message is inside the window or the search says what it found; the
pause that it waits after the last key is in that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from benchmarks.bench import Bench

PATIENCE = 60

# From now on: when a message is inside the window. Looks once per frame.
ARRIVAL = """(id) => {
  window.arrival = null;
  const begun = performance.now();
  const look = () => {
    const el = document.querySelector(`[data-message-id="${id}"]`);
    const box = el?.getBoundingClientRect();
    if (box?.height && box.top < innerHeight && box.bottom > 0 && getComputedStyle(el).visibility === "visible") {
      window.arrival = performance.now() - begun;
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
SHOW = "(id) => dispatchEvent(new CustomEvent('sprintagen:show', { detail: { id } }))"
# From now on: when the timeline has turns.
DRAWN = """() => {
  const begun = performance.now();
  const look = () => {
    if (document.querySelector(".timeline__ticks path[d^=M]")) window.drawn ??= performance.now() - begun;
    if (!window.drawn) requestAnimationFrame(look);
  };
  window.drawn = null;
  look();
}"""
# From the last key on: when the search says that it has a hit, and when it says how many there are. What it said before
# goes away first.
COUNTED = """(words) => {
  window.counted = null;
  const said = document.querySelector("[data-testid=session-find-count]");
  let isNew = said.innerText === "";
  let first = null;
  const begun = performance.now();
  const watch = new MutationObserver(() => {
    const text = said.innerText;
    isNew ||= text === "";
    if (!isNew || !text || text === "Searching") return;
    first ??= performance.now() - begun;
    if (text.includes("+")) return;
    watch.disconnect();
    window.counted = [first, performance.now() - begun];
  });
  watch.observe(said, { subtree: true, childList: true, characterData: true });
  const input = document.querySelector("[data-testid=session-find]");
  input.value = words;
  input.dispatchEvent(new Event("input"));
}"""


@dataclass
class Ways:
    """Milliseconds, and megabytes, of one session."""

    drawn: list[float] = field(default_factory=list)
    cold_first: list[float] = field(default_factory=list)
    warm_first: list[float] = field(default_factory=list)
    warm_middle: list[float] = field(default_factory=list)
    cold_hit: list[float] = field(default_factory=list)
    cold_all: list[float] = field(default_factory=list)
    warm_all: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)
    """The longest that another request to our server took meanwhile."""
    index: list[float] = field(default_factory=list)
    words: list[float] = field(default_factory=list)

    ROWS = (
        ("timeline drawn after the end is seen, ms", "drawn"),
        ("to the first message, index cold, ms", "cold_first"),
        ("to the first message, index warm, ms", "warm_first"),
        ("to the middle message, index warm, ms", "warm_middle"),
        ("search: first hit, cold, ms", "cold_hit"),
        ("search: whole session, cold, ms", "cold_all"),
        ("search: whole session, warm, ms", "warm_all"),
        ("slowest other request meanwhile, ms", "lag"),
        ("server memory for the index, MB", "index"),
        ("server memory for the words, MB", "words"),
    )


def measure(page: Page, up: Bench, small: str, session_id: str) -> Ways:
    """Goes through one session that nobody has open; leaves the page at the short one."""
    ways = Ways()
    stored = [item["info"]["id"] for item in up.opencode.request("GET", f"/session/{session_id}/message?limit=0")]
    memory = up.ours.memory_info().rss
    page.click(f'a[href$="/{session_id}"]')
    page.wait_for_selector(f'[data-message-id="{stored[-1]}"]')
    page.evaluate(DRAWN)
    page.evaluate(ARRIVAL, stored[0])
    page.evaluate(SHOW, stored[0])
    ways.cold_first.append(_wait(page, "window.arrival"))
    ways.drawn.append(_wait(page, "window.drawn"))
    _quiet(page)
    ways.index.append((up.ours.memory_info().rss - memory) / 1e6)
    for message_id, found in ((stored[-1], None), (stored[len(stored) // 2], ways.warm_middle),
                              (stored[-1], None), (stored[0], ways.warm_first)):  # fmt: skip
        page.evaluate(ARRIVAL, message_id)
        page.evaluate(SHOW, message_id)
        taken = _wait(page, "window.arrival")
        if found is not None:
            found.append(taken)
        page.wait_for_timeout(600)
    memory = up.ours.memory_info().rss
    page.evaluate("dispatchEvent(new Event('sprintagen:find'))")
    page.wait_for_timeout(200)
    with httpx.Client(base_url=up.url, trust_env=False) as other:
        page.evaluate(COUNTED, "seq")
        first, everything = _meanwhile(page, other, ways.lag)
        ways.cold_hit.append(first)
        ways.cold_all.append(everything)
        page.wait_for_timeout(600)
        ways.words.append((up.ours.memory_info().rss - memory) / 1e6)
        page.evaluate(COUNTED, "counts")
        ways.warm_all.append(_meanwhile(page, other, ways.lag)[1])
    page.keyboard.press("Escape")
    page.click(f'a[href$="/{small}"]')
    page.wait_for_timeout(800)
    return ways


def _meanwhile(page: Page, other: httpx.Client, lag: list[float]) -> tuple[float, float]:
    """Waits for the first hit and the end of a search, and asks our server for something else all the time."""
    end = time.monotonic() + PATIENCE
    slowest = 0.0
    while page.evaluate("window.counted") is None:
        begun = time.perf_counter()
        other.get("/healthz")
        slowest = max(slowest, 1000 * (time.perf_counter() - begun))
        if time.monotonic() > end:
            raise SystemExit(f"the search did not end in {PATIENCE} s")
    lag[:] = [max([slowest, *lag])]
    first, everything = page.evaluate("window.counted")
    return float(first), float(everything)


def _quiet(page: Page) -> None:
    """Waits until the timeline reaches to the beginning."""
    count = -1
    while count != (count := int(page.evaluate("+(document.querySelector('.timeline__rail')?.ariaValueMax ?? 0)"))):
        page.wait_for_timeout(1500)


def _wait(page: Page, what: str) -> float:
    end = time.monotonic() + PATIENCE
    while (found := page.evaluate(what)) is None:
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come in {PATIENCE} s")
        time.sleep(0.02)
    return float(found)
