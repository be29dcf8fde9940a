"""The route /admin/settings: every section under another, each read by itself when the page is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import Client, ui

from sprintagen.services.changes import ConnectionChanged
from sprintagen.services.refs import OPERATOR
from sprintagen.ui import away_note, theme
from sprintagen.ui.addresses import address
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.modal import Modal
from sprintagen.ui.kit.toasts import Toasts
from sprintagen.ui.page_context import PageContext
from sprintagen.ui.settings import offers
from sprintagen.ui.settings.appearance import appearance
from sprintagen.ui.settings.mcp import McpServers
from sprintagen.ui.settings.notifications import notifications
from sprintagen.ui.settings.providers import Providers
from sprintagen.ui.settings.server import server
from sprintagen.ui.settings.sign_ins import SignInList

if TYPE_CHECKING:
    from sprintagen.services import Services
    from sprintagen.services.changes import Change

PATH = "/admin/settings"
PLACES = (
    ("providers", "Providers"),
    ("mcp", "MCP servers"),
    ("agents", "Agents"),
    ("commands", "Commands"),
    ("skills", "Skills"),
    ("tooling", "Language servers"),
    ("appearance", "Appearance"),
    ("notifications", "Notifications"),
    ("sign-ins", "Sign-ins"),
    ("server", "Server"),
)


def register(services: Services) -> None:
    """Add the route."""

    @ui.page(
        PATH,
        title="Settings · sprintagen",
        viewport="width=device-width, initial-scale=1, viewport-fit=cover",
        language=theme.LANGUAGE,
    )
    async def settings(client: Client) -> None:
        page = PageContext(services, OPERATOR, client)
        theme.dress_page(
            title="Settings · sprintagen",
            version=services.about.version,
            look=await theme.recall_look(page.recall),
            sheets=("settings.css",),
        )
        away_note.watch()
        with ui.element("div").classes("app"):
            _draw_header()
            away_note.place()
            with ui.element("div").classes("settings"):
                _draw_places()
                with ui.element("main").classes("settings__sections"):
                    with ui.element("h1").classes("settings__title"):
                        ui.label("Settings")
                    sections = [
                        Providers(page).section,
                        McpServers(page).section,
                        offers.agents(page),
                        offers.commands(page),
                        offers.skills(page),
                        offers.tooling(page),
                        appearance(page),
                        notifications(page),
                        SignInList(page).section,
                        server(page),
                    ]
            page.modal = Modal()
            page.toasts = Toasts()

        def read() -> None:
            """Those that show nothing yet; what somebody types in the others stays."""
            for section in sections:
                if not section.is_well:
                    page.spawn(section.load(), "read settings")

        def handle_change(change: Change) -> None:
            if isinstance(change, ConnectionChanged) and services.feed.is_connected():
                with client:
                    read()

        client.on_delete(services.watching.watch(handle_change, lambda: None).close)
        await client.connected()
        read()


def _draw_header() -> None:
    with ui.element("header").classes("header"):
        with ui.element("a").classes("btn btn--quiet settings__back") as back:
            back.props["href"] = address("/admin/chats")
            back.props["data-testid"] = "back-to-sessions"
            Icon("chevron-right")
            ui.label("Sessions").classes("btn__text")
        ui.element("span").classes("header__space")


def _draw_places() -> None:
    with ui.element("nav").classes("settings__places") as nav:
        nav.props["aria-label"] = "Settings"
        for anchor, words in PLACES:
            with ui.element("a").classes("settings__place") as link:
                link.props["href"] = f"#{anchor}"
                ui.label(words)
