"""The route /admin/status: the browser tests the way between itself and us, and reads what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nicegui import Client, ui

from sprintagen.services.refs import OPERATOR
from sprintagen.ui import away_note, theme
from sprintagen.ui.addresses import address
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region
from sprintagen.ui.page_context import PageContext
from sprintagen.ui.settings.section import draw_row
from sprintagen.ui.settings.self_test import SelfTest
from sprintagen.ui.settings.way_here import Finding, Measured, Seen, findings

if TYPE_CHECKING:
    from sprintagen.services import Services

PATH: Final = "/admin/status"
_STATES: Final = {"good": ("Well", "green"), "slow": ("Slow", "amber"), "bad": ("Change this", "red")}
_ICONS: Final = {"stream": "refresh", "socket": "link", "round-trip": "clock", "address": "globe", "client": "person"}


def register(services: Services) -> None:
    """Add the route."""

    @ui.page(
        PATH,
        title="Connection · sprintagen",
        viewport="width=device-width, initial-scale=1, viewport-fit=cover",
        language=theme.LANGUAGE,
    )
    async def status(client: Client) -> None:
        page = PageContext(services, OPERATOR, client)
        theme.dress_page(
            title="Connection · sprintagen",
            version=services.about.version,
            look=await theme.recall_look(page.recall),
            sheets=("settings.css",),
        )
        away_note.watch()
        seen = Seen.of(client.request.scope, client.request.headers.get("host", ""))
        with ui.element("div").classes("app"):
            with ui.element("header").classes("header"):
                with ui.element("a").classes("btn btn--quiet settings__back") as back:
                    back.props["href"] = address("/admin/settings#server")
                    back.props["data-testid"] = "back-to-settings"
                    Icon("chevron-right")
                    ui.label("Settings").classes("btn__text")
                ui.element("span").classes("header__space")
            away_note.place()
            with ui.element("div").classes("settings"), ui.element("main").classes("settings__sections"):
                test = _draw(seen)
        await client.connected()
        test.run()


def _draw(seen: Seen) -> SelfTest:
    """The page's inside; returns the test, to be run."""
    with ui.element("h1").classes("settings__title"):
        ui.label("Connection")
    about = (
        "What this browser measures of the way to sprintagen, and what to change in a proxy that holds something up."
    )
    ui.label(about).classes("section__about")
    body = Region("section__body")
    body.props["role"] = "status"
    body.props["aria-label"] = "What was found"
    body.props["data-testid"] = "way-here"

    def show(measured: Measured) -> None:
        body.clear()
        with body:
            for found in findings(measured, seen):
                _draw_finding(found)

    def run() -> None:
        body.clear()
        with body:
            draw_row("Measuring …", icon="clock")
        test.run()

    with body:
        draw_row("Measuring …", icon="clock")
    test = SelfTest(show)
    with ui.element("div").classes("section__after"):
        ActionButton("Test again", icon="refresh", kind="plain", on_click=run, testid="test-again")
    return test


def _draw_finding(found: Finding) -> None:
    state, tone = _STATES[found.state]
    draw_row(found.title, found.detail, state=state, tone=tone, icon=_ICONS[found.name], testid=f"found-{found.name}")
    for program, lines in found.changes.items():
        CodeBlock(lines, title=program, wrap=True)
