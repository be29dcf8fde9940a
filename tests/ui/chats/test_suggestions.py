from __future__ import annotations

import pytest

from sprintagen.opencode.errors import ServerUnreachable
from sprintagen.ui.chats.commands.registry import SLASHES
from sprintagen.ui.chats.suggestions import fits, look_up
from tests.ui.fake_services import FakeServices


@pytest.fixture
def fake() -> FakeServices:
    return FakeServices()


def test_a_beginning_fits_better_than_a_middle_and_that_better_than_letters() -> None:
    ranks = [rank for name in ("review", "core", "role") if (rank := fits("re", name)) is not None]
    assert len(ranks) == 3
    assert ranks == sorted(ranks)
    assert fits("xy", "review") is None


async def test_commands_are_our_own_and_the_servers(fake: FakeServices) -> None:
    found = await look_up(fake.services, None, "command", "")
    assert [one.name for one in found] == [*SLASHES, "init", "review", "tickets"]
    assert {one.name: one.source for one in found}["tickets"] == "MCP"
    assert [one.label for one in await look_up(fake.services, None, "command", "rev")] == ["/review $ARGUMENTS"]


async def test_files_folders_and_agents_are_offered(fake: FakeServices) -> None:
    found = await look_up(fake.services, None, "mention", "cart")
    assert [(one.kind, one.label, one.detail) for one in found] == [
        ("file", "cart.py", "shop"), ("file", "test_cart.py", "tests"),
    ]  # fmt: skip
    assert [one.kind for one in await look_up(fake.services, None, "mention", "expl")] == ["agent"]


async def test_nothing_is_offered_while_opencode_is_away(fake: FakeServices, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise ServerUnreachable("It is away.")

    monkeypatch.setattr(fake.files, "find", fail)
    assert await look_up(fake.services, None, "mention", "x") == ()
