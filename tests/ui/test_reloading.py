"""Nobody's terminal ends by a reload without a question that names it."""

from __future__ import annotations

from typing import Any, cast
from unittest.mock import AsyncMock, MagicMock

import pytest

from sprintagen.opencode.errors import ServerUnreachable
from sprintagen.services.terminals import TerminalRow
from sprintagen.ui.chats.key_registration import register_keys
from sprintagen.ui.reloading import may_reload

ROWS = [TerminalRow(cast("Any", "pty_1"), "build server", "/workspace/shop")]


@pytest.fixture
def page() -> MagicMock:
    page = MagicMock()
    page.services.terminals.everywhere = AsyncMock(return_value=ROWS)
    page.services.credentials.will_reload = AsyncMock(return_value=True)
    page.modal.confirm = AsyncMock(return_value=False)
    page.attempt = AsyncMock(return_value=False)
    return page


async def test_open_terminals_are_named_and_the_person_decides(page: MagicMock) -> None:
    assert not await may_reload(page, "Save?", "A key.", accept="Save")
    asked = page.modal.confirm.await_args
    assert asked.kwargs["rows"] == [("build server", "/workspace/shop")]
    assert asked.args[1].startswith("A key. opencode reads keys when it reloads: that ends the terminals")
    page.modal.confirm.return_value = True
    assert await may_reload(page, "Save?", accept="Save")


async def test_where_none_is_open_nothing_is_asked_that_need_not_be(page: MagicMock) -> None:
    page.services.terminals.everywhere.return_value = []
    assert await may_reload(page, "Save?", accept="Save")
    page.modal.confirm.assert_not_awaited()
    assert not await may_reload(page, "Remove?", "It is forgotten.", accept="Remove")
    assert page.modal.confirm.await_args.args[1] == "It is forgotten."


async def test_what_cannot_be_found_out_is_told_and_ends_nothing(page: MagicMock) -> None:
    page.services.terminals.everywhere.side_effect = ServerUnreachable("opencode does not answer.")
    assert not await may_reload(page, "Save?", accept="Save")
    page.tell.assert_called_once()


@pytest.mark.parametrize("is_new", [True, False])
async def test_registering_asks_only_when_the_server_would_reload(page: MagicMock, *, is_new: bool) -> None:
    page.services.credentials.will_reload.return_value = is_new
    await register_keys(page)
    assert page.modal.confirm.await_count == is_new
    assert page.attempt.await_count == (not is_new)
