"""The version control of the client's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sprintagen.opencode.models.place import Vcs as VcsInfo
from sprintagen.opencode.models.session import FileDiff
from sprintagen.opencode.resources.base import Resource, many, one

if TYPE_CHECKING:
    import builtins


class Vcs(Resource):
    """`client.vcs`."""

    async def get(self) -> VcsInfo:
        """The branches; both None outside git."""
        return one(VcsInfo, await self._get("vcs"))

    async def status(self) -> builtins.list[FileDiff]:
        """The changed files, without their patches."""
        return many(FileDiff, await self._get("vcs", "status"))

    async def diff(self, mode: Literal["git", "branch"] = "git") -> builtins.list[FileDiff]:
        """The changed files with their patches, against the last commit or against the default branch."""
        return many(FileDiff, await self._get("vcs", "diff", query={"mode": mode}))
