"""`ProjectFiles`: what a prompt may name of a session's directory: found as a person types, and checked before sending.

opencode reads whatever file of its machine a prompt names, and asks nobody. So a name is relative, leads nowhere else,
and is looked up through opencode's file routes, which refuse what leaves the directory, through a link too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from sprintagen.errors import InvalidInput
from sprintagen.opencode.errors import RequestRefused, ServerAuthError
from sprintagen.services.relative_path import leads_inside
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.services.catalog import Catalog
    from sprintagen.services.prompt_draft import PromptDraft
    from sprintagen.services.server import OpencodeServer

FOUND = 50
"""Paths a search returns at most."""
QUERY_LIMIT = 300

_WORD = re.compile(r"(?<![\w`])@([^\s`,]+)")
_NAMED = re.compile(r"(?<![\w`])@(\.?[^\s`,.]*(?:\.[^\s`,.]+)*)")
"""What opencode 1.18 takes for a file's name in a command's text."""


@dataclass(frozen=True, slots=True)
class FoundPath:
    """Something of the project that resembles what was typed."""

    path: str
    """Below the directory, without a slash at the end."""
    kind: Literal["file", "directory"]


class ProjectFiles:
    """The files of the directories one server works in.

    Args:
        server: Whose.
        catalog: Knows the agents that can be named.
    """

    def __init__(self, server: OpencodeServer, catalog: Catalog) -> None:
        self._server = server
        self._catalog = catalog

    async def find(self, query: str, *, directory: str | None = None, limit: int = 20) -> list[FoundPath]:
        """Files and folders that resemble the query, best first; for an empty query what lies at the top.

        Raises:
            OpencodeError: The server cannot be asked.
        """
        client = self._server.at(directory)
        wanted = query.strip().removeprefix("./")[:QUERY_LIMIT]
        limit = min(limit, FOUND)
        if not wanted:
            nodes = [node for node in await client.files.list() if not node.ignored and node.name != ".git"]
            nodes.sort(key=lambda node: (node.type != "directory", node.name.casefold()))
            return [_found(node.path, is_directory=node.type == "directory") for node in nodes[:limit]]
        return [_found(path, is_directory=path.endswith("/")) for path in await client.files.find(wanted, limit=limit)]

    async def check(self, draft: PromptDraft, *, directory: str | None = None) -> None:
        """Make sure that the draft names only agents there are and what lies in the directory.

        Raises:
            InvalidInput: It names something else.
            OpencodeError: The server cannot be asked.
        """
        client = self._server.at(directory)
        agents = [mention for mention in draft.mentions if mention.kind == "agent"]
        if agents:
            known = {agent.name for agent in await self._catalog.subagents(directory)}
            for mention in agents:
                if mention.name not in known:
                    raise InvalidInput(
                        f"There is no agent “{one_line(mention.name, 80)}” to give a task to.", field="mentions"
                    )
        for mention in draft.mentions:
            if mention.kind != "agent":
                await _check_path(client, mention.name, is_directory=mention.kind == "directory")
        if draft.kind == "command":
            for word in _WORD.findall(draft.command[1]):
                _check_name(word)
            for name in dict.fromkeys(_NAMED.findall(draft.command[1])):
                await _check_word(client, name)


async def _check_path(client: OpencodeClient, path: str, *, is_directory: bool) -> None:
    _check_name(path)
    place = PurePosixPath(path)
    try:
        siblings = await client.files.list(str(place.parent))
        found = next((node for node in siblings if node.name.rstrip("/") == place.name), None)
        if found is None or (found.type == "directory") != is_directory:
            raise _missing(path)
        if is_directory:
            await client.files.list(path)
        else:
            await client.files.content(path)
    except ServerAuthError:
        raise
    except RequestRefused as error:  # it is no path of the directory, or a link that leads out of it
        raise _outside(path) from error


async def _check_word(client: OpencodeClient, name: str) -> None:
    """A word of a command that opencode would read as a file if there is one; there need not be one."""
    if not name:
        return
    _check_name(name)
    try:
        await client.files.content(name)
    except ServerAuthError:
        raise
    except RequestRefused:
        try:
            await client.files.list(name)
        except ServerAuthError:
            raise
        except RequestRefused as error:
            raise _outside(name) from error


def _check_name(path: str) -> None:
    if not leads_inside(path):
        raise _outside(path)


def _found(path: str, *, is_directory: bool) -> FoundPath:
    return FoundPath(path.rstrip("/"), "directory" if is_directory else "file")


def _outside(path: str) -> InvalidInput:
    return InvalidInput(
        f"“{one_line(path, 200)}” is not in the project.",
        hint="A message can name files and folders below the project's directory; attach others.",
        field="mentions",
    )


def _missing(path: str) -> InvalidInput:
    return InvalidInput(
        f"“{one_line(path, 200)}” is not in the project (any more).",
        hint="Choose it again after typing @, or take the mention out.",
        field="mentions",
    )
