from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nicegui import ui

from sprintagen.opencode.models import UserMessage
from sprintagen.ui.chats.turn_changes import FileChange, changes_of, draw_changes

if TYPE_CHECKING:
    from nicegui.testing import User


def prompt(summary: Any) -> UserMessage:
    message = UserMessage.model_validate(
        {"id": "msg_1", "sessionID": "ses_1", "role": "user", "time": {"created": 1}, "agent": "build"}
    )
    return message.model_copy(update={"summary": summary})


def test_the_files_a_turn_changed_are_read_from_its_prompt() -> None:
    diffs = [{"file": "a.py", "additions": 2, "deletions": 1, "patch": "@@"}, {"file": "b.py"}]
    assert changes_of(prompt({"diffs": diffs})) == (FileChange("a.py", 2, 1, "@@"), FileChange("b.py", 0, 0, ""))


@pytest.mark.parametrize(
    ("files", "words"),
    [("a.py", "a.py"), ("a.py b.py", "a.py, b.py"), ("a b c d e", "a, b, c and 2 more")],
)
async def test_the_line_says_which_files_without_being_opened(user: User, files: str, words: str) -> None:
    @ui.page("/changes")
    def page() -> None:
        draw_changes(tuple(FileChange(file, 1, 0, "") for file in files.split()))

    await user.open("/changes")
    (fold,) = user.find(marker="turn-changes").elements
    assert fold.props["detail"] == words


@pytest.mark.parametrize("summary", [None, {}, {"diffs": None}, {"diffs": ["x", {}, {"file": 3.5, "patch": []}, None]}])
def test_a_summary_of_another_shape_is_no_trouble(summary: Any) -> None:
    assert all(change.patch == "" for change in changes_of(prompt(summary)))
    assert changes_of(None) == ()
