"""The MCP servers of the client's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.errors import WRONG_SERVER_HINT, UnreadableAnswer
from sprintagen.opencode.models.extension import McpStatus
from sprintagen.opencode.resources.base import Resource, one

if TYPE_CHECKING:
    from pydantic import SecretStr

CONNECTING = 40.0
"""Seconds a connection attempt may take: the server waits 30 for a program that says nothing."""


class Mcp(Resource):
    """`client.mcp`. Names are the configuration's; one that is not there is a `NotFound`."""

    async def statuses(self) -> dict[str, McpStatus]:
        """Each server by its name. The first call of a directory starts them, which may take seconds."""
        data = (await self._call("GET", "mcp", timeout=CONNECTING)).data
        if not isinstance(data, dict):
            raise UnreadableAnswer("The opencode server did not list its MCP servers.", hint=WRONG_SERVER_HINT)
        return {name: one(McpStatus, status) for name, status in data.items()}

    async def connect(self, name: str) -> None:
        """Switch one on until the instance is disposed. Whether it works is in `statuses` afterwards."""
        await self._call("POST", "mcp", name, "connect", timeout=CONNECTING)

    async def disconnect(self, name: str) -> None:
        """Switch one off until the instance is disposed."""
        await self._call("POST", "mcp", name, "disconnect")

    async def authorize(self, name: str) -> str:
        """Begin to sign in; returns the address where the person agrees."""
        data = (await self._call("POST", "mcp", name, "auth", timeout=CONNECTING)).data
        url = data.get("authorizationUrl") if isinstance(data, dict) else None
        if not isinstance(url, str):
            raise UnreadableAnswer("The opencode server named no address to sign in at.", hint=WRONG_SERVER_HINT)
        return url

    async def complete(self, name: str, code: SecretStr) -> McpStatus:
        """End a sign-in with the code the person was given."""
        body = {"code": code.get_secret_value()}
        answer = await self._call("POST", "mcp", name, "auth", "callback", body=body, timeout=CONNECTING, secret=True)
        return one(McpStatus, answer.data)

    async def sign_out(self, name: str) -> None:
        """Forget what a sign-in gave; one that has none is fine."""
        await self._call("DELETE", "mcp", name, "auth")
