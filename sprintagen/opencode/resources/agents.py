"""The agents of the client's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models.catalog import Agent
from sprintagen.opencode.resources.base import Resource, many

if TYPE_CHECKING:
    import builtins


class Agents(Resource):
    """`client.agents`."""

    async def list(self) -> builtins.list[Agent]:
        """All of them, subagents and hidden ones too."""
        return many(Agent, await self._get("agent"))
