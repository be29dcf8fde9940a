"""What a session, a turn and git changed, from what opencode 1.18.33 says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.errors import Conflict, NotFound
from sprintagen.opencode import errors, events
from sprintagen.opencode.ids import MessageID
from sprintagen.opencode.models import FileDiff, MessageTime, MessageWithParts, Revert, TextPart, UserMessage
from sprintagen.services.changed_file import FileChange, joined, of_wire, unquoted
from sprintagen.services.refs import OPERATOR
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import PlainPage
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

INDEX = "Index: {0}\n===================================================================\n--- {0}\t\n+++ {0}\t\n"


def note(path: str, old: list[str] | None, new: list[str] | None) -> dict[str, Any]:
    """A file as the snapshots of opencode 1.18.33 tell it: all its lines in one hunk."""
    status = "added" if old is None else "deleted" if new is None else "modified"
    old, new = old or [], new or []
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    body = (
        [f" {line}" for line in old[:start]]
        + [f"-{line}" for line in old[start:]]
        + [f"+{line}" for line in new[start:]]
    )
    sizes = [f"{int(bool(lines))},{len(lines)}" for lines in (old, new)]
    patch = INDEX.format(path) + f"@@ -{sizes[0]} +{sizes[1]} @@\n" + "".join(f"{line}\n" for line in body)
    return {
        "file": path,
        "patch": patch,
        "additions": len(new) - start,
        "deletions": len(old) - start,
        "status": status,
    }


def prompt(session_id: SessionID, number: int, *notes: dict[str, Any], said: str = "do it") -> MessageWithParts:
    message_id = MessageID(f"msg_{number:04d}")
    time = MessageTime(created=datetime(2026, 1, 1, number // 60, number % 60, tzinfo=UTC))
    info = UserMessage(id=message_id, session_id=session_id, time=time, summary={"diffs": list(notes)})
    text = {"id": f"prt_{number:04d}", "session_id": session_id, "message_id": message_id, "text": said or "go on"}
    return MessageWithParts(info=info, parts=[TextPart.model_validate({**text, "type": "text", "synthetic": not said})])


async def a_session(services: Services, fake: FakeOpencode, *turns: list[dict[str, Any]]) -> SessionID:
    session_id = fake.add_session()
    await until(lambda: session_id in services.store.sessions)
    fake.history[session_id] += [prompt(session_id, number, *notes) for number, notes in enumerate(turns)]
    return session_id


async def test_the_turns_of_a_session_are_one_change_for_each_file(services: Services, fake: FakeOpencode) -> None:
    session_id = await a_session(
        services,
        fake,
        [note("a.py", ["1", "2", "3"], ["1", "2", "x"]), note("new.py", None, ["n"])],
        [note("a.py", ["1", "2", "x"], ["1", "2", "y"]), note("new.py", ["n"], ["n", "m"])],
    )
    changes = await services.file_changes.read(OPERATOR, session_id)
    assert [(file.path, file.status, file.added, file.removed) for file in changes.files] == [
        ("a.py", "modified", 1, 1),
        ("new.py", "added", 2, 0),
    ]
    assert changes.files[0].patch() == "@@ -1,3 +1,3 @@\n 1\n 2\n-3\n+y\n"
    assert (changes.added, changes.removed) == (3, 1)


async def test_what_was_changed_back_or_came_and_went_is_not_told(services: Services, fake: FakeOpencode) -> None:
    session_id = await a_session(
        services,
        fake,
        [note("a", ["1"], ["2"]), note("b", None, ["b"]), note("gone", ["g"], None)],
        [note("a", ["2"], ["1"]), note("b", ["b"], None), note("gone", None, ["other"])],
    )
    changes = await services.file_changes.read(OPERATOR, session_id)
    assert [(file.path, file.status) for file in changes.files] == [("gone", "modified")]


async def test_a_file_that_went_and_came_under_another_name_is_renamed(services: Services, fake: FakeOpencode) -> None:
    lines = [f"line {n}" for n in range(10)]
    session_id = await a_session(
        services,
        fake,
        [note("old.py", lines, None), note("new.py", None, [*lines[:9], "another"]), note("z", None, ["alone"])],
    )
    renamed, other = (await services.file_changes.read(OPERATOR, session_id)).files
    assert (renamed.path, renamed.old_path, renamed.status) == ("new.py", "old.py", "renamed")
    assert (renamed.added, renamed.removed, other.status) == (1, 1, "added")


async def test_turns_before_the_live_end_count_and_are_read_once(services: Services, fake: FakeOpencode) -> None:
    count = 250
    turns = [[note("a", [str(n)], [str(n + 1)])] for n in range(count)]
    session_id = await a_session(services, fake, *turns)
    for _ in range(2):
        [file] = (await services.file_changes.read(OPERATOR, session_id)).files
        assert file.patch() == f"@@ -1 +1 @@\n-0\n+{count}\n"
    view = services.store.view(session_id)
    history = services.histories.of(view)  # as a page holds it
    await services.file_changes.read(OPERATOR, session_id)
    before = fake.calls.count("messages.list_plain")
    await services.file_changes.read(OPERATOR, session_id)
    assert fake.calls.count("messages.list_plain") == before
    history.remove(MessageID("msg_0000"))
    await services.file_changes.read(OPERATOR, session_id)
    assert fake.calls.count("messages.list_plain") > before


async def test_a_message_that_goes_while_older_turns_are_read_does_not_count(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await a_session(services, fake, *[[note(f"{n}", None, ["x"])] for n in range(150)])
    view = await services.sessions.view(OPERATOR, session_id)
    history = services.histories.of(view)
    fetch = history.diffs._fetch

    async def fetch_and_lose(session_id: SessionID, before: str) -> PlainPage:
        monkeypatch.setattr(history.diffs, "_fetch", fetch)
        page = await fetch(session_id, before)
        del fake.history[session_id][0]
        history.remove(MessageID("msg_0000"))
        return page

    monkeypatch.setattr(history.diffs, "_fetch", fetch_and_lose)
    changes = await services.file_changes.read(OPERATOR, session_id)
    assert len(changes.files) == 149


async def test_undone_turns_do_not_count(services: Services, fake: FakeOpencode) -> None:
    session_id = await a_session(services, fake, [note("a", ["1"], ["2"])], [note("a", ["2"], ["3"])])
    await services.sessions.open(OPERATOR, session_id)
    fake.change_session(session_id, revert=Revert(message_id=MessageID("msg_0001")))
    await until(lambda: len(services.store.view(session_id).messages) == 1)
    [file] = (await services.file_changes.read(OPERATOR, session_id)).files
    assert file.patch() == "@@ -1 +1 @@\n-1\n+2\n"


async def test_a_running_turns_changes_are_there_as_soon_as_opencode_notes_them(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await a_session(services, fake, [])
    assert (await services.file_changes.read(OPERATOR, session_id)).files == ()
    info = prompt(session_id, 0, note("a", ["1"], ["2"])).info
    fake.emit(events.MessageUpdated(session_id=session_id, info=info))
    await until(lambda: services.store.view(session_id).messages[info.id].info == info)
    assert len((await services.file_changes.read(OPERATOR, session_id)).files) == 1


async def test_a_turn_is_a_prompt_and_what_opencode_said_to_itself_after_it(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await a_session(services, fake, [note("a", ["1"], ["2"])], [note("b", None, ["b"])])
    fake.history[session_id].append(prompt(session_id, 2, note("c", None, ["c"]), said=""))
    last = await services.file_changes.read(OPERATOR, session_id, "turn")
    assert (last.message_id, [file.path for file in last.files]) == ("msg_0001", ["b", "c"])
    first = await services.file_changes.read(OPERATOR, session_id, "turn", message_id=MessageID("msg_0000"))
    assert [file.path for file in first.files] == ["a"]
    with pytest.raises(NotFound):
        await services.file_changes.read(OPERATOR, session_id, "turn", message_id=MessageID("msg_9"))


async def test_a_turn_before_the_live_end_is_asked_for_alone(services: Services, fake: FakeOpencode) -> None:
    session_id = await a_session(services, fake, *[[note("a", [str(n)], [str(n + 1)])] for n in range(150)])
    turn = await services.file_changes.read(OPERATOR, session_id, "turn", message_id=MessageID("msg_0003"))
    assert [file.patch() for file in turn.files] == ["@@ -1 +1 @@\n-3\n+4\n"]
    assert "messages.list_plain" not in fake.calls


async def test_git_is_asked_only_where_it_can_answer(services: Services, fake: FakeOpencode) -> None:
    session_id = await a_session(services, fake)
    fake.git_changes = [FileDiff.model_validate(note("a", ["1"], ["2"]))]
    assert [file.path for file in (await services.file_changes.read(OPERATOR, session_id, "worktree")).files] == ["a"]
    with pytest.raises(Conflict, match="main is the default branch"):
        await services.file_changes.read(OPERATOR, session_id, "branch")
    fake.branch = "feature"
    assert [file.path for file in (await services.file_changes.read(OPERATOR, session_id, "branch")).files] == ["a"]
    fake.branch = None
    fake.change_session(session_id, project_id="global")
    await until(lambda: services.store.sessions[session_id].project_id == "global")
    with pytest.raises(Conflict, match="not in a git repository"):
        await services.file_changes.read(OPERATOR, session_id, "worktree")


async def test_a_server_that_is_away_is_told(services: Services, fake: FakeOpencode) -> None:
    session_id = await a_session(services, fake)
    fake.broken["vcs.diff git"] = [errors.ServerUnreachable("It is away.")]
    with pytest.raises(errors.ServerUnreachable):
        await services.file_changes.read(OPERATOR, session_id, "worktree")


BINARY = "diff --git a/b b/b\nnew file mode 100644\nindex 0000000..20b5be9\nBinary files /dev/null and b/b differ\n"
PLAIN = 'deep/na"me.txt'
QUOTED = '"deep/na\\"me.txt"'


@pytest.mark.parametrize(
    ("wire", "path", "lack"),
    [
        ({"file": "bin.dat", "patch": "", "status": "added"}, "bin.dat", "binary"),
        ({"file": "b", "patch": BINARY, "status": "added"}, "b", "binary"),
        ({"file": "huge", "patch": INDEX.format("huge"), "additions": 200000, "status": "added"}, "huge", "large"),
        ({"file": QUOTED, "patch": INDEX.format(QUOTED), "additions": 1, "status": "added"}, PLAIN, "unreadable"),
        ({"file": "empty", "patch": INDEX.format("empty"), "status": "added"}, "empty", ""),
    ],
)  # fmt: skip
def test_a_file_without_lines_says_why(wire: dict[str, Any], path: str, lack: str) -> None:
    change = of_wire(wire)
    assert (change.path, change.lack, change.patch(), change.status) == (path, lack, "", "added")


def test_a_name_in_gits_quotes_is_read() -> None:
    assert unquoted(r'"\303\244\tb\\.txt"') == "ä\tb\\.txt"
    assert unquoted('a"b') == 'a"b'
    assert unquoted(r'"no\9code\8"') == "no9code8"


@pytest.mark.parametrize("wire", [{}, {"file": 3}, {"file": "a", "patch": [], "additions": "x", "status": "?"}])
def test_what_has_another_shape_is_no_reason_to_fail(wire: dict[str, Any]) -> None:
    assert of_wire(wire).added == 0


def test_changes_of_which_only_hunks_are_known_are_shown_one_after_the_other() -> None:
    hunks = FileChange("a", "modified", 1, 1, hunks="@@ -5 +5 @@\n-a\n+b\n")
    both = joined(hunks, hunks)
    assert (both.added, both.removed, both.patch()) == (2, 2, hunks.hunks * 2)
