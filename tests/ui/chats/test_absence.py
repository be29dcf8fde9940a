"""How long a page waits for its browser, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sprintagen.ui.chats import absence
from sprintagen.ui.chats.absence import CROWDED_SECONDS, KEPT_SECONDS, LEFT_SECONDS, Absence
from tests.ui.canned import SHOP

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices


async def test_a_page_waits_an_hour_a_page_that_was_left_does_not_and_a_crowd_waits_less(
    user: User, fake: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await user.open("/admin/chats")
    client = user.client
    assert client is not None
    backs: list[str] = []
    shared = client.page
    with client:
        page = Absence(client, lambda: backs.append("back"))
    tab_id, client.tab_id = client.tab_id, None
    page._gone()
    assert page.is_away
    assert client.page.resolve_reconnect_timeout() == KEPT_SECONDS
    page._come()
    assert not page.is_away
    assert backs == ["back"]
    page._leave()
    page._gone()
    assert client.page.resolve_reconnect_timeout() == LEFT_SECONDS
    page._come()
    monkeypatch.setattr(absence, "KEPT_PAGES", 0)
    page._gone()
    assert client.page.resolve_reconnect_timeout() == CROWDED_SECONDS
    assert shared.resolve_reconnect_timeout() not in (KEPT_SECONDS, LEFT_SECONDS, CROWDED_SECONDS)
    page._come()
    client.tab_id = tab_id


async def test_an_old_socket_that_ends_late_does_not_make_the_page_away(user: User, fake: FakeServices) -> None:
    await user.open("/admin/chats")
    client = user.client
    assert client is not None
    with client:
        page = Absence(client, lambda: None)
    assert client.has_socket_connection
    page._gone()
    assert not page.is_away


async def test_nothing_is_drawn_for_a_page_that_is_away_and_all_of_it_on_return(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    client = user.client
    assert client is not None
    tab_id, client.tab_id = client.tab_id, None
    for handler in client.disconnect_handlers:
        client.safe_invoke(handler)
    before = (len(client.outbox.messages), len(client.outbox.updates))
    fake.busy(SHOP)
    message = fake.user(SHOP, "said while nobody looked")
    for _ in range(50):
        fake.assistant(SHOP, message)
    assert (len(client.outbox.messages), len(client.outbox.updates)) == before
    client.tab_id = tab_id
    for handler in client.connect_handlers:
        client.safe_invoke(handler)
    await user.should_see("said while nobody looked")
