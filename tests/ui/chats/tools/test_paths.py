"""The paths of tools' rows: which open in the files panel, and where."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sprintagen.ui.chats.tools.base import RenderContext
from sprintagen.ui.chats.tools.changes import FilePatch, first_line_of
from sprintagen.ui.chats.tools.read import entries_of
from sprintagen.ui.chats.tools.search import found_files, found_lines, tree_rows
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


def test_the_files_glob_found_open_and_what_else_it_says_does_not() -> None:
    output = "/repo/a.py\n/etc/x\n\n(Results are truncated: showing first 100 results.)"
    assert found_files(output, CONTEXT) == [
        PathRow("a.py", "a.py"),
        PathRow("/etc/x"),
        PathRow("(Results are truncated: showing first 100 results.)"),
    ]
    assert found_files("No files found", CONTEXT) == []


def test_the_files_of_a_listed_tree_open_each_in_its_folder() -> None:
    output = "/repo/\n  shop/\n    old/\n      cart.py\n    cart.py\n  ../\n    x.py\n  README.md\n"
    assert [(row.text, row.file) for row in tree_rows(output, CONTEXT)] == [
        ("./", ""),
        ("  shop/", ""),
        ("    old/", ""),
        ("      cart.py", "shop/old/cart.py"),
        ("    cart.py", "shop/cart.py"),
        ("  ../", ""),
        ("    x.py", ""),
        ("  README.md", "README.md"),
    ]
    assert tree_rows("nothing of the kind", CONTEXT) == []
    assert tree_rows("/repo/\n        too deep", CONTEXT) == [PathRow("./"), PathRow("        too deep")]


def test_the_files_of_a_folder_that_was_read_open() -> None:
    folder = {"type": "directory", "path": "/repo/shop", "entries": ["old/", "cart.py", None, "../../etc/x"]}
    assert entries_of(folder, CONTEXT) == [
        PathRow("old/"),
        PathRow("cart.py", "shop/cart.py"),
        PathRow("../../etc/x"),
    ]
    assert entries_of({"type": "file", "entries": ["a"]}, CONTEXT) == []


def test_an_edit_opens_where_its_first_change_is() -> None:
    patch = "--- a\n+++ a\n@@ -5,4 +7,4 @@ def f\n same\n same\n-old\n+new\n same\n"
    assert first_line_of([FilePatch("a", patch, 1, 1)]) == 9
    assert first_line_of([FilePatch("a", "nonsense", 0, 0)]) == 0
    assert first_line_of([]) == 0
