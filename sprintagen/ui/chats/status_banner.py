"""The banner under the header: what is away or does not work, why, and what to do. It goes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.moment import Moment
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.errors import DatabaseError
    from sprintagen.services.credentials import CredentialReport
    from sprintagen.services.feed import ConnectionState

TITLES = {
    "starting": "Connecting to opencode",
    "polling": "Live updates have stopped",
    "reconnecting": "opencode is away",
    "failed": "opencode is not running",
}


class StatusBanner:
    """The page's banner.

    Args:
        on_register: Run the auth handshake; `abort_running` as the argument.
        on_start: Start our own opencode again.
    """

    def __init__(self, on_register: Callable[[bool], Any], on_start: Callable[[], Any]) -> None:
        self._on_register = on_register
        self._on_start = on_start
        self._shown: object = None
        self._box = Region("banners")

    def update(
        self,
        connection: ConnectionState,
        credentials: CredentialReport | None,
        *,
        has_models: bool | None,
        is_given_up: bool = False,
        database: DatabaseError | None = None,
    ) -> None:
        """Say what there is to say, or nothing.

        Args:
            connection: How we stand with the server.
            credentials: How the provider keys stand.
            has_models: Whether there is any model to use; None: not known yet.
            is_given_up: Our own opencode crashed too often, and waits for somebody to start it again.
            database: Why changes cannot be saved.
        """
        about_server = connection.state in TITLES
        about_keys = (
            not about_server and credentials is not None and credentials.state in ("failed", "partial", "waiting")
        )
        told = (
            connection.state,
            connection.since,
            connection.reason,
            connection.hint,
            connection.log_tail,
            is_given_up,
        )
        about_models = not about_server and not about_keys and has_models is False
        unsaved = (database.message, database.hint) if database is not None else None
        key = (told if about_server else None, credentials if about_keys else None, about_models, unsaved)
        if key == self._shown:
            return
        self._shown = key
        self._box.clear()
        with self._box:
            if database is not None:
                self._draw_database(database)
            if about_server:
                self._draw_connection(connection, is_given_up=is_given_up)
            elif about_keys and credentials is not None:
                self._draw_credentials(credentials)
            elif about_models:
                self._draw_no_models()

    def _draw_database(self, error: DatabaseError) -> None:
        with self._banner("red", spin=False):
            with ui.element("div").classes("banner__line"):
                ui.label("Changes cannot be saved").classes("banner__title")
            ui.label(f"{error.message} {error.hint} This goes by itself when it works again.").classes("banner__hint")

    def _draw_connection(self, connection: ConnectionState, *, is_given_up: bool) -> None:
        tone = "red" if connection.state == "failed" else "amber"
        with self._banner(tone, spin=connection.state != "failed"):
            with ui.element("div").classes("banner__line"):
                refused = connection.state == "failed" and not is_given_up  # it runs, and does not let us in
                ui.label("opencode cannot be used" if refused else TITLES[connection.state]).classes("banner__title")
                ui.label("since").classes("banner__faint")
                Moment(connection.since)
                if is_given_up:
                    ActionButton("Start again", icon="refresh", kind="plain", on_click=self._on_start)
            hint = connection.hint
            if connection.state == "polling":
                hint = "sprintagen asks opencode every 2 seconds; answers appear part by part. This goes by itself."
            elif connection.state != "failed":
                hint = f"{hint} This goes by itself when it is back.".strip()
            if connection.reason or hint:
                ui.label(f"{connection.reason} {hint}".strip()).classes("banner__hint")
            if connection.log_tail:
                fold = Fold(lambda: _draw_log(connection.log_tail)).classes("tool")
                fold.show(icon="terminal", title="Last lines of its log")

    def _draw_credentials(self, report: CredentialReport) -> None:
        if report.state == "waiting":
            with self._banner("amber", spin=False), ui.element("div").classes("banner__line"):
                ui.label("Provider keys wait to be taken over").classes("banner__title")
                ui.label("opencode reads them once no session is working.")
                ActionButton("Take over now", kind="plain", on_click=lambda: self._on_register(True))
            return
        with self._banner("red" if report.state == "failed" else "amber", spin=False):
            with ui.element("div").classes("banner__line"):
                ui.label(
                    "Some provider keys do not work" if report.state == "partial" else "No provider key works"
                ).classes("banner__title")
                ActionButton("Register keys again", icon="key", kind="plain", on_click=lambda: self._on_register(False))
            for provider in report.providers:
                if provider.state not in ("connected", "pending"):
                    ui.label(f"{provider.provider_id or 'provider'}: {provider.message}").classes("banner__hint")

    def _draw_no_models(self) -> None:
        with self._banner("amber", spin=False):
            with ui.element("div").classes("banner__line"):
                ui.label("There is no model to use yet").classes("banner__title")
                ActionButton("Register keys again", icon="key", kind="plain", on_click=lambda: self._on_register(False))
            ui.label(
                "Put a provider's key into .env, for example OPENROUTER_API_KEY, or OPENCODE_PROVIDER_ID with "
                "OPENCODE_PROVIDER_API_KEY, and register it."
            ).classes("banner__hint")

    def _banner(self, tone: str, *, spin: bool) -> ui.element:
        box = ui.element("div").classes("banner").mark("status-banner")
        box.props["data-testid"] = "status-banner"
        box.props["data-tone"] = tone
        box.props["role"] = "status"
        with box:
            if spin:
                ui.element("span").classes("spinner")
            else:
                Icon("alert")
            return ui.element("div").classes("banner__body")


def _draw_log(lines: tuple[str, ...]) -> None:
    CodeBlock("\n".join(lines), title="opencode", tail=True, wrap=True)
