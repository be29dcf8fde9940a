"""What the composer offers after an `@` or a `/`: files, folders and agents; commands, the server's and our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui import report
from sprintagen.ui.chats.commands.registry import SLASHES
from sprintagen.ui.chats.composer import Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.services import Services

_SHOWN = 30
_SOURCES = {"command": "command", "skill": "skill", "mcp": "MCP"}


async def look_up(services: Services, directory: str | None, kind: str, query: str) -> Sequence[Suggestion]:
    """What fits, best first; nothing when opencode cannot be asked, which the banner says."""
    try:
        if kind == "command":
            return await _commands(services, directory, query)
        return await _mentions(services, directory, query)
    except report.EXPECTED as error:
        report.describe(error, "look up what can be named")
        return ()


async def _commands(services: Services, directory: str | None, query: str) -> Sequence[Suggestion]:
    own = [Suggestion("own", name, f"/{name}", detail, "sprintagen") for name, detail in SLASHES.items()]
    listed = await services.catalog.commands(directory)
    theirs = [
        Suggestion(
            source if (source := command.source or "command") in _SOURCES else "command",
            command.name,
            f"/{command.name}{' ' + ' '.join(command.hints) if command.hints else ''}",
            command.description or "",
            _SOURCES.get(command.source or "command", ""),
        )
        for command in listed
        if command.name not in SLASHES
    ]
    found = [(rank, one) for one in (*own, *theirs) if (rank := fits(query, one.name)) is not None]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])][:_SHOWN]


async def _mentions(services: Services, directory: str | None, query: str) -> Sequence[Suggestion]:
    subagents = await services.catalog.subagents(directory)
    agents = [
        Suggestion("agent", agent.name, f"@{agent.name}", agent.description or "", "agent")
        for agent in subagents
        if fits(query, agent.name) is not None
    ]
    paths = []
    for path in await services.files.find(query, directory=directory, limit=_SHOWN):
        parent, _, name = path.path.rpartition("/")
        paths.append(Suggestion(path.kind, path.path, name + ("/" if path.kind == "directory" else ""), parent))
    is_named = bool(query) and any(agent.name.startswith(query) for agent in agents)
    return [*agents, *paths] if is_named or not query else [*paths, *agents]


def fits(query: str, name: str) -> tuple[int, int] | None:
    """How well a name fits what was typed, smaller is better: it begins so, contains it, has its letters in order."""
    query, name = query.casefold(), name.casefold()
    if (at := name.find(query)) >= 0:
        return (0 if at == 0 else 1, at)
    letters = iter(name)
    return (2, len(name)) if all(letter in letters for letter in query) else None
