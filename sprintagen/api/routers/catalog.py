"""`/agents`, `/models` and `/commands`: what a prompt can name."""

from __future__ import annotations

from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel

from sprintagen.api.deps import InDirectory, TheActor, TheServices
from sprintagen.opencode.models import Agent, Command
from sprintagen.services.catalog import ModelRow

router = APIRouter(tags=["catalog"])


class AgentOut(BaseModel):
    name: str
    description: str | None
    mode: str

    @classmethod
    def of(cls, agent: Agent) -> Self:
        return cls(name=agent.name, description=agent.description, mode=agent.mode)


class ModelOut(BaseModel, protected_namespaces=()):
    """One usable model; prices in US dollars for a million tokens."""

    provider_id: str
    provider_name: str
    model_id: str
    name: str
    context: int
    output: int
    reasoning: bool
    attachment: bool
    toolcall: bool
    input: list[str]
    cost_input: float
    cost_output: float
    variants: list[str]
    is_default: bool

    @classmethod
    def of(cls, row: ModelRow) -> Self:
        return cls(
            provider_id=row.provider_id,
            provider_name=row.provider_name,
            model_id=row.model_id,
            name=row.name,
            context=row.context,
            output=row.output,
            reasoning=row.reasoning,
            attachment=row.attachment,
            toolcall=row.toolcall,
            input=list(row.input),
            cost_input=row.cost_input,
            cost_output=row.cost_output,
            variants=list(row.variants),
            is_default=row.is_default,
        )


class CommandOut(BaseModel):
    """A slash command of opencode."""

    name: str
    description: str | None
    source: str | None
    hints: list[str]

    @classmethod
    def of(cls, command: Command) -> Self:
        return cls(name=command.name, description=command.description, source=command.source, hints=list(command.hints))


@router.get("/commands")
async def list_commands(services: TheServices, _actor: TheActor, directory: InDirectory) -> list[CommandOut]:
    """The slash commands a prompt of the kind `command` can name."""
    return [CommandOut.of(one) for one in await services.catalog.commands(directory)]


@router.get("/agents")
async def list_agents(services: TheServices, _actor: TheActor, directory: InDirectory) -> list[AgentOut]:
    """The agents a prompt can go to."""
    return [AgentOut.of(agent) for agent in await services.catalog.agents(directory)]


@router.get("/models")
async def list_models(services: TheServices, _actor: TheActor, directory: InDirectory) -> list[ModelOut]:
    """The models of the connected providers: names, limits and prices, and nothing of their credentials."""
    return [ModelOut.of(row) for row in await services.catalog.models(directory)]
