"""The two pages words are looked for in, ours and opencode's own web app, and what is asked of a browser about them."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from benchmarks.bench import Bench

FLAGS = ("--headless=new", *chromium.FLAGS)
QUIET_MS = 2000
"""From the load of a page to the prompt: it has loaded, and its own work is done."""
STALLED_SECONDS = 60

# Stamps each word when it is first in the text: at the mutation that brings it, which is before it is painted. Looks
# only at what changed, so that looking costs the same however long the answer is.
WATCH = r"""
() => {
  window.seenWords = {};
  window.highestWord = -1;
  window.longTasks = [];
  const last = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return Number(node.data.slice(-200).match(/\bw\d+/g)?.at(-1).slice(1) ?? -1);
    for (let child = node.lastChild; child; child = child.previousSibling) {
      const found = last(child);
      if (found >= 0) return found;
    }
    return -1;
  };
  new MutationObserver((records) => {
    let word = highestWord;
    for (const record of records) {
      if (record.type === "characterData") word = Math.max(word, last(record.target));
      else for (const node of record.addedNodes) word = Math.max(word, last(node));
    }
    const now = performance.timeOrigin + performance.now();
    while (highestWord < word) seenWords[++highestWord] = now;
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((task) => task.duration)))
    .observe({ type: "longtask" });
}
"""
SKEW = "() => Date.now() - (performance.timeOrigin + performance.now())"


@dataclass(frozen=True)
class Watched:
    """A page in which words are looked for."""

    name: str
    page: Page
    address: str
    """Of a session, with its id to be filled in."""

    def open(self, up: Bench, title: str) -> str:
        """A new session, open and quiet, its words about to be watched; returns its id."""
        session_id = up.opencode.new_session(title)
        self.page.goto(self.address.format(session_id=session_id))
        self.page.wait_for_timeout(QUIET_MS)
        self.page.evaluate(WATCH)
        return session_id

    def highest(self) -> int:
        """The last word seen so far, -1: none."""
        return int(self.page.evaluate("window.highestWord"))

    def wait_for(self, word: int, pause: float = 0.1) -> bool:
        """Waits until a word is there; False: for a long time no further one came."""
        seen, changed = -1, time.monotonic()
        while (highest := self.highest()) < word:
            if highest > seen:
                seen, changed = highest, time.monotonic()
            if time.monotonic() - changed > STALLED_SECONDS:
                return False
            time.sleep(pause)
        return True

    def shown(self) -> dict[int, float]:
        """When each word was in the DOM, in seconds since the epoch."""
        skews = sorted(self.page.evaluate(SKEW) for _ in range(21))
        return {int(word): (at + skews[10]) / 1000 for word, at in self.page.evaluate("window.seenWords").items()}

    def long_tasks(self) -> list[float]:
        """Milliseconds of every main-thread task over 50 ms since the page was opened."""
        return [float(task) for task in self.page.evaluate("window.longTasks")]


def open_pages(browser: Browser, up: Bench, *, web: bool) -> list[Watched]:
    """Our page and, if wanted, opencode's own; each in a context of its own."""
    page = browser.new_context().new_page()
    page.goto(up.link)
    page.wait_for_selector('[data-testid="session-list"]')
    watched = [Watched("our page", page, f"{up.url}/admin/chats/{{session_id}}")]
    if web:
        context = browser.new_context()
        context.set_extra_http_headers(web_headers(up))
        address = f"{up.opencode.url}{web_path(up)}/{{session_id}}"
        watched.append(Watched("opencode's web app", context.new_page(), address))
    return watched


def web_headers(up: Bench) -> dict[str, str]:
    """What signs a browser in at opencode."""
    credentials = f"{up.opencode.username}:{up.opencode.password.get_secret_value()}"
    return {"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}


def web_path(up: Bench) -> str:
    """Where opencode's web app begins a session."""
    directory = base64.urlsafe_b64encode(str(up.opencode.directory).encode()).decode().rstrip("=")
    return f"/{directory}/session"


def emits(up: Bench) -> dict[int, float]:
    """When the model server let go of each word, in seconds since the epoch."""
    said = [emit for emit in _ask(f"{up.model_url}/emits") if emit["kind"] == "text"]
    return {index: emit["at"] for index, emit in enumerate(said)}


def forget_emits(up: Bench) -> None:
    """Begins to count anew."""
    _ask(f"{up.model_url}/emits", "DELETE")


def _ask(url: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
        return json.load(answer)
