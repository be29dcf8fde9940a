"""Real pages that stay open while things go wrong, as readers: what they show in the end, read out of their DOM."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PageError

from tests import chromium
from tests.faults.history import Fault, Reading, Seen
from tests.served import TOKEN

if TYPE_CHECKING:
    from types import TracebackType

CHATS = "/admin/chats"
AGREE_SECONDS = 30.0
"""For a page to show what a fresh one does, once the line and both processes are well; generous on a busy machine."""
_LOOK = """() => {
  const text = (el, what) => [...el.querySelectorAll(what)].map((one) => one.textContent.trim());
  const box = document.querySelector('[data-testid=message-list]');
  return {
    messages: [...document.querySelectorAll('[data-testid=message]')].map((el) => ({
      id: el.dataset.messageId,
      role: el.dataset.role,
      text: text(el, '[data-testid=part][data-part-type=text]').join('\\n'),
      parts: [...el.querySelectorAll('[data-testid=part]')].map((one) => one.dataset.partType),
      tools: [...el.querySelectorAll('[data-testid=tool-call]')].map((it) => `${it.dataset.tool} ${it.dataset.state}`),
      ended: !!el.querySelector('.facts') && !el.querySelector('[data-testid=error-card], .message__stopped'),
      interrupted: !!el.querySelector('[data-testid=interrupted]'),
    })),
    failed: text(document, '[data-testid=queued-prompt][data-state=failed] .bubble__text'),
    queued: text(document, '[data-testid=queued-prompt] .bubble__text'),
    asks: document.querySelectorAll('[data-testid=permission-card], [data-testid=question-card]').length,
    banner: text(document, '[data-testid=status-banner]'),
    working: !!document.querySelector('[data-testid=stop]'),
    sessions: [...document.querySelectorAll('[data-testid=session-item]')].slice(0, 8).map(
      (one) => one.dataset.sessionId + ' ' + one.dataset.state),
    isAway: box?.dataset.away != null || box?.dataset.placing != null,
  };
}"""
_UP = """() => {
  const box = document.querySelector('[data-testid=message-list]');
  box?.scrollTo(0, 0);
}"""
_DOWN = """() => {
  document.querySelector('[data-testid=jump-latest]')?.click();
  const box = document.querySelector('[data-testid=message-list]');
  box?.scrollTo(0, box.scrollHeight);
}"""


@dataclass
class OpenPage:
    """One tab at one session."""

    page: Page
    session_id: str
    name: str

    def look(self) -> dict[str, Any]:
        """Everything it shows, its messages from the end up to the first of all."""
        self.page.evaluate(_DOWN)
        self._until(lambda shown: not shown["isAway"])
        shown = self._look()
        messages: list[dict[str, Any]] = shown["messages"]
        still = 0
        while still < 4:  # nothing older has come for so many looks at the top
            self.page.evaluate(_UP)
            self.page.wait_for_timeout(120)
            known = {one["id"] for one in messages}
            top = self._look()["messages"]
            older = next((at for at, one in enumerate(top) if one["id"] in known), 0)
            messages = top[:older] + messages
            still = 0 if older else still + 1
        self.page.evaluate(_DOWN)
        return {**shown, "messages": messages}

    def reading(self, shown: dict[str, Any]) -> Reading:
        """For the checker. The DOM does not name what an answer answers: it is what was said last before it."""
        messages: list[Seen] = []
        parent = ""
        for one in shown["messages"]:
            parent = one["id"] if one["role"] == "user" else parent
            messages.append(
                Seen(
                    one["id"],
                    one["role"],
                    one["text"],
                    parent if one["role"] != "user" else "",
                    is_answer=one["role"] == "assistant" and one["ended"],
                )
            )
        return Reading(self.name, self.session_id, tuple(messages), tuple(shown["failed"]))

    def _look(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(_LOOK)
        return found

    def _until(self, condition: Any) -> None:
        end = time.monotonic() + 10
        while not condition(self._look()) and time.monotonic() < end:
            self.page.wait_for_timeout(50)


@dataclass
class Pages:
    """A browser with pages of one sprintagen, signed in, as a context.

    `url` is where it reaches sprintagen: a line that can be cut.
    """

    url: str
    pages: list[OpenPage] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Uncaught in a page."""

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        self._browser: Browser = self._playwright.chromium.launch(
            executable_path=chromium.need(), args=list(chromium.FLAGS)
        )
        self._context: BrowserContext = self._browser.new_context(viewport={"width": 1280, "height": 800})
        answer = self._context.request.post(
            f"{self.url}/sign-in", form={"token": TOKEN}, headers={"Origin": self.url}, max_redirects=0
        )
        assert answer.status == 303, answer.text()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._browser.close()
        self._playwright.stop()

    def open(self, session_id: str, name: str = "a page") -> OpenPage:
        """A tab that stays open."""
        tab = self._tab(session_id, name)
        self.pages.append(tab)
        return tab

    def close(self) -> None:
        """Every tab that stayed open."""
        while self.pages:
            self.pages.pop().page.close()

    def wait(self, seconds: float) -> None:
        """Like `time.sleep`, but the pages' own events are heard meanwhile."""
        if self.pages:
            self.pages[0].page.wait_for_timeout(seconds * 1000)
        else:
            time.sleep(seconds)

    def compare(self, check: Any) -> list[Fault]:
        """What is wrong with the open pages, once they have had time: by the checker, and beside a fresh load each."""
        faults: list[Fault] = []
        for tab in self.pages:
            end = time.monotonic() + AGREE_SECONDS
            while True:
                try:
                    faults_of_tab = self._compare(tab, check)
                except PageError as error:  # it is loading itself anew just now
                    faults_of_tab = [Fault("differs", tab.name, tab.session_id, "", f"it cannot be read: {error}")]
                if not faults_of_tab or time.monotonic() > end:
                    break
                self.wait(0.3)
            faults += faults_of_tab
        return faults

    def _compare(self, tab: OpenPage, check: Any) -> list[Fault]:
        shown = tab.look()
        found: list[Fault] = check([tab.reading(shown)])
        fresh_tab = self._tab(tab.session_id, "a fresh page")
        try:
            if shown["messages"]:
                fresh_tab.page.wait_for_selector("[data-testid=message]", timeout=20_000)
            fresh = fresh_tab.look()
        finally:
            fresh_tab.page.close()
        for key, value in fresh.items():
            if shown[key] != value:
                words = f"{key}: it shows {_short(shown[key], value)}"
                found.append(Fault("differs", tab.name, tab.session_id, "", words))
        return found

    def _tab(self, session_id: str, name: str) -> OpenPage:
        page = self._context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{name}: {error}"))
        for is_last in (False, False, True):
            try:
                page.goto(f"{self.url}{CHATS}/{session_id}", timeout=20_000)
                page.wait_for_function("window.did_handshake === true", timeout=20_000)
                page.wait_for_selector("[data-testid=composer]", timeout=20_000)
                break
            except PageError:
                if is_last:
                    raise
        return OpenPage(page, session_id, name)


def _short(shown: Any, fresh: Any) -> str:
    """The first difference, for a person."""
    if isinstance(shown, list) and isinstance(fresh, list):
        for at, (one, other) in enumerate(zip(shown, fresh, strict=False)):
            if one != other:
                return f"{one} where a fresh load shows {other}, at {at}"
        return f"{len(shown)}, a fresh load {len(fresh)}: {shown[len(fresh) :] or fresh[len(shown) :]}"
    return f"{shown} where a fresh load shows {fresh}"
