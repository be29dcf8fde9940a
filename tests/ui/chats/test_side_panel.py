from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from nicegui import ui

from sprintagen.services.refs import OPERATOR
from sprintagen.ui.chats.side_panel import Panel, SideFrame
from tests.ui.canned import FAILED, SHOP

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices


class Panels:
    """Two panels that write down what is asked of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def all(self) -> list[Panel]:
        return [self._panel("one", "A"), self._panel("two", "B")]

    def _panel(self, name: str, key: str) -> Panel:
        def build() -> None:
            self.calls.append((name, "build"))
            ui.label(f"inside {name}")

        return Panel(
            name,
            f"Panel {name}",
            "folder",
            key,
            build=build,
            show=lambda session_id: self.calls.append((name, "show", session_id)),
            hide=lambda: self.calls.append((name, "hide")),
        )

    def take(self) -> list[tuple[Any, ...]]:
        calls, self.calls = self.calls, []
        return calls


@pytest.fixture
def panels(fake: FakeServices, monkeypatch: pytest.MonkeyPatch) -> Panels:
    from sprintagen.ui.chats.page import ChatsPage

    panels = Panels()
    monkeypatch.setattr(ChatsPage, "_panels", lambda page: panels.all())
    return panels


def frame(user: User) -> SideFrame:
    (found,) = user.find(SideFrame).elements
    assert isinstance(found, SideFrame)
    return found


def tell(user: User, event: str, args: Any) -> None:
    """What the browser says of the column."""
    element = frame(user)
    (listener,) = [one for one in element._event_listeners.values() if one.type == event]
    element._handle_event({"listener_id": listener.id, "args": args})


async def test_a_closed_panel_is_not_drawn_and_is_told_nothing(user: User, fake: FakeServices, panels: Panels) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("The cart total is off by a cent for some carts.", retries=20)
    assert panels.take() == []
    assert not frame(user).default_slot.children


async def test_a_panel_is_drawn_once_and_told_when_it_is_seen_and_of_which_session(
    user: User, fake: FakeServices, panels: Panels
) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    user.find(marker="open-one").click()
    await user.should_see("inside one")
    assert panels.take() == [("one", "build"), ("one", "show", SHOP)]
    tell(user, "pick", "two")
    assert panels.take() == [("one", "hide"), ("two", "build"), ("two", "show", SHOP)]
    await user.should_not_see("inside one")
    tell(user, "pick", "one")
    assert panels.take() == [("two", "hide"), ("one", "show", SHOP)]
    user.find(marker="new-session").click()
    assert panels.take() == [("one", "show", None)]
    tell(user, "shut", None)
    assert panels.take() == [("one", "hide")]
    tell(user, "pick", "no such panel")
    assert panels.take() == []


async def test_the_buttons_say_which_panel_is_open(user: User, fake: FakeServices, panels: Panels) -> None:
    await user.open(f"/admin/chats/{SHOP}")

    def pressed() -> list[str]:
        return [
            str(element.props["aria-pressed"])
            for name in ("one", "two")
            for element in user.find(marker=f"open-{name}").elements
        ]

    assert pressed() == ["false", "false"]
    user.find(marker="open-two").click()
    assert pressed() == ["false", "true"]
    user.find(marker="open-two").click()
    assert pressed() == ["false", "false"]
    assert panels.take()[-1] == ("two", "hide")


async def test_the_next_page_has_the_column_as_it_was_left(user: User, fake: FakeServices, panels: Panels) -> None:
    await fake.preferences.set(OPERATOR, "chats.side", {"tab": "two", "open": True})
    await user.open(f"/admin/chats/{FAILED}")
    assert frame(user).props["tab"] == "two"
    assert panels.take() == [], "nothing is drawn before the browser is there"
    tell(user, "begin", False)
    assert panels.take() == [("two", "build"), ("two", "show", FAILED)]
    tell(user, "shut", None)
    await user.should_not_see("inside two")
    for _ in range(200):  # it is remembered beside the page
        kept = await fake.preferences.get(OPERATOR, "chats.side")
        if not kept["open"]:
            break
        await asyncio.sleep(0.01)
    assert kept == {"tab": "two", "open": False}


async def test_a_narrow_window_is_not_covered_unasked_and_remembers_no_sheet(
    user: User, fake: FakeServices, panels: Panels
) -> None:
    kept = {"tab": "one", "open": True}
    await fake.preferences.set(OPERATOR, "chats.side", kept)
    await user.open(f"/admin/chats/{SHOP}")
    tell(user, "begin", True)
    assert frame(user).props["tab"] == ""
    assert panels.take() == []
    user.find(marker="open-one").click()
    tell(user, "size", {"narrow": False, "keep": False})
    tell(user, "size", {"narrow": True, "keep": False})
    assert frame(user).props["tab"] == "", "it was a column, and nobody was in it"
    user.find(marker="open-one").click()
    tell(user, "size", {"narrow": True, "keep": True})
    assert frame(user).props["tab"] == "one"
    tell(user, "shut", None)
    assert await fake.preferences.get(OPERATOR, "chats.side") == kept


@pytest.mark.parametrize("kept", ["nonsense", {"tab": 7, "open": "yes"}, {"tab": "gone", "open": False}, [1]])
async def test_what_is_remembered_wrongly_is_not_used(
    user: User, fake: FakeServices, panels: Panels, kept: Any
) -> None:
    await fake.preferences.set(OPERATOR, "chats.side", kept)
    await fake.preferences.set(OPERATOR, "chats.side_width", 99_999)
    await user.open("/admin/chats")
    assert frame(user).props["tab"] == ""
