"""The projects the server has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models.place import Project
from sprintagen.opencode.resources.base import Resource, many, one

if TYPE_CHECKING:
    import builtins


class Projects(Resource):
    """`client.projects`."""

    async def list(self) -> builtins.list[Project]:
        return many(Project, await self._get("project"))

    async def current(self) -> Project:
        """The client's directory's. `global` stands for a directory without git, and for one that does not exist."""
        return one(Project, await self._get("project", "current"))
