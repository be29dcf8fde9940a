"""`/agents` and `/models`: small, and without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.services.fakes import DIRECTORY

if TYPE_CHECKING:
    from tests.rig import RealOpencode
    from tests.services.fakes import FakeOpencode

ROW = {
    "provider_id", "provider_name", "model_id", "name", "context", "output", "reasoning", "attachment", "cost_input",
    "toolcall", "input", "cost_output", "variants", "is_default",
}  # fmt: skip


async def test_agents_that_can_be_prompted_are_listed(client: httpx.AsyncClient) -> None:
    agents = (await client.get("agents")).json()
    assert [agent["name"] for agent in agents] == ["build", "both"]
    assert set(agents[0]) == {"name", "description", "mode"}


async def test_models_are_rows_of_our_own(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    fake.loaded = {"openai"}
    models = (await client.get("models")).json()
    assert [model["model_id"] for model in models] == ["a", "m1"]
    assert set(models[0]) == ROW
    assert [model["is_default"] for model in models] == [False, True]


async def test_a_directory_of_the_project_may_be_asked_about(client: httpx.AsyncClient) -> None:
    assert (await client.get("agents", params={"directory": f"{DIRECTORY}/api"})).status_code == 200


async def test_commands_and_files_can_be_looked_up(client: httpx.AsyncClient) -> None:
    commands = (await client.get("commands")).json()
    assert [command["name"] for command in commands] == ["init", "review"]
    assert (await client.get("files", params={"query": "src"})).json() == [
        {"path": "src", "kind": "directory"}, {"path": "src/b.py", "kind": "file"},
    ]  # fmt: skip
    assert (await client.get("files", params={"directory": "/etc"})).status_code == 422


@pytest.mark.real
def test_the_real_catalog_is_small_and_rebuilt(api: httpx.Client, real_opencode: RealOpencode) -> None:
    models = api.get("models")
    assert [(row["provider_id"], row["model_id"]) for row in models.json()] == [("scripted", "scripted")]
    assert set(models.json()[0]) == ROW
    assert len(models.content) < 10_000
    agents = api.get("agents")
    assert {"build", "plan"} <= {agent["name"] for agent in agents.json()}
    for answer in (models, agents):
        assert real_opencode.model_url not in answer.text
        assert "apiKey" not in answer.text
