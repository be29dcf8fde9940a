"""`Extensions`: the MCP servers of the project, switched and signed in; skills, language servers and formatters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sprintagen.errors import InvalidInput
from sprintagen.opencode import errors

if TYPE_CHECKING:
    from pydantic import SecretStr

    from sprintagen.opencode.models import Formatter, LanguageServer, Skill
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer


@dataclass(frozen=True, slots=True)
class McpRow:
    """One MCP server."""

    name: str
    status: str
    """opencode's: `connected`, `disabled`, `failed`, `needs_auth` or `needs_client_registration`."""
    error: str

    @property
    def is_on(self) -> bool:
        return self.status != "disabled"


class Extensions:
    """What extends the agents of one server in the project's directory."""

    def __init__(self, server: OpencodeServer) -> None:
        self._server = server

    async def mcp_servers(self) -> list[McpRow]:
        """The configured ones, by name. The first call after a start of opencode may take seconds."""
        statuses = await self._server.client.mcp.statuses()
        return [McpRow(name, one.status, one.error or "") for name, one in sorted(statuses.items())]

    async def switch_mcp(self, actor: Actor, name: str, *, on: bool) -> McpRow:
        """Switch one on or off until opencode reloads; whether it works then is in the row.

        Raises:
            NotFound: There is none of this name.
        """
        mcp = self._server.client.mcp
        await (mcp.connect(name) if on else mcp.disconnect(name))
        return await self._row(name)

    async def begin_mcp_sign_in(self, actor: Actor, name: str) -> str:
        """The address where the person agrees; they bring a code back for `finish_mcp_sign_in`.

        Raises:
            InvalidInput: The server knows no sign-in.
        """
        try:
            url = await self._server.client.mcp.authorize(name)
        except (errors.ServerFault, errors.InvalidRequest) as error:
            raise InvalidInput(
                f"“{name}” offers no sign-in now.", hint="It may be away, or need none; its state says more."
            ) from error
        if not _is_safe(url):
            raise InvalidInput("The server named an address that is not safe to open.")
        return url

    async def finish_mcp_sign_in(self, actor: Actor, name: str, code: SecretStr) -> McpRow:
        """End a sign-in."""
        status = await self._server.client.mcp.complete(name, code)
        return McpRow(name, status.status, status.error or "")

    async def sign_out_mcp(self, actor: Actor, name: str) -> McpRow:
        """Forget what a sign-in gave."""
        await self._server.client.mcp.sign_out(name)
        return await self._row(name)

    async def skills(self) -> list[Skill]:
        """By name."""
        return sorted(await self._server.client.extensions.skills(), key=lambda skill: skill.name)

    async def language_servers(self) -> list[LanguageServer]:
        """Those that run now."""
        return await self._server.client.extensions.language_servers()

    async def formatters(self) -> list[Formatter]:
        """Those that are in use."""
        return [one for one in await self._server.client.extensions.formatters() if one.enabled]

    async def _row(self, name: str) -> McpRow:
        rows = await self.mcp_servers()
        return next((row for row in rows if row.name == name), McpRow(name, "disabled", ""))


def _is_safe(url: str) -> bool:
    """Whether a browser may be sent there: over TLS, or to this machine itself."""
    try:
        place = urlsplit(url)
        return place.scheme == "https" or (
            place.scheme == "http" and place.hostname in ("localhost", "127.0.0.1", "::1")
        )
    except ValueError:
        return False
