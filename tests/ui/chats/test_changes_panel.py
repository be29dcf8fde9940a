"""The changes panel in this process: what it asks, when, and what it tells the browser."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.services.refs import OPERATOR
from sprintagen.services.review_comments import ReviewComment, with_comments
from sprintagen.ui.chats import changes_panel
from sprintagen.ui.chats.changes_list import ChangesList
from sprintagen.ui.chats.changes_panel import ChangesPanel
from sprintagen.ui.chats.composer import _sent
from tests.ui.canned import FAILED, SHOP

if TYPE_CHECKING:
    from collections.abc import Callable

    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices

EDIT = {"file": "shop/cart.py", "patch": "@@ -1,2 +1,2 @@\n same\n-old\n+new\n", "status": "modified"}
WRONG: dict[str, Any] = {"side": "up", "note": " ", "from": "1", "code": 1, "path": ""}
ADDED = {"file": "new.py", "patch": "@@ -0,0 +1 @@\n+x\n", "status": "added"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_panel, "PACE", 0.01)
    monkeypatch.setattr(changes_panel, "GIT_PACE", 0.01)


def listing(user: User) -> ChangesList:
    (found,) = user.find(ChangesList).elements
    assert isinstance(found, ChangesList)
    return found


def tell(user: User, event: str, args: Any = None) -> None:
    """What the browser says of the panel."""
    element = listing(user)
    (listener,) = [one for one in element._event_listeners.values() if one.type == event]
    element._handle_event({"listener_id": listener.id, "args": args})


def asked(fake: FakeServices) -> list[tuple[Any, ...]]:
    return [call[2:] for call in fake.calls if call[0] == "changes"]


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


async def opened(user: User, fake: FakeServices, session_id: str = SHOP) -> ChangesList:
    await user.open(f"/admin/chats/{session_id}")
    await until(lambda: fake.store.views)
    user.find(marker="open-changes").click()
    await until(lambda: listing(user).props["state"] != "loading")
    return listing(user)


async def test_the_files_are_listed_with_what_became_of_them(user: User, fake: FakeServices) -> None:
    fake.file_changes.put("session", [EDIT, ADDED, {"file": "logo.png", "patch": "", "status": "modified"}])
    shown = (await opened(user, fake)).props["files"]
    assert [(file["path"], file["status"], file["added"], file["removed"], file["lack"]) for file in shown] == [
        ("logo.png", "modified", 0, 0, "binary"),
        ("new.py", "added", 1, 0, ""),
        ("shop/cart.py", "modified", 1, 1, ""),
    ]
    assert not any("patch" in file for file in shown), "lines go to the browser when somebody looks at them"


async def test_lines_are_sent_when_they_are_wanted(
    user: User, fake: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.file_changes.put("session", [EDIT])
    element = await opened(user, fake)
    taken: list[Any] = []
    monkeypatch.setattr(element, "take", lambda *given: taken.append(given))
    stamp = element.props["files"][0]["stamp"]
    tell(user, "want", {"path": "shop/cart.py", "stamp": stamp})
    tell(user, "want", {"path": "/etc/passwd", "stamp": stamp})
    tell(user, "want", "nonsense")
    assert taken == [("shop/cart.py", stamp, "@@ -1,2 +1,2 @@\n same\n-old\n+new\n")]


async def test_of_a_long_file_what_lies_around_the_changes_is_sent_and_of_a_huge_one_nothing(
    user: User, fake: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "@@ -1,10001 +1,10001 @@\n" + " x\n" * 10_000 + "-a\n+b\n"
    huge = "@@ -0,0 +1,30000 @@\n" + f"+{'y' * 100}\n" * 30_000
    fake.file_changes.put("session", [{"file": "long", "patch": long}, {"file": "huge", "patch": huge}])
    element = await opened(user, fake)
    taken: dict[str, str] = {}
    monkeypatch.setattr(element, "take", lambda path, stamp, patch: taken.update({path: patch}))
    for path in ("long", "huge"):
        tell(user, "want", {"path": path, "stamp": ""})
    assert (taken["long"].count("\n"), taken["huge"]) == (103, "")


async def test_nothing_is_asked_while_nobody_looks(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await until(lambda: fake.store.views)
    assert asked(fake) == []
    user.find(marker="open-changes").click()
    await until(lambda: asked(fake) == [("session", None)])
    user.find(marker="open-changes").click()
    note(fake, SHOP, [EDIT])
    await asyncio.sleep(0.1)
    assert asked(fake) == [("session", None)]


def prompt_of(fake: FakeServices, session_id: Any) -> Any:
    """The session's last prompt."""
    messages = fake.store.view(session_id).messages.values()
    return next(message.info for message in reversed(messages) if message.info.role == "user")


def note(fake: FakeServices, session_id: Any, notes: list[dict[str, Any]]) -> None:
    """opencode notes at the last prompt what its turn has changed so far."""
    info = prompt_of(fake, session_id)
    wire = info.model_copy(update={"summary": {"diffs": notes}}).model_dump(by_alias=True, mode="json")
    wire["time"] = {"created": round(info.time.created.timestamp() * 1000)}
    fake.emit("message.updated", sessionID=session_id, info=wire)


async def test_what_a_turn_changes_is_shown_as_soon_as_it_is_noted(user: User, fake: FakeServices) -> None:
    element = await opened(user, fake)
    assert element.props["message"] == "No file is changed"
    fake.file_changes.put("session", [EDIT])
    note(fake, SHOP, [EDIT])
    await until(lambda: element.props["files"])
    stamp = element.props["files"][0]["stamp"]
    fake.file_changes.put("session", [{**EDIT, "patch": "@@ -1,2 +1,2 @@\n same\n-old\n+newer\n"}])
    note(fake, SHOP, [EDIT, ADDED])
    await until(lambda: element.props["files"][0]["stamp"] != stamp)


async def test_words_that_stream_ask_for_nothing(user: User, fake: FakeServices) -> None:
    await opened(user, fake)
    before = asked(fake)
    fake.busy(SHOP)
    message_id = fake.assistant(SHOP, prompt_of(fake, SHOP).id)
    part_id = fake.start_text(SHOP, message_id)
    for word in ("one ", "two "):
        fake.delta(SHOP, message_id, part_id, word)
    await asyncio.sleep(0.1)
    assert asked(fake) == before


async def test_another_scope_is_asked_for_and_remembered(user: User, fake: FakeServices) -> None:
    fake.file_changes.put("branch", [ADDED])
    element = await opened(user, fake)
    assert [(one["label"], bool(one.get("off"))) for one in element.props["scopes"]] == [
        ("Whole session", False),
        ("Last turn", False),
        ("Working tree", False),
        ("Branch feature, against main", False),
    ]
    tell(user, "scope", "branch")
    tell(user, "scope", "nonsense")
    await until(lambda: element.props["files"])
    assert asked(fake)[-1] == ("branch", None)
    assert element.props["scope"] == "branch"
    await until(lambda: fake.preferences.values.get("chats.changes_scope") == "branch")


async def test_gits_scopes_follow_the_end_of_a_turn_and_not_each_word(user: User, fake: FakeServices) -> None:
    await fake.preferences.set(OPERATOR, "chats.changes_scope", "worktree")
    element = await opened(user, fake)
    assert asked(fake) == [("worktree", None)]
    assert element.props["message"] == "The working tree is clean"
    fake.busy(SHOP)
    note(fake, SHOP, [EDIT])
    await asyncio.sleep(0.1)
    assert len(asked(fake)) == 1
    fake.idle(SHOP)
    await until(lambda: len(asked(fake)) == 2)


async def test_where_there_is_no_git_it_says_so(user: User, fake: FakeServices) -> None:
    fake.file_changes.stand("", "", is_git=False)
    element = await opened(user, fake)
    assert [bool(one.get("off")) for one in element.props["scopes"]] == [False, False, True, True]
    assert element.props["message"] == "opencode notes no changes here"
    assert "git init" in element.props["hint"]


async def test_trouble_is_told_on_the_panel_and_ends_with_the_next_reading(user: User, fake: FakeServices) -> None:
    fake.file_changes.fail("opencode is away.", "It comes back by itself.")
    element = await opened(user, fake)
    assert (element.props["state"], element.props["message"], element.props["hint"]) == (
        "failed",
        "opencode is away.",
        "It comes back by itself.",
    )
    fake.file_changes.fail()
    fake.file_changes.put("session", [EDIT])
    fake.connection("connected")
    await until(lambda: element.props["state"] == "ready")
    assert (element.props["message"], len(element.props["files"])) == ("", 1)


async def test_another_session_is_another_list(user: User, fake: FakeServices) -> None:
    fake.file_changes.put("session", [EDIT])
    element = await opened(user, fake)
    user.find(marker="new-session").click()
    await until(lambda: element.props["session"] == "")
    assert element.props["message"] == "No session is open"
    await user.open(f"/admin/chats/{FAILED}")


async def test_the_foot_of_a_turn_leads_to_its_changes(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("The cart total is off by a cent for some carts.", retries=20)
    prompt = prompt_of(fake, SHOP).id
    note(fake, SHOP, [EDIT])
    await user.should_see(marker="show-turn-changes", retries=20)
    user.find(marker="show-turn-changes").click()
    await until(lambda: asked(fake))
    assert asked(fake)[-1] == ("turn", prompt)
    await until(lambda: listing(user).props["scope"] == prompt)
    assert prompt in [turn for turn, _ in listing(user).props["turns"]]


async def test_a_file_is_opened_only_where_something_can_and_only_a_file_of_the_list(
    user: User, fake: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sprintagen.ui.chats.page import ChatsPage

    shown: list[Any] = []

    def panels(page: Any) -> list[Any]:
        return [ChangesPanel(page._page, on_open_file=lambda path, line: shown.append((path, line))).panel()]

    monkeypatch.setattr(ChatsPage, "_panels", panels)
    fake.file_changes.put("session", [EDIT, {**ADDED, "status": "deleted", "patch": "@@ -1 +0,0 @@\n-x\n"}])
    element = await opened(user, fake)
    assert element.props["opens"] is True
    for path in ("shop/cart.py", "new.py", "../secret"):
        tell(user, "open_file", {"path": path, "line": 2})
    assert shown == [("shop/cart.py", 2)]


async def test_a_changed_file_is_opened_beside_it_at_its_first_change(
    user: User, fake: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sprintagen.ui.chats.files.panel import FilesPanel

    shown: list[Any] = []
    monkeypatch.setattr(FilesPanel, "open", lambda panel, wanted: shown.append(tuple(wanted)))
    fake.file_changes.put("session", [EDIT])
    await opened(user, fake)
    tell(user, "open_file", {"path": "shop/cart.py", "line": 2})
    assert shown == [("shop/cart.py", (2, 2))]


async def test_comments_in_a_sent_message_stand_with_their_lines(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("The cart total is off by a cent for some carts.", retries=20)
    comment = ReviewComment("shop/cart.py", "new", 2, 2, ("-old", "+new"), "Why new?")
    fake.user(SHOP, with_comments("Have a look.", [comment]))
    await user.should_see("Why new?", retries=20)
    await user.should_see("Have a look.")
    await user.should_not_see("Comments on the changes")
    (told,) = user.find(marker="told-comment").elements
    code = told.default_slot.children[0]
    assert (code.props["title"], code.props["text"]) == ("shop/cart.py, line 2", "-old\n+new")


def test_what_a_browser_says_was_commented_is_taken_as_far_as_it_has_the_shape() -> None:
    good = {"path": "a", "side": "new", "from": 1, "to": 2, "code": ["+x", 3], "note": "n"}
    bad: list[Any] = [None, {}, *({**good, name: value} for name, value in WRONG.items())]
    sent = _sent("hello", {"comments": [good, *bad, {**good, "isCut": True}]})
    assert sent.comments == (
        ReviewComment("a", "new", 1, 2, ("+x",), "n"),
        ReviewComment("a", "new", 1, 2, ("+x",), "n", is_cut=True),
    )
    assert _sent("/go", {"kind": "command", "comments": [good]}).comments == ()
    assert _sent("hello", {"comments": "x"}).comments == ()
