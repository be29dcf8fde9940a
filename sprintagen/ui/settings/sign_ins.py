"""Who is signed in: every browser with when and where from, and the end of one or of all others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from nicegui import ui

from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.moment import Moment
from sprintagen.ui.settings.section import Section, draw_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.sign_ins import SignInRow
    from sprintagen.ui.page_context import PageContext

BROWSERS: Final = (
    ("Edge", r"\bEdgA?/"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Headless)?(?:Chrome|Chromium|CriOS)/"),
    ("Safari", r"\bSafari/"),
)
"""Name, and what it calls itself; the first that fits, since each claims to be those after it."""
SYSTEMS: Final = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def browser_words(agent: str) -> str:
    """A browser as people call it: `Firefox on Linux`; of others, the first word they call themselves by."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser:
        return f"{browser} on {system}" if system else browser
    return agent.partition(" ")[0][:60] or "A browser that does not say which"


class SignInList:
    """The section."""

    def __init__(self, page: PageContext) -> None:
        self._page = page
        self._sign_ins = page.services.sign_ins
        request = page.client.request
        self._session_id: str | None = request.scope.get("state", {}).get("session_id")
        self.section = Section(
            page,
            "Sign-ins",
            "Every browser that is signed in. To end one closes its pages within seconds.",
            anchor="sign-ins",
            read=self._read,
        )

    async def _read(self) -> Callable[[], None]:
        rows = await self._sign_ins.list(self._page.actor, self._session_id)
        return lambda: self._draw(rows)

    def _draw(self, rows: list[SignInRow]) -> None:
        with ui.element("div").classes("settings__list"):
            for row in rows:
                self._draw_row(row)
        others = sum(not row.is_this for row in rows)
        if others and self._session_id is not None:
            ActionButton(
                "Sign out all others", kind="plain", on_click=lambda: self._end_others(others), testid="end-others"
            )

    def _draw_row(self, row: SignInRow) -> None:
        words = browser_words(row.browser)

        def draw_detail() -> None:
            if row.address:
                ui.label(f"{row.address} · ")
            ui.label("seen ")
            Moment(row.seen_at, "relative")
            ui.label(" · signed in ")
            Moment(row.created_at, "relative")

        state = "This browser" if row.is_this else ""
        with draw_row(words, icon="monitor", state=state, tone="green", testid="sign-in", draw_detail=draw_detail):
            end = ActionButton("Sign out", kind="plain", on_click=lambda: self._end(row), testid="end-sign-in")
            end.props["aria-label"] = f"Sign out: {words}" + (", this browser" if row.is_this else f", {row.address}")

    async def _end(self, row: SignInRow) -> None:
        """To end our own closes this page's socket, and the page goes to the sign-in by itself."""
        if await self._page.attempt("sign out", self._sign_ins.end(row.id)) and not row.is_this:
            self._page.toasts.done(f"{browser_words(row.browser)} is signed out")
            await self.section.load()

    async def _end_others(self, count: int) -> None:
        page = self._page
        asked = await page.modal.confirm(
            f"Sign out {count} other{'' if count == 1 else 's'}?",
            "Their pages close within seconds. What agents are doing for them goes on.",
            accept="Sign out",
            danger=True,
        )
        if not asked or self._session_id is None:
            return
        if await page.attempt("sign out the others", self._sign_ins.end_others(page.actor, self._session_id)):
            page.toasts.done("All others are signed out")
        await self.section.load()


def _first(kinds: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, pattern in kinds if re.search(pattern, agent)), "")
