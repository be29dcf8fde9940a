"""The catalog: what can be chosen, read once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode import errors
from sprintagen.services.catalog import ModelRow

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


async def test_hidden_agents_and_those_for_subtasks_are_not_offered(services: Services) -> None:
    assert [agent.name for agent in await services.catalog.agents()] == ["build", "both"]
    assert [agent.name for agent in await services.catalog.subagents()] == ["general", "both"]


async def test_models_are_rows_in_order(services: Services, fake: FakeOpencode) -> None:
    fake.loaded = {"openrouter"}
    rows = await services.catalog.models()
    assert [(row.provider_name, row.name, row.is_default, row.variants) for row in rows] == [
        ("Openrouter", "A", False, ()),
        ("Openrouter", "M 1", True, ("high",)),
    ]


async def test_many_who_ask_at_once_share_one_request(services: Services, fake: FakeOpencode) -> None:
    await asyncio.gather(*(services.catalog.commands() for _ in range(5)))
    assert [command.name for command in await services.catalog.commands()] == ["init", "review"]
    assert fake.calls.count("commands.list") == 1


async def test_the_models_document_is_read_once_and_only_its_rows_are_kept(
    services: Services, fake: FakeOpencode
) -> None:
    fake.loaded = {"openrouter"}
    before = fake.calls.count("providers.usable")
    first, *others = await asyncio.gather(*(services.catalog.models() for _ in range(5)))
    assert others == [first] * 4
    assert fake.calls.count("providers.usable") == before + 1
    kept = services.catalog._kept["models", None].result()
    assert all(isinstance(row, ModelRow) for row in kept)


async def test_a_failure_is_not_kept(services: Services, fake: FakeOpencode) -> None:
    fake.broken["agents.list"] = [errors.ServerUnreachable("It is away.")]
    with pytest.raises(errors.ServerUnreachable):
        await services.catalog.agents()
    assert await services.catalog.agents()


async def test_forgetting_one_directory_keeps_the_others(services: Services, fake: FakeOpencode) -> None:
    for directory in ("/a", "/b", None):
        await services.catalog.agents(directory)
    services.catalog.forget("/a")
    for directory in ("/a", "/b", None):
        await services.catalog.agents(directory)
    assert fake.calls.count("agents.list") == 5  # /a and the server's own, which may be /a
