"""The slash commands of the client's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models.catalog import Command
from sprintagen.opencode.resources.base import Resource, many

if TYPE_CHECKING:
    import builtins


class Commands(Resource):
    """`client.commands`; `client.messages.command` runs one."""

    async def list(self) -> builtins.list[Command]:
        """All of them. Files added later count after the instance was disposed."""
        return many(Command, await self._get("command"))
