"""The files panel from the server's side: what it answers to the browser, and when it is silent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.opencode import events
from sprintagen.services.refs import OPERATOR
from tests.ui.canned import SHOP
from tests.ui.fake_services import DIRECTORY

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices


class Browser:
    """The browser's end: says what a person does, and keeps what it was told."""

    def __init__(self, user: User) -> None:
        (self.element,) = user.find(marker="files").elements
        self.told: list[tuple[Any, ...]] = []
        self.element.run_method = lambda name, *args, **_: self.told.append((name, *args))  # type: ignore[method-assign,assignment]
        self.say("ready", None)

    def say(self, event: str, args: Any) -> None:
        for listener in list(self.element._event_listeners.values()):
            if listener.type == event:
                self.element._handle_event({"listener_id": listener.id, "args": args})

    async def hear(self, name: str) -> tuple[Any, ...]:
        """What it was told by this name, and forget all."""
        for _ in range(300):
            found = [one for one in self.told if one[0] == name]
            if found:
                self.told.clear()
                return found[-1][1:]
            await asyncio.sleep(0.01)
        raise AssertionError(f"not told {name}, but {self.told}")


async def opened(user: User, path: str = f"/admin/chats/{SHOP}") -> Browser:
    await user.open(path)
    await user.should_see("The cart total is off by a cent for some carts.", retries=20)
    user.find(marker="open-files").click()
    await user.should_see(marker="files")
    return Browser(user)


async def test_folders_are_read_when_they_are_opened_and_not_before(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("The cart total is off by a cent for some carts.", retries=20)
    assert fake.browsing.lists == []
    user.find(marker="open-files").click()
    browser = Browser(user)
    assert await browser.hear("begin") == ("shop",)
    browser.say("list", "")
    path, folder = await browser.hear("listed")
    assert path == ""
    assert folder["entries"][0] == ["many", "directory", True]
    browser.say("list", "gone")
    path, folder = await browser.hear("listed")
    assert "not there" in folder["error"]
    browser.say("marks", None)
    assert (await browser.hear("marked"))[0]["shop/cart.py"] == {"status": "modified"}


async def test_a_file_comes_piece_by_piece_around_what_was_asked_for(user: User, fake: FakeServices) -> None:
    browser = await opened(user)
    browser.say("read", {"path": "shop/cart.py", "lines": [900, 905]})
    file, index, lines, chosen = await browser.hear("opened")
    assert (file["kind"], file["total"], file["language"], index, chosen) == ("text", 1807, "python", 2, (900, 905))
    assert len(lines) == file["step"] == 400
    browser.say("piece", {"version": file["version"], "index": 4})
    version, index, lines = await browser.hear("piece")
    assert (version, index, len(lines)) == (file["version"], 4, 207)
    browser.say("piece", {"version": file["version"] - 1, "index": 0})
    browser.say("read", {"path": "gone.py", "lines": None})
    path, error, hint = await browser.hear("failed")
    assert (path, hint) == ("gone.py", "Look again.")
    assert "not there" in error


async def test_a_long_line_is_cut_and_a_picture_comes_as_its_bytes(user: User, fake: FakeServices) -> None:
    fake.browsing.put("min.js", "x" * 100_000)
    browser = await opened(user)
    browser.say("read", {"path": "min.js", "lines": None})
    file, _, lines, _ = await browser.hear("opened")
    assert file["cut"]
    assert len(lines[0]) == 2_000
    browser.say("read", {"path": "shop/logo.png", "lines": None})
    file, *_ = await browser.hear("opened")
    assert file["image"].startswith("data:image/png;base64,iVBOR")
    browser.say("read", {"path": "shop/data.bin", "lines": None})
    file, *_ = await browser.hear("opened")
    assert (file["kind"], file["image"]) == ("binary", "")


async def test_the_search_says_what_it_found_and_why_it_could_not(user: User, fake: FakeServices) -> None:
    browser = await opened(user)
    browser.say("find", {"count": 1, "mode": "names", "text": "cart", "pattern": False})
    count, found = await browser.hear("answered")
    assert (count, found["hits"]) == (1, [["shop/cart.py", "file"], ["tests/test_cart.py", "file"]])
    browser.say("find", {"count": 2, "mode": "text", "text": "tax", "pattern": False})
    count, found = await browser.hear("answered")
    assert (count, found["hits"]) == (2, [["shop/prices.py", 3, "TAX = 19", ((0, 3),)]])
    fake.browsing.is_gone = True
    browser.say("find", {"count": 3, "mode": "text", "text": "tax", "pattern": False})
    count, found = await browser.hear("answered")
    assert (count, found["error"]) == (3, "opencode does not answer. Is it running?")


async def test_what_the_agent_changes_is_looked_at_again_and_only_while_it_is_seen(
    user: User, fake: FakeServices
) -> None:
    browser = await opened(user)
    await browser.hear("begin")
    fake.store.apply(DIRECTORY, events.FileEdited(file=f"{DIRECTORY}/shop/cart.py"))
    fake.store.apply(DIRECTORY, events.FileEdited(file="/elsewhere/x.py"))
    assert await browser.hear("stale") == ("shop/cart.py",)
    fake.busy(SHOP)
    fake.idle(SHOP)
    assert await browser.hear("stale") == ()
    user.find(marker="open-files").click()
    assert await browser.hear("seen") == (False,)
    fake.store.apply(DIRECTORY, events.FileEdited(file=f"{DIRECTORY}/shop/cart.py"))
    await asyncio.sleep(0.7)
    assert browser.told == []
    assert fake.watching.count() == 1


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("list", {"path": "x"}),
        ("read", "shop/cart.py"),
        ("read", {"path": 7}),
        ("find", {"count": "1", "mode": "names", "text": "x"}),
        ("find", {"count": 1, "mode": "shell", "text": "x"}),
        ("piece", {"version": 1, "index": -1}),
        ("mention", {"kind": "agent", "path": "x"}),
        ("mention", {"kind": "file", "path": "../x"}),
        ("copy", "all"),
    ],
)
async def test_what_no_browser_of_ours_says_does_nothing(user: User, fake: FakeServices, event: str, args: Any) -> None:
    browser = await opened(user)
    await browser.hear("begin")
    browser.say(event, args)
    await asyncio.sleep(0.05)
    assert browser.told in ([("seen", True)], [])


async def test_another_directory_begins_anew_and_the_same_one_goes_on(user: User, fake: FakeServices) -> None:
    browser = await opened(user)
    await browser.hear("begin")
    user.find(marker="new-session").click()
    assert await browser.hear("seen") == (True,)
    other = fake.new_session("Elsewhere", directory="/workspace/site")
    browser.told.clear()
    for listener in user.client.layout._event_listeners.values():  # type: ignore[union-attr]
        if listener.type == "chats_path":
            user.client.layout._handle_event({"listener_id": listener.id, "args": f"/admin/chats/{other}"})  # type: ignore[union-attr]
    assert await browser.hear("begin") == ("site",)


async def test_an_address_opens_a_file_at_its_lines(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}?file=shop/cart.py&lines=3-9")
    await user.should_see(marker="files", retries=20)
    browser = Browser(user)
    assert await browser.hear("show") == ("shop/cart.py", (3, 9))
    assert (await fake.preferences.get(OPERATOR, "chats.side"))["open"]
