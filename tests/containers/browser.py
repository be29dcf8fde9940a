"""The chats page of a stack in a real browser on the host."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright, expect

from tests import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Locator, Page

    from tests.containers.stack import Stack

CHATS = "/admin/chats"
PATIENCE = 60_000
"""Milliseconds; containers that start again take most of them."""


class Chat:
    """The chats page of a stack."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page = page
        self.stack = stack

    def find(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    @property
    def banner(self) -> Locator:
        return self.find("status-banner")

    @property
    def answers(self) -> Locator:
        """Texts of the agent."""
        return self.page.locator('[data-role="assistant"] [data-testid=part][data-part-type="text"]')

    @property
    def questions(self) -> Locator:
        """What the person said."""
        return self.page.locator('[data-testid=message][data-role="user"] .bubble__text')

    def tool(self, name: str, state: str) -> Locator:
        return self.page.locator(f'[data-testid=tool-call][data-tool="{name}"][data-state="{state}"]')

    async def sign_in_by_link(self) -> None:
        """Opens the newest `Open:` link of the web's log."""
        await self.page.goto(self.stack.links()[-1])
        await self.live()

    async def go(self, session_id: str = "") -> None:
        """Loads the page, or a session on it."""
        await self.page.goto(f"{self.stack.url}{CHATS}/{session_id}".rstrip("/"))
        await self.live()

    async def live(self) -> None:
        """Waits for the page's socket: before that, a click is lost."""
        await self.page.wait_for_function("window.did_handshake === true", timeout=PATIENCE)
        await expect(self.find("composer")).to_be_visible(timeout=PATIENCE)

    async def send(self, text: str) -> None:
        await self.find("composer").fill(text)
        await self.find("composer").press("Enter")

    async def begin(self, text: str) -> str:
        """Sends the first message of a new session; returns the session's id."""
        await self.go()
        await self.send(text)
        await self.page.wait_for_url(re.compile(f"{CHATS}/ses"), timeout=PATIENCE)
        return self.page.url.rsplit("/", 1)[1]

    async def ended(self) -> None:
        """Waits until nothing runs in the session that is shown."""
        await expect(self.find("stop")).to_have_count(0, timeout=PATIENCE)


@asynccontextmanager
async def open_chat(stack: Stack) -> AsyncIterator[Chat]:
    """A fresh browser, signed in with the stack's token; a script error on its page fails the test."""
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.need(), args=list(chromium.FLAGS))
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield Chat(page, stack)
        await browser.close()
    assert not errors
