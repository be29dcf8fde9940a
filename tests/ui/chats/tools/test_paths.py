"""The paths of tools' rows: which open in the files panel, and where."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sprintagen.ui.chats.tools.base import RenderContext
from sprintagen.ui.chats.tools.changes import FilePatch, first_line_of
from sprintagen.ui.chats.tools.search import found_lines
from sprintagen.ui.kit.path_list import PathRow

CONTEXT = RenderContext(cast("Any", SimpleNamespace(session=SimpleNamespace(directory="/repo"))), lambda _: None)


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/repo/a/b.py", "a/b.py"),
        ("a/b.py", "a/b.py"),
        ("/repo", ""),
        ("/etc/passwd", ""),
        ("/repository/x", ""),
        ("/repo/../x", ""),
        ("~/x", ""),
        ("", ""),
    ],
)
def test_only_what_lies_in_the_directory_opens(path: str, inside: str) -> None:
    assert CONTEXT.inside(path) == inside


def test_the_lines_grep_found_open_at_their_place() -> None:
    output = (
        "Found 2 matches\n/repo/a.py:\n  Line 3: def f():\n\n/etc/x:\n  Line 1: no\n/repo/b.py:\n  Line 10:   <b>\n"
    )
    assert found_lines(output, CONTEXT) == [
        PathRow("a.py", "a.py"),
        PathRow("def f():", "a.py", 3),
        PathRow("b.py", "b.py"),
        PathRow("  <b>", "b.py", 10),
    ]
    assert found_lines("No files found", CONTEXT) == []


def test_an_edit_opens_where_its_first_change_is() -> None:
    patch = "--- a\n+++ a\n@@ -5,4 +7,4 @@ def f\n same\n same\n-old\n+new\n same\n"
    assert first_line_of([FilePatch("a", patch, 1, 1)]) == 9
    assert first_line_of([FilePatch("a", "nonsense", 0, 0)]) == 0
    assert first_line_of([]) == 0
