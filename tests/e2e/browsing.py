"""A page of the product in a real browser, with eyes on everything that must never happen in one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, WebSocket

    from tests.e2e.served import Served

CHATS = "/admin/chats"
PATIENCE = 60_000
"""Milliseconds for what takes no person's time; generous, since machines are busy."""
NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
expect.set_options(timeout=PATIENCE)


@dataclass
class Watch:
    """What the browser saw go by, in all tabs of a context."""

    served: Served
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    """Every websocket message, both ways."""
    sockets: list[WebSocket] = field(default_factory=list)
    tolerated: list[str] = field(default_factory=lambda: [NETWORK_CHANGED])
    """Patterns of console errors that a test provokes."""

    def follow(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._see(request.url))
        page.on("websocket", self._listen)

    def faults(self) -> Iterator[str]:
        """Whatever is wrong, in words."""
        for line in self.console:
            if not any(re.search(pattern, line) for pattern in self.tolerated):
                yield f"in the browser's console: {line}"
        for url in self.foreign:
            yield f"a request to somebody else: {url}"
        for secret in (self.served.token, *self.served.secrets):
            if any(secret in frame for frame in self.frames):
                yield "a secret in a websocket message"

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(f"{message.type}: {message.text}")

    def _see(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.served.base:
            self.foreign.append(url)

    def _listen(self, socket: WebSocket) -> None:
        self._see(socket.url.replace("ws://", "http://", 1))
        self.sockets.append(socket)
        for name in ("framesent", "framereceived"):
            socket.on(name, lambda data: self.frames.append(data if isinstance(data, str) else data.decode("latin-1")))


@dataclass
class Tab:
    """The chats page, or another of ours, in one browser tab."""

    page: Page
    watch: Watch

    @property
    def served(self) -> Served:
        return self.watch.served

    # -- pieces -------------------------------------------------------------------------------------------------------

    def find(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    @property
    def composer(self) -> Locator:
        return self.find("composer")

    @property
    def banner(self) -> Locator:
        return self.find("status-banner")

    @property
    def missing(self) -> Locator:
        """What stands where a transcript would, when the session cannot be shown."""
        return self.find("session-missing")

    @property
    def toast(self) -> Locator:
        return self.find("toast")

    @property
    def queued(self) -> Locator:
        return self.find("queued-prompt")

    @property
    def mine(self) -> Locator:
        """What the person said."""
        return self.page.locator('[data-testid=message][data-role="user"]')

    @property
    def answers(self) -> Locator:
        """Texts the agent said."""
        return self.page.locator(
            '[data-testid=message][data-role="assistant"] [data-testid=part][data-part-type="text"]'
        )

    @property
    def facts(self) -> Locator:
        """The line under a turn that has ended well."""
        return self.page.locator(".facts")

    def tool(self, name: str, state: str | None = None) -> Locator:
        wanted = f'[data-testid=tool-call][data-tool="{name}"]'
        return self.page.locator(wanted + (f'[data-state="{state}"]' if state else ""))

    def item(self, session_id: str, state: str | None = None) -> Locator:
        """A session's row in the list."""
        wanted = f'[data-testid=session-item][data-session-id="{session_id}"]'
        return self.page.locator(wanted + (f'[data-state="{state}"]' if state else ""))

    @property
    def session_id(self) -> str:
        """By the address."""
        rest = urlsplit(self.page.url).path.removeprefix(CHATS).strip("/")
        assert rest.startswith("ses"), self.page.url
        return rest

    # -- doing --------------------------------------------------------------------------------------------------------

    async def go(self, path: str = CHATS) -> None:
        """Load an address and wait until the page is live."""
        for _ in range(5):
            heard = len(self.watch.console)
            await self.page.goto(self.served.base + path)
            if not any(NETWORK_CHANGED in line for line in self.watch.console[heard:]):
                break
            del self.watch.console[
                heard:
            ]  # half a page: Chromium drops its connections when a network card comes or goes
        await self.live()

    async def live(self) -> None:
        """Wait until the page's socket is there: before that, a click is lost."""
        await self.page.wait_for_function("window.did_handshake === true", timeout=PATIENCE)
        if urlsplit(self.page.url).path.startswith(CHATS):
            await expect(self.composer).to_be_visible()

    async def send(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.composer).to_have_value("")

    async def begin(self, text: str) -> str:
        """Send the first message of a new session; returns its id once the address names it."""
        await self.send(text)
        await self.page.wait_for_url(re.compile(CHATS + "/ses"), timeout=PATIENCE)
        return self.session_id

    async def ended(self, turns: int = 1) -> None:
        """Wait until so many turns have ended well, and nothing runs."""
        await expect(self.facts).to_have_count(turns)
        await expect(self.find("stop")).to_have_count(0)

    async def act(self, session_id: str, action: str) -> None:
        """Choose an action in the menu of a session's row."""
        await self.item(session_id).click(button="right")
        await self.page.get_by_role("menuitem", name=action, exact=True).click()

    async def shoot(self, name: str) -> None:
        """Leave a picture among the test's files, for people to judge words and looks by."""
        await self.page.screenshot(path=self.served.folder / f"{name}.png")

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return max(0, int(width))


async def sign_in(context: BrowserContext, served: Served) -> None:
    """With the token, as the form does it."""
    response = await context.request.post(
        f"{served.base}/sign-in", form={"token": served.token}, headers={"Origin": served.base}, max_redirects=0
    )
    assert response.status == 303, await response.text()
