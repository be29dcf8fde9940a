"""The files of the client's directory, read-only. The server refuses what lies outside, as a ServerFault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sprintagen.opencode.errors import WRONG_SERVER_HINT, UnreadableAnswer
from sprintagen.opencode.models.place import FileBytes, FileContent, FileNode, SearchMatch
from sprintagen.opencode.resources.base import Resource, many, one

if TYPE_CHECKING:
    import builtins


class Files(Resource):
    """`client.files`."""

    async def list(self, path: str = ".") -> builtins.list[FileNode]:
        """One directory's entries."""
        return many(FileNode, await self._get("file", query={"path": path}))

    async def content(self, path: str) -> FileContent:
        """A file; a missing one is empty text."""
        return one(FileContent, await self._get("file", "content", query={"path": path}))

    async def read(self, path: str, *, limit: int) -> FileBytes:
        """A file's bytes as they are, at most `limit` of them. A missing file and a folder are a refusal.

        Raises:
            InvalidID: The path is empty, or a segment of it is or leads elsewhere.
        """
        answer = await self._transport.raw(
            "GET", ("api", "fs", "read", *path.split("/")), directory=self._directory, limit=limit
        )
        told = answer.headers.get("content-length", "")
        size = len(answer.data) if answer.is_whole else int(told) if told.isdecimal() else None
        return FileBytes(answer.data, size)

    async def find(
        self, query: str, *, limit: int | None = None, type: Literal["file", "directory"] | None = None
    ) -> builtins.list[str]:
        """Paths that resemble the query, best first; ten if no limit is given. A directory's ends in `/`."""
        data = await self._get("find", "file", query={"query": query, "limit": limit, "type": type})
        if not isinstance(data, list):
            raise UnreadableAnswer("The opencode server's answer is not a list.", hint=WRONG_SERVER_HINT)
        return [path for path in data if isinstance(path, str)]

    async def search(self, pattern: str) -> builtins.list[SearchMatch]:
        """Lines that match a regular expression, ten at most. Needs ripgrep on the server."""
        return many(SearchMatch, await self._get("find", query={"pattern": pattern}))
