"""Skills, language servers and formatters of the client's directory."""

from __future__ import annotations

from sprintagen.opencode.models.extension import Formatter, LanguageServer, Skill
from sprintagen.opencode.resources.base import Resource, many


class Extensions(Resource):
    """`client.extensions`."""

    async def skills(self) -> list[Skill]:
        """All of them, without their texts. Files added later count after the instance was disposed."""
        return many(Skill, await self._get("skill"))

    async def language_servers(self) -> list[LanguageServer]:
        """Those that run; one starts when the agent first touches a file of its language."""
        return many(LanguageServer, await self._get("lsp"))

    async def formatters(self) -> list[Formatter]:
        """Those that the directory's files can be formatted with."""
        return many(Formatter, await self._get("formatter"))
