"""MCP servers: how each stands, a switch, and a sign-in where it asks for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import SecretStr

from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.settings.section import Section, draw_empty, draw_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.extensions import McpRow
    from sprintagen.ui.page_context import PageContext

STATES = {
    "connected": ("Connected", "green"),
    "disabled": ("Off", ""),
    "failed": ("Failed", "red"),
    "needs_auth": ("Needs a sign-in", "amber"),
    "needs_client_registration": ("Needs a client id", "amber"),
}
REGISTRATION = "It does not register clients by itself: put a client id for it into opencode's configuration."


class McpServers:
    """The section."""

    def __init__(self, page: PageContext) -> None:
        self._page = page
        self._extensions = page.services.extensions
        self.section = Section(
            page,
            "MCP servers",
            "Tools from elsewhere, as opencode's configuration lists them. A switch here holds until opencode reloads.",
            anchor="mcp",
            read=self._read,
        )

    async def _read(self) -> Callable[[], None]:
        rows = await self._extensions.mcp_servers()
        return lambda: self._draw(rows)

    def _draw(self, rows: list[McpRow]) -> None:
        if not rows:
            draw_empty("None is configured for this project. They are set up under “mcp” in opencode.json.")
        for row in rows:
            words, tone = STATES.get(row.status, (row.status, ""))
            detail = REGISTRATION if row.status == "needs_client_registration" else row.error[:400]
            with draw_row(row.name, detail, state=words, tone=tone, icon="wrench", testid="mcp-server"):
                if row.status == "needs_auth":
                    ActionButton("Sign in", kind="plain", on_click=lambda r=row: self._sign_in(r))
                if row.status == "failed":
                    ActionButton("Try again", kind="plain", on_click=lambda r=row: self._switch(r, on=True))
                ActionButton(
                    "Switch off" if row.is_on else "Switch on",
                    kind="plain",
                    on_click=lambda r=row: self._switch(r, on=not r.is_on),
                    testid="mcp-switch",
                )

    async def _switch(self, row: McpRow, *, on: bool) -> None:
        page = self._page
        work = self._extensions.switch_mcp(page.actor, row.name, on=on)
        await page.attempt(f"switch {row.name} {'on' if on else 'off'}", work)
        await self.section.load()

    async def _sign_in(self, row: McpRow) -> None:
        page = self._page
        try:
            url = await self._extensions.begin_mcp_sign_in(page.actor, row.name)
        except Exception as error:  # told on the page
            page.tell(error, "begin the sign-in")
            return
        page.client.run_javascript(f"window.open({json.dumps(url)}, '_blank', 'noopener')")
        code = await page.modal.prompt(
            f"Sign in at {row.name}",
            field="Code",
            text="A new window opened: agree there. It ends at an address that has “code=” in it; bring that code.",
            accept="Sign in",
        )
        if code and code.strip():
            work = self._extensions.finish_mcp_sign_in(page.actor, row.name, SecretStr(code.strip()))
            await page.attempt("sign in", work)
        await self.section.load()
