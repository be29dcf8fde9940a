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

    async def diff(
        self, mode: Literal["git", "branch"] = "git", *, timeout: float | None = None
    ) -> builtins.list[FileDiff]:
        """The changed files, against the last commit or against where the branch left the default one.

        Patches show the whole files, up to 10 MB in all; one that is too large for it, or comes after one, has no hunk.
        Outside git, and for `branch` on the default branch, there are none.

        Args:
            mode: Against what.
            timeout: Instead of the transport's: git is run once for each file that is new, 500 of them take 20 seconds.
        """
        answer = await self._call("GET", "vcs", "diff", query={"mode": mode}, timeout=timeout)
        return many(FileDiff, answer.data)
