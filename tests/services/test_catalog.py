"""The catalog: what can be chosen, read once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode import errors
from sprintagen.opencode.events import InstanceDisposed
from sprintagen.opencode.ids import new_message_id
from sprintagen.services.catalog import ModelRow
from sprintagen.services.changes import CredentialsChanged
from tests.services.conftest import first_handshake
from tests.services.fakes import DIRECTORY, settled, until

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
    kept = services.catalog._kept["models", DIRECTORY].result()
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
    assert fake.calls.count("agents.list") == 4


async def test_the_servers_own_directory_is_the_same_named_or_not(services: Services, fake: FakeOpencode) -> None:
    await asyncio.gather(services.catalog.agents(), services.catalog.agents(DIRECTORY))
    assert fake.calls.count("agents.list") == 1


async def test_the_documents_are_read_again_only_when_keys_or_instances_are_others(
    services: Services, fake: FakeOpencode
) -> None:
    async def read() -> int:
        await asyncio.gather(*(services.catalog.agents(directory) for directory in (None, DIRECTORY, "/b")))
        return fake.calls.count("agents.list")

    begun = await read()
    session_id = fake.add_session("Busy")
    fake.take_prompt(session_id, new_message_id(), [])
    await until(lambda: session_id in services.store.sessions)
    await settled()
    assert await read() == begun
    fake.emit(InstanceDisposed(type="server.instance.disposed", directory="/b"), "/b")
    await settled()
    assert await read() == begun + 1
    fake.emit(InstanceDisposed(type="global.disposed"))
    await settled()
    assert await read() == begun + 3
    services.store.emit(CredentialsChanged())
    assert await read() == begun + 5
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.connect()
    await until(services.feed.is_connected)
    await settled()
    await first_handshake(services)
    assert await read() == begun + 7
