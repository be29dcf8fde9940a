"""The first click on a session in a page that was loaded a moment ago, where nothing of that session is in the page.

Each time in a new tab of the same browser, so that scripts come from its cache. Each is clicked twice: before our
server has read the session, and when it has; opencode's page asks the same opencode both times.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page

    from benchmarks.pages import Watched

TIMES = 3
"""Sessions of each size nobody has opened before."""
STEP = 10
"""Messages by which they are longer than one another, to be told apart."""
QUIET_MS = 1500
PATIENCE = 60

# From the press of the button: when a frame from the server first brought the words, and when they were first inside
# the window. Looks once per frame.
OPENING = """(words) => {
  window.opening = null;
  addEventListener("pointerdown", (event) => {
    const found = { brought: null };
    window.arrived = (data) => {
      if (found.brought === null && data.includes(words)) found.brought = performance.now() - event.timeStamp;
    };
    const look = () => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        if (!texts.currentNode.data.includes(words)) continue;
        const box = texts.currentNode.parentElement.getBoundingClientRect();
        if (box.height && box.width && box.top < innerHeight && box.bottom > 0) {
          found.seen = performance.now() - event.timeStamp;
          window.opening = found;
          return;
        }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true, once: true });
}"""


@dataclass
class First:
    """Milliseconds from a first click to the end seen, with sessions of one size."""

    unread: list[float] = field(default_factory=list)
    """No process but opencode has the session in memory."""
    read: list[float] = field(default_factory=list)
    """Our server has read it; to opencode's page it makes no difference."""


def sizes_of(size: int) -> list[int]:
    """How long the sessions are that are clicked for this size."""
    return [size + STEP * (number + 1) for number in range(TIMES)]


def measure(pages: Sequence[Watched], small: str, sessions: dict[int, str], words: dict[int, str]) -> dict[str, First]:
    """Clicks each session in a new tab of each page, twice; the pages take turns.

    Args:
        pages: Which have shown `small`; opencode's has each session in its row as well.
        small: The session from which they are opened.
        sessions: By their lengths.
        words: What stands at the end of each.
    """
    found = {watched.name: First() for watched in pages}
    for number, (size, session_id) in enumerate(sessions.items()):
        order = pages if number % 2 == 0 else pages[::-1]
        for is_read in (False, True):
            for watched in order:
                first = found[watched.name]
                times = first.read if is_read else first.unread
                times.append(_open(watched, small, session_id, words[size]))
    return found


def _open(watched: Watched, small: str, session_id: str, words: str) -> float:
    page = watched.page.context.new_page()
    try:
        page.goto(watched.address.format(session_id=small))
        page.wait_for_selector(link(session_id))
        page.wait_for_timeout(QUIET_MS)
        return click(page, session_id, words)[0]
    finally:
        page.close()


def link(session_id: str) -> str:
    """Selects what opens a session, in either page."""
    return f'a[href$="/{session_id}"]'


def click(page: Page, session_id: str, words: str) -> tuple[float, float | None]:
    """Opens a session; milliseconds until its last words are seen, and until a socket brought them."""
    page.evaluate(OPENING, words)
    page.click(link(session_id))
    end = time.monotonic() + PATIENCE
    while (found := page.evaluate("window.opening")) is None:
        if time.monotonic() > end:
            raise SystemExit(f"{page.url} did not show {words} in {PATIENCE} s")
        time.sleep(0.05)
    return float(found["seen"]), found["brought"]
