"""The page's first line: whose page, which project, how the server is, the look, the person's menu."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.addresses import address
from sprintagen.ui.chats.commands.registry import items_for
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.popup_menu import MenuItem, PopupMenu
from sprintagen.ui.kit.region import Region
from sprintagen.ui.theme import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.about import AppInfo
    from sprintagen.ui.theme import Theme

SERVER_WORDS = {
    "starting": "Connecting",
    "connected": "Connected",
    "polling": "Connected, without live updates",
    "reconnecting": "Reconnecting",
    "failed": "Not connected",
}

_TOGGLE_LIST = "() => dispatchEvent(new CustomEvent('sprintagen:list', { cancelable: true }))"
MENU = ("settings", "help", "register", "-", "sign-out")


class AppHeader:
    """The header.

    Args:
        about: Facts for the whole process.
        theme: The theme in force.
        on_command: A command was given.
    """

    def __init__(
        self,
        about: AppInfo,
        theme: Theme,
        *,
        on_command: Callable[[str], Any],
    ) -> None:
        self._theme = theme
        self._on_command = on_command
        self._about = about
        self._server = ""
        with Region("header", tag="header"):
            ActionButton("Sessions", icon="panel", icon_only=True, js_handler=_TOGGLE_LIST, testid="toggle-list")
            with ui.element("a").classes("brand") as brand:
                brand.props["href"] = address("/admin/chats")
                brand.props["aria-label"] = "sprintagen"
                ui.element("span").classes("brand__mark")
                ui.label("sprintagen").classes("brand__name")
            self._draw_project(about)
            self.middle = Region("header__middle")
            """For the way to everything."""
            if about.demo:
                with ui.element("div").classes("demo-label").mark("demo-label") as label:
                    label.props["data-testid"] = "demo-label"
                    label.props["title"] = "No real model is behind this: the answers are scripted."
                    ui.label("Scripted demo model")
            self._draw_server()
            self.place = Region()
            """For what belongs to the page's own feature."""
            self._themes = PopupMenu(
                "Theme",
                self._theme_items(),
                on_pick=lambda value: on_command(f"theme-{value}"),
                icon="sun",
                align="end",
                testid="theme-menu",
            )
            self._draw_menu()
            new = ActionButton("New session", icon="new", icon_only=True, on_click=lambda: on_command("new"))
            new.classes("header__new")
            new.mark("new-session-small")

    def show_server(self, state: str) -> None:
        """How the server is, as `ConnectionState.state`."""
        if state == self._server:
            return
        self._server = state
        self._dot.props["data-server"] = state
        self._server_label.set_text(SERVER_WORDS.get(state, state))

    def show_theme(self, theme: Theme) -> None:
        """The theme in force is another."""
        self._theme = theme
        self._themes.set_items(self._theme_items())

    def _draw_project(self, about: AppInfo) -> None:
        if not about.directory and not about.repo_url:
            return
        with ui.element("div").classes("project") as project:
            project.props["title"] = " · ".join(text for text in (about.directory, about.repo_url) if text)
            Icon("folder")
            ui.label(PurePosixPath(about.directory or about.repo_url or "").name)

    def _draw_server(self) -> None:
        with Region("server") as box:
            box.props["role"] = "status"
            self._dot = ui.element("span").classes("server__dot")
            self._server_label = ui.label("").classes("server__label")
        self.show_server("starting")

    def _draw_menu(self) -> None:
        server = "its own opencode" if self._about.managed else "an opencode that was running"
        PopupMenu(
            "Menu",
            items_for(MENU),
            on_pick=self._on_command,
            icon="person",
            align="end",
            head=f"sprintagen {self._about.version}, with {server}",
            testid="person-menu",
        )

    def _theme_items(self) -> list[MenuItem]:
        return [
            MenuItem(value=value, label=label, icon=icon, checked=value == self._theme)
            for value, (label, icon) in LABELS.items()
        ]
