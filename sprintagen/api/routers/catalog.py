"""`/agents`, `/models`, `/commands` and `/files`: what a prompt can name."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from sprintagen.api.deps import TheActor, TheServices
from sprintagen.opencode.models import Agent, Command
from sprintagen.services import Services
from sprintagen.services.catalog import ModelRow

router = APIRouter(tags=["catalog"])

Directory = Annotated[str | None, Query(max_length=4096, description="Omitted: the project's directory.")]


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


class PathOut(BaseModel):
    path: str
    kind: Literal["file", "directory"]


@router.get("/commands")
async def list_commands(services: TheServices, _actor: TheActor, directory: Directory = None) -> list[CommandOut]:
    """The slash commands a prompt of the kind `command` can name."""
    return [CommandOut.of(one) for one in await services.catalog.commands(await _checked(services, directory))]


@router.get("/files")
async def find_files(
    services: TheServices,
    _actor: TheActor,
    query: Annotated[str, Query(max_length=300)] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    directory: Directory = None,
) -> list[PathOut]:
    """Files and folders whose path resembles the query, best first; without a query, what lies at the top."""
    found = await services.files.find(query, directory=await _checked(services, directory), limit=limit)
    return [PathOut(path=one.path, kind=one.kind) for one in found]


@router.get("/agents")
async def list_agents(services: TheServices, _actor: TheActor, directory: Directory = None) -> list[AgentOut]:
    """The agents a prompt can go to."""
    return [AgentOut.of(agent) for agent in await services.catalog.agents(await _checked(services, directory))]


@router.get("/models")
async def list_models(services: TheServices, _actor: TheActor, directory: Directory = None) -> list[ModelOut]:
    """The models of the connected providers: names, limits and prices, and nothing of their credentials."""
    return [ModelOut.of(row) for row in await services.catalog.models(await _checked(services, directory))]


async def _checked(services: Services, directory: str | None) -> str | None:
    """opencode would load the configuration, and run the plugins, of whatever directory it is asked about."""
    return await services.sessions.allowed_directory(directory) if directory is not None else None
