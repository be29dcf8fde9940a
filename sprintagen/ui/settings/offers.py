"""What the project offers to an agent: agents, commands, skills, language servers and formatters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.settings.section import Section, draw_empty, draw_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sprintagen.ui.page_context import PageContext

SOURCES = {"command": "", "skill": "from a skill", "mcp": "from an MCP server"}


def agents(page: PageContext) -> Section:
    """Whom a prompt can go to, and who can be given a subtask."""

    async def read() -> Callable[[], None]:
        catalog = page.services.catalog
        direct, below = await asyncio.gather(catalog.agents(), catalog.subagents())
        rows = {agent.name: agent for agent in (*direct, *below)}.values()
        return lambda: _draw(
            (agent.name, agent.description or "", "Subagent" if agent.mode == "subagent" else "", "agent")
            for agent in rows
        )

    return Section(
        page, "Agents", "Who works on a prompt. More are made in .opencode/agent.", anchor="agents", read=read
    )


def commands(page: PageContext) -> Section:
    """The slash commands."""

    async def read() -> Callable[[], None]:
        rows = await page.services.catalog.commands()
        return lambda: _draw(
            (f"/{one.name}", one.description or "", SOURCES.get(one.source or "", ""), "terminal") for one in rows
        )

    return Section(
        page, "Commands", "Prompts with a name. More are made in .opencode/command.", anchor="commands", read=read
    )


def skills(page: PageContext) -> Section:
    """What an agent can read up on."""

    async def read() -> Callable[[], None]:
        rows = await page.services.extensions.skills()
        return lambda: _draw((one.name, one.description or "", _place(one.location), "file-text") for one in rows)

    return Section(
        page, "Skills", "Instructions an agent loads when a task calls for them.", anchor="skills", read=read
    )


def tooling(page: PageContext) -> Section:
    """What looks at the files beside the agent."""

    async def read() -> Callable[[], None]:
        extensions = page.services.extensions
        servers, formatters = await asyncio.gather(extensions.language_servers(), extensions.formatters())
        rows = [
            (one.name or one.id, one.root, "Running" if one.status == "connected" else "Failed", "layers")
            for one in servers
        ]
        rows += [(one.name, " ".join(one.extensions), "Formatter", "patch") for one in formatters]
        words = "None runs now. A language server starts when the agent first touches a file of its language."
        return lambda: _draw(rows, empty=words)

    return Section(
        page,
        "Language servers and formatters",
        "Diagnostics and formatting after an edit.",
        anchor="tooling",
        read=read,
    )


def _draw(rows: Iterable[tuple[str, str, str, str]], *, empty: str = "There are none.") -> None:
    lines = list(rows)
    if not lines:
        draw_empty(empty)
    with ui.element("div").classes("settings__list"):
        for title, detail, state, icon in lines:
            draw_row(title, detail[:600], state=state, icon=icon)


def _place(location: str) -> str:
    return "Built in" if location.startswith("<") else ""
