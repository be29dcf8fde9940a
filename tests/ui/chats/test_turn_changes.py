from __future__ import annotations

from typing import Any

import pytest

from sprintagen.opencode.models import UserMessage
from sprintagen.ui.chats.turn_changes import FileChange, changes_of


def prompt(summary: Any) -> UserMessage:
    message = UserMessage.model_validate(
        {"id": "msg_1", "sessionID": "ses_1", "role": "user", "time": {"created": 1}, "agent": "build"}
    )
    return message.model_copy(update={"summary": summary})


def test_the_files_a_turn_changed_are_read_from_its_prompt() -> None:
    diffs = [{"file": "a.py", "additions": 2, "deletions": 1, "patch": "@@"}, {"file": "b.py"}]
    assert changes_of(prompt({"diffs": diffs})) == (FileChange("a.py", 2, 1, "@@"), FileChange("b.py", 0, 0, ""))


@pytest.mark.parametrize("summary", [None, {}, {"diffs": None}, {"diffs": ["x", {}, {"file": 3.5, "patch": []}, None]}])
def test_a_summary_of_another_shape_is_no_trouble(summary: Any) -> None:
    assert all(change.patch == "" for change in changes_of(prompt(summary)))
    assert changes_of(None) == ()
