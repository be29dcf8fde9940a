"""The table of commands: whole, without doubles, and the same as what the README and the page's handlers say."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock, MagicMock

import pytest
from nicegui import ui

from sprintagen.opencode.models import PermissionRequest
from sprintagen.ui import theme
from sprintagen.ui.chats.commands import page_commands
from sprintagen.ui.chats.commands.command import Now
from sprintagen.ui.chats.commands.entries import ask_entries, subject_of
from sprintagen.ui.chats.commands.page_commands import Means, PageCommands
from sprintagen.ui.chats.commands.registry import BY_ID, COMMANDS, GESTURES, help_groups, items_for, refusals
from sprintagen.ui.chats.page_state import PageState
from sprintagen.ui.chats.session_actions import SessionActions
from sprintagen.ui.kit.icons import NAMES

README = Path(__file__).parents[4] / "README.md"
KEYS = {"Mod": "Ctrl/Cmd", "ArrowUp": "Up", "ArrowDown": "Down"}
START = Now(has_session=False, has_messages=False, is_undone=False)


def in_words(keys: str) -> str:
    return "+".join(KEYS.get(key, key) for key in keys.split("+"))


def test_no_id_and_no_key_means_two_things() -> None:
    assert len(BY_ID) == len(COMMANDS)
    keys = Counter(command.keys for command in COMMANDS if command.keys)
    assert keys.most_common(1)[0][1] == 1


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_has_words_and_an_icon(command: Any) -> None:
    assert command.words[0].isupper()
    assert command.icon in NAMES


def test_the_readme_tells_exactly_the_keys_there_are() -> None:
    section = README.read_text(encoding="utf-8").split("## Keys on the keyboard")[1].split("\n## ")[0]
    told = re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.M)[1:]
    places = {gesture.group for gesture in GESTURES}
    wanted = [
        (", ".join(map(in_words, keys)), f"{group}: {words[0].lower()}{words[1:]}" if group in places else words)
        for group, rows in help_groups()
        for keys, words in rows
    ]
    assert told == wanted


def test_who_wants_no_key_of_one_character_is_told_of_none_that_commands() -> None:
    def told(wanted: theme.Keys) -> set[str]:
        return {key for _, rows in help_groups(keys=wanted) for keys, _ in rows for key in keys}

    assert {"?", "1", "2", "3"} <= told("all")
    assert told("all") - told("combined") == {"?", "1", "2", "3"}


def test_at_the_start_of_a_chat_what_needs_a_session_says_so_or_is_not_offered() -> None:
    why = refusals(START)
    assert why["fork"] == why["rename"] == why["delete"] == "Open a session first"
    assert why["stop"] == "Open a session first"
    assert not {"new", "settings", "help", "inbox"} & why.keys()


def test_what_means_nothing_now_is_not_offered() -> None:
    why = refusals(Now(is_archived=True, is_pinned=True, is_shared=True, is_undone=False, theme="dark"))
    assert {id_ for id_, words in why.items() if not words} >= {"archive", "pin", "share", "redo", "theme-dark"}
    assert not {"restore", "unpin", "unshare", "copy-shared", "theme-light"} & why.keys()


@pytest.mark.parametrize(
    ("id_", "now", "words"),
    [
        ("stop", Now(), "Nothing is running"),
        ("compact", Now(is_working=True), "Wait until the turn has ended, or stop it"),
        ("undo", Now(has_messages=False), "The session has no messages yet"),
        ("share", Now(can_share=False), "The server's configuration does not allow sharing"),
        ("effort", Now(can_choose=frozenset()), "This model has no efforts"),
    ],
)
def test_a_command_that_cannot_be_given_says_why(id_: str, now: Now, words: str) -> None:
    assert refusals(now)[id_] == words


def test_a_menu_has_what_can_be_given_with_lines_between() -> None:
    items = items_for(("undo", "redo", "-", "pin", "unpin", "-", "delete"), Now(is_undone=False, is_pinned=True))
    assert [(item.value, bool(item.line)) for item in items] == [("undo", False), ("unpin", True), ("delete", True)]


@pytest.mark.parametrize("id_", [one.id for one in COMMANDS if not one.event and not one.into])
async def test_the_server_does_every_command_that_is_left_to_it(id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = MagicMock()
    monkeypatch.setattr(theme, "switch_look", done)
    monkeypatch.setattr(ui, "navigate", done)
    monkeypatch.setattr(page_commands, "register_keys", AsyncMock(side_effect=done))
    page, turns = MagicMock(), MagicMock(act=AsyncMock(side_effect=done))
    page.remember = page.attempt = AsyncMock(side_effect=done)
    page.modal.prompt = page.modal.choose = AsyncMock(side_effect=done)
    page.client.run_javascript = done
    means = Means(
        actions=SessionActions(page, turns, on_gone=done),
        turns=turns,
        chat=MagicMock(stop=AsyncMock(side_effect=done)),
        select=done,
        list=lambda: MagicMock(neighbour=MagicMock(return_value="ses_b")),
        choices=MagicMock(),
        side=lambda: MagicMock(toggle=done),
        on_look=done,
    )
    commands = PageCommands(page, PageState(selected=cast("Any", "ses_a")), theme.Look(), means)
    monkeypatch.setattr(page_commands, "BY_ID", {id_: SimpleNamespace(refusal=lambda _: None, event="")})
    monkeypatch.setattr(commands, "now", Now)
    await commands.run(id_)
    assert done.mock_calls or page.mock_calls


def permission(**fields: Any) -> PermissionRequest:
    return PermissionRequest.model_validate({"id": "per_1", "sessionID": "ses_1", "permission": "bash", **fields})


def test_what_a_row_cannot_show_whole_has_to_be_looked_at_to_be_allowed() -> None:
    def offered(ask: PermissionRequest) -> list[str]:
        return [entry["words"] for entry in ask_entries([ask], lambda id_: (id_, "Clean up"))]

    assert offered(permission(patterns=["git gc"])) == ["Allow once", "Deny", "Show what is asked"]
    for hidden in (
        permission(patterns=["git gc " + "x" * 200]),
        permission(patterns=["git gc\nrm -rf /"]),
        permission(permission="edit", patterns=["a.py"], metadata={"diff": "+x"}),
        permission(patterns=["echo *"], metadata={"command": "echo a &&\n rm -rf /"}),
    ):
        assert offered(hidden) == ["Deny", "Show what is asked"]
    assert subject_of(permission(patterns=["git *"], metadata={"command": "git gc"})) == ("Run git gc?", True)
