"""`Catalog`: agents, models and commands to choose from, per directory, read once until the server loads anew."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.models import Agent, Command, ProviderList
    from sprintagen.services.server import OpencodeServer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model that can be used now."""

    provider_id: str
    provider_name: str
    model_id: str
    name: str
    context: int
    """Tokens; 0: unknown."""
    output: int
    reasoning: bool
    attachment: bool
    toolcall: bool
    """Whether it can use tools; an agent is of little use without."""
    input: tuple[str, ...]
    """What it takes besides text: `image`, `pdf`, `audio`, `video`."""
    cost_input: float
    """US dollars per million tokens."""
    cost_output: float
    variants: tuple[str, ...]
    is_default: bool
    """The one its provider uses unless told otherwise."""


class Catalog:
    """What one server offers; two who ask for the same at once share one request.

    Args:
        server: The server.
        home: The directory it is asked about when none is named, if that is known; named, it is the same.
    """

    def __init__(self, server: OpencodeServer, *, home: str | None = None) -> None:
        self._server = server
        self._home = home
        self._kept: dict[tuple[str, str | None], asyncio.Future[Any]] = {}

    async def agents(self, directory: str | None = None) -> list[Agent]:
        """Agents a person can prompt: those that are neither hidden nor only for subtasks."""
        agents = await self._once("agents", directory, lambda client: client.agents.list())
        return [agent for agent in agents if not agent.hidden and agent.mode != "subagent"]

    async def subagents(self, directory: str | None = None) -> list[Agent]:
        """Agents a prompt can hand a task to."""
        agents = await self._once("agents", directory, lambda client: client.agents.list())
        return [agent for agent in agents if not agent.hidden and agent.mode != "primary"]

    async def models(self, directory: str | None = None) -> list[ModelRow]:
        """Models that can be used, by provider and name."""
        return list(await self._once("models", directory, _read_models))

    async def commands(self, directory: str | None = None) -> list[Command]:
        """Slash commands, by name."""
        commands = await self._once("commands", directory, lambda client: client.commands.list())
        return sorted(commands, key=lambda command: command.name)

    def forget(self, directory: str | None) -> None:  # no default: an `Event` would call it without the argument
        """Read anew when next asked: what one directory offers, or (None) everything."""
        for key in [key for key in self._kept if directory is None or key[1] in (None, directory)]:
            del self._kept[key]

    async def _once(self, noun: str, directory: str | None, read: Callable[[OpencodeClient], Awaitable[T]]) -> T:
        directory = directory or self._home
        key = (noun, directory)
        kept = self._kept.get(key)
        if kept is None or (kept.done() and (kept.cancelled() or kept.exception() is not None)):
            kept = self._kept[key] = asyncio.ensure_future(read(self._server.at(directory)))
            kept.add_done_callback(lambda done: done.cancelled() or done.exception())
        value: T = await asyncio.shield(kept)
        return value


async def _read_models(client: OpencodeClient) -> list[ModelRow]:
    """What is kept of a document that may be megabytes."""
    return _rows(await client.providers.usable())


def _rows(listed: ProviderList) -> list[ModelRow]:
    rows = [
        ModelRow(
            provider_id=provider.id,
            provider_name=provider.name or provider.id,
            model_id=model.id,
            name=model.name or model.id,
            context=model.limit.context,
            output=model.limit.output,
            reasoning=model.capabilities.reasoning,
            attachment=model.capabilities.attachment,
            toolcall=model.capabilities.toolcall,
            input=tuple(kind for kind, is_taken in model.capabilities.input.items() if is_taken and kind != "text"),
            cost_input=model.cost.input,
            cost_output=model.cost.output,
            variants=tuple(model.variants),
            is_default=listed.default.get(provider.id) == model.id,
        )
        for provider in listed.providers
        for model in provider.models.values()
        if model.status != "deprecated"
    ]
    return sorted(rows, key=lambda row: (row.provider_name.casefold(), row.name.casefold()))
