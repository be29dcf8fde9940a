"""Differences line by line: read as opencode writes them, joined, written again."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from sprintagen.services import line_diff
from tests.examples import examples

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Index: a.py\n===================================================================\n--- a.py\t\n+++ a.py\t\n"
TEXT = st.lists(st.sampled_from(["a", "b", "c", "", "+x", "-y", "\\z", "@@ -1 +1 @@", " "]), max_size=12)


def test_a_patch_that_shows_a_whole_file_is_read_with_its_last_line_as_it_ends() -> None:
    patch = HEAD + "@@ -1,2 +1,2 @@\n same\n-old\n+new\n\\ No newline at end of file\n"
    script = line_diff.read(patch)
    assert script == [" same", "-old", "+new" + line_diff.OPEN_END]
    assert line_diff.write(script) == patch.removeprefix(HEAD)
    assert line_diff.counts(script) == (1, 1)


def test_a_newline_that_came_at_the_end_is_a_change() -> None:
    script = line_diff.read(HEAD + "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n")
    assert script == ["-a" + line_diff.OPEN_END, "+a"]


def test_a_patch_of_which_only_a_stretch_is_known_is_none_of_a_whole_file() -> None:
    assert line_diff.read(HEAD + "@@ -4,2 +4,2 @@\n same\n-old\n+new\n") is None
    assert line_diff.read(HEAD + "@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n") is None
    assert line_diff.read(HEAD + "@@ -1,3 +1,3 @@\n same\n-cut off") is None


def test_a_patch_without_a_hunk_changes_nothing() -> None:
    assert line_diff.read(HEAD) == []
    assert line_diff.write([" a", " b"]) == ""


@settings(max_examples=examples(60))
@given(TEXT, TEXT)
def test_a_script_leads_from_one_text_to_the_other_and_survives_being_written(old: list[str], new: list[str]) -> None:
    script = line_diff.compare(old, new)
    assert (line_diff.before(script), line_diff.after(script)) == (old, new)
    if old != new:
        assert line_diff.read(line_diff.write(script)) == script


@settings(max_examples=examples(60))
@given(TEXT, TEXT, TEXT, TEXT)
def test_two_scripts_joined_lead_from_the_first_text_to_the_last(
    first: list[str], second: list[str], other: list[str], last: list[str]
) -> None:
    script = line_diff.join(line_diff.compare(first, second), line_diff.compare(other, last))
    assert (line_diff.before(script), line_diff.after(script)) == (first, last)


def test_what_is_changed_back_is_no_change() -> None:
    there = line_diff.compare(["a", "b", "c"], ["a", "x", "c"])
    back = line_diff.compare(["a", "x", "c"], ["a", "b", "c"])
    assert line_diff.join(there, back) == [" a", " b", " c"]


def test_long_texts_with_everything_changed_are_joined_at_once() -> None:
    texts = [[f"{turn} {n}" for n in range(20_000)] for turn in range(3)]
    script = line_diff.join(line_diff.compare(texts[0], texts[1]), line_diff.compare(texts[1], texts[2]))
    assert line_diff.counts(script) == (20_000, 20_000)


@settings(max_examples=examples(20))
@given(TEXT, TEXT, st.integers(0, 3))
def test_what_is_written_with_less_around_it_has_hunks_that_fit(old: list[str], new: list[str], context: int) -> None:
    script = line_diff.compare(old, new)
    text = line_diff.write(script, context)
    shown = (
        [line for line in text.split("\n")[:-1] if not line.startswith("@@ ")]
        if "@@ -1 +1 @@" not in old + new
        else None
    )
    if shown is not None:
        assert [line for line in shown if line[0] != " "] == [line for line in script if line[0] != " "]


def test_git_takes_what_is_written(tmp_path: Path) -> None:
    old = [f"line {n}" for n in range(40)]
    new = [*old[:3], "in", *old[3:20], *old[22:35], "other", *old[36:]]
    (tmp_path / "a").write_text("".join(f"{line}\n" for line in old))
    patch = "--- a/a\n+++ b/a\n" + line_diff.write(line_diff.compare(old, new), 3)
    assert patch.count("@@ -") == 3
    done = subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a").read_text().splitlines() == new


def test_texts_are_alike_by_the_lines_they_share() -> None:
    assert line_diff.likeness(["a", "b", "c"], ["c", "a", "b"]) == 1
    assert line_diff.likeness(["a", "b"], ["a", "x"]) == 0.5
    assert line_diff.likeness([], ["a"]) == 0
