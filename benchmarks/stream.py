"""From the model's word to the reader's eye: how long after its emit a word is (a) on opencode's event stream, read by
a bare reader, (b) in the DOM of our page, (c) optionally in the DOM of opencode's own web app.

All clocks are this machine's. Each page is measured in a round of its own, so that two pages do not share two cores;
the bare reader runs in every round and is the yardstick for the page of the same round.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.bench import Bench, bench, machine, percentile

if TYPE_CHECKING:
    import argparse

    from playwright.sync_api import BrowserContext, Page

    from tests.rig import RealOpencode

WORD = re.compile(r"w(\d+) ")
WARM_UP = 50
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OUR_MESSAGES = '[data-testid="message"][data-role="assistant"]'

# Stamps each word when it is first in the text: at the mutation that brings it, which is before it is painted.
WATCH = """
selector => {
  window.seenWords = {};
  let highest = -1;
  const look = () => {
    const found = document.querySelectorAll(selector);
    if (!found.length) return;
    const text = found[found.length - 1].textContent;
    const words = text.slice(-400).match(/\\bw\\d+/g);
    if (!words) return;
    const last = Number(words[words.length - 1].slice(1));
    const now = performance.timeOrigin + performance.now();
    while (highest < last) window.seenWords[++highest] = now;
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}
"""
SKEW = "() => Date.now() - (performance.timeOrigin + performance.now())"


@dataclass(frozen=True)
class Watched:
    """A page in which words are looked for."""

    page: Page
    address: str
    """Of a session, with its id to be filled in."""
    selector: str
    """What is looked at; the last one that matches."""


@dataclass
class Round:
    """When each word was where, in seconds since the epoch."""

    emitted: dict[int, float] = field(default_factory=dict)
    read: dict[int, float] = field(default_factory=dict)
    shown: dict[int, float] = field(default_factory=dict)


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
    """Measures and prints the table."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 the other measurement does without it

    heading = machine()
    with bench() as up, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=list(FLAGS))
        reader = BareReader(up.opencode)
        pages = {"our page": _our_page(browser.new_context(), up)}
        if arguments.opencode_web:
            pages["opencode's web app"] = _web_page(browser.new_context(), up)
        measured: dict[str, list[Round]] = {}
        for name, watched in pages.items():
            _play(up, reader, watched, words=WARM_UP, rate=arguments.rate)
            measured[name] = [
                _play(up, reader, watched, words=arguments.words, rate=arguments.rate) for _ in range(arguments.rounds)
            ]
        browser.close()
    print(f"{heading}; {arguments.rounds} x {arguments.words} words at {arguments.rate:g} a second\n")
    print("| what | p50 ms | p95 ms | words |\n|---|---:|---:|---:|")
    for name, rounds in measured.items():
        _print(name, rounds)


def _our_page(context: BrowserContext, up: Bench) -> Watched:
    page = context.new_page()
    page.goto(up.link)
    page.wait_for_selector('[data-testid="session-list"]')
    return Watched(page, f"{up.url}/admin/chats/{{session_id}}", OUR_MESSAGES)


def _web_page(context: BrowserContext, up: Bench) -> Watched:
    opencode = up.opencode
    credentials = f"{opencode.username}:{opencode.password.get_secret_value()}"
    context.set_extra_http_headers({"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"})
    directory = base64.urlsafe_b64encode(str(opencode.directory).encode()).decode().rstrip("=")
    return Watched(context.new_page(), f"{opencode.url}/{directory}/session/{{session_id}}", "body")


def _play(up: Bench, reader: BareReader, watched: Watched, *, words: int, rate: float) -> Round:
    session_id, page = up.opencode.new_session(f"{words} words"), watched.page
    page.goto(watched.address.format(session_id=session_id))
    page.wait_for_timeout(2000)  # loaded and quiet
    page.evaluate(WATCH, watched.selector)
    _ask(f"{up.model_url}/emits", "DELETE")
    reader.follow(session_id)
    up.opencode.prompt(session_id, f"/x say {words} {rate}")
    end = time.monotonic() + words / rate + 60
    while len(shown := page.evaluate("window.seenWords")) < words and time.monotonic() < end:
        page.wait_for_timeout(500)
    skew = percentile([page.evaluate(SKEW) for _ in range(21)], 0.5)
    emits = [emit for emit in _ask(f"{up.model_url}/emits") if emit["kind"] == "text"]
    return Round(
        emitted={index: emit["at"] for index, emit in enumerate(emits)},
        read=dict(reader.read),
        shown={int(word): (at + skew) / 1000 for word, at in shown.items()},
    )


def _print(name: str, rounds: list[Round]) -> None:
    read = [played.read[word] - at for played in rounds for word, at in played.emitted.items() if word in played.read]
    shown = [
        played.shown[word] - at for played in rounds for word, at in played.emitted.items() if word in played.shown
    ]
    behind = [played.shown[word] - at for played in rounds for word, at in played.read.items() if word in played.shown]
    _row(f"bare reader, beside {name}", read)
    _row(f"{name}, in the DOM", shown)
    _row(f"{name} behind the bare reader", behind)
    if read and shown:
        ratios = [percentile(shown, share) / percentile(read, share) for share in (0.5, 0.95)]
        print(f"| {name} / bare reader | {ratios[0]:.1f} x | {ratios[1]:.1f} x | |")


def _row(name: str, values: list[float]) -> None:
    if values:
        print(
            f"| {name} | {1000 * percentile(values, 0.5):.1f} | {1000 * percentile(values, 0.95):.1f} | {len(values)} |"
        )
    else:
        print(f"| {name} | nothing seen | | 0 |")


def _ask(url: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
        return json.load(answer)
