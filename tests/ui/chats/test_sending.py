"""What begins a session goes out as it was chosen for it, whatever the page shows by then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sprintagen.ui.chats.composer import NEW, Composer
from sprintagen.ui.chats.session_list import SessionList
from tests.services.fakes import until
from tests.ui.canned import SHOP
from tests.ui.chats.test_page import pick

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices

HERE, THERE = {"agent": "plan"}, {"agent": "build"}


def send(user: User, text: str) -> None:
    """Hand a text over for a session that is to be made."""
    (composer,) = user.find(Composer).elements
    piece = {"key": text, "session": NEW, "index": 0, "pieces": 1, "text": text}
    with composer.client:
        for listener in composer._event_listeners.values():
            if listener.type == "piece":
                composer._handle_event({"listener_id": listener.id, "args": piece})


def sent(fake: FakeServices) -> list[tuple[Any, Any]]:
    return [(call[1], call[2].agent) for call in fake.calls if call[0] == "send"]


async def test_a_session_that_is_made_while_another_is_opened_keeps_its_own_choice(
    user: User, fake: FakeServices
) -> None:
    fake.preferences.values |= {"chats.choice": HERE, f"chats.choice.{SHOP}": THERE}
    await user.open("/admin/chats")
    (listing,) = user.find(SessionList).elements
    go_on, create = asyncio.Event(), fake.sessions.create

    async def create_slowly(*args: Any, **kwargs: Any) -> Any:
        await go_on.wait()
        return await create(*args, **kwargs)

    fake.sessions.create = create_slowly  # type: ignore[method-assign]
    send(user, "Begin")
    pick(listing, SHOP)
    await user.should_see("Build", retries=20)
    await asyncio.sleep(0.1)  # the pickers show the other's choice
    go_on.set()
    await until(lambda: bool(sent(fake)))
    ((made, agent),) = sent(fake)
    assert agent == "plan"
    assert fake.preferences.values[f"chats.choice.{made}"] == HERE


async def test_what_was_left_to_be_sent_to_a_new_session_is_sent_as_chosen_for_new_ones(
    user: User, fake: FakeServices
) -> None:
    fake.preferences.values |= {"chats.choice": HERE, f"chats.choice.{SHOP}": THERE}
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("message")
    await asyncio.sleep(0.1)
    send(user, "Left")
    await until(lambda: bool(sent(fake)))
    assert [agent for _, agent in sent(fake)] == ["plan"]
