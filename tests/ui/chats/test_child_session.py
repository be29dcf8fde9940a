"""A subagent's session inside the row of the call that began it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui.testing.user_interaction import UserInteraction

from sprintagen.opencode.ids import SessionID
from sprintagen.ui.kit.fold import Fold
from tests.ui.canned import KINDS, SHOP, done

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices


async def open_fold(user: User, **props: str) -> None:
    await user.should_see(kind=Fold)
    found = {
        fold
        for fold in user.find(kind=Fold).elements
        if all(fold.props.get(name.replace("_", "-")) == value for name, value in props.items())
    }
    assert found
    UserInteraction(user, found, None).trigger("open", True)


async def test_what_a_subagent_does_is_in_its_row_live_and_costs_nothing_once_it_is_gone(
    user: User, fake: FakeServices
) -> None:
    await user.open(f"/admin/chats/{KINDS}")
    await user.should_see("Every kind of part")
    watches = len(fake.watching._watches)
    await open_fold(user, data_tool="task")
    assert len(fake.watching._watches) == watches
    await open_fold(user, title="What the subagent did")
    await user.should_see("Done · 8 calls · $0.087")
    assert len(fake.watching._watches) == watches + 1
    message = next(reversed(fake.store.view(SessionID(SHOP)).messages))
    fake.tool(SHOP, message, "read", done({"filePath": "/workspace/shop/more.py"}, "x", fake.tick(), 30), call="c9")
    await user.should_see("Done · 9 calls · $0.087")
    fake.store.view(SessionID(SHOP)).older_cursor = "its beginning fell out of memory"
    fake.tool(SHOP, message, "read", done({"filePath": "/workspace/shop/more.py"}, "x", fake.tick(), 30), call="c10")
    await user.should_see("Done · 10+ calls · $0.087")
    await open_fold(user, data_tool="task")
    for fold in user.find(kind=Fold).elements:
        if fold.props.get("data-tool") == "task":
            fold.rebuild()
    assert len(fake.watching._watches) == watches
