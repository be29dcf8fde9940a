from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sprintagen.demo import SampleError, prepare_sample
from sprintagen.demo.scripts.changes import BUG, FIX

if TYPE_CHECKING:
    from pathlib import Path


def git(directory: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True, text=True).stdout


def run_tests(directory: Path) -> str:
    command = [sys.executable, "-B", "-m", "unittest"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False).stderr


def test_the_sample_is_one_clean_commit_on_main(tmp_path: Path) -> None:
    repository = prepare_sample(tmp_path / "shop")
    assert git(repository, "rev-list", "--count", "HEAD") == "1\n"
    assert git(repository, "branch", "--show-current") == "main\n"
    assert git(repository, "status", "--porcelain") == ""
    assert "README.md" in git(repository, "ls-files")


def test_one_test_fails_because_of_the_bug_and_passes_with_the_fix(tmp_path: Path) -> None:
    repository = prepare_sample(tmp_path / "shop")
    assert "FAILED (failures=1)" in run_tests(repository)
    source = repository / "shop" / "pricing.py"
    assert source.read_text().count(BUG) == 1
    source.write_text(source.read_text().replace(BUG, FIX))
    assert run_tests(repository).endswith("OK\n")


def test_running_the_tests_leaves_nothing_for_git_to_report(tmp_path: Path) -> None:
    repository = prepare_sample(tmp_path / "shop")
    (repository / "shop" / "__pycache__").mkdir()
    (repository / "shop" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert git(repository, "status", "--porcelain") == ""


def test_a_sample_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    repository = prepare_sample(tmp_path / "shop")
    (repository / "README.md").write_text("mine")
    assert prepare_sample(tmp_path / "shop") == repository
    assert (repository / "README.md").read_text() == "mine"


def test_two_samples_are_two_projects(tmp_path: Path) -> None:
    """opencode takes the root commit for the project's identity."""
    first, second = prepare_sample(tmp_path / "first"), prepare_sample(tmp_path / "second")
    assert git(first, "rev-parse", "HEAD") != git(second, "rev-parse", "HEAD")


def test_the_persons_git_settings_have_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text("[commit]\n\tgpgsign = true\n[user]\n\tname = Somebody\n\temail = somebody@localhost\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    repository = prepare_sample(tmp_path / "shop")
    assert git(repository, "log", "--format=%an").strip() == "Sprintagen Demo"


def test_without_git_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SampleError, match="needs git") as caught:
        prepare_sample(tmp_path / "shop")
    assert "Install git" in caught.value.hint


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SampleError, match="cannot be written") as caught:
        prepare_sample(tmp_path / "file" / "shop")
    assert "SPRINTAGEN_DATA_DIR" in caught.value.hint


def test_a_directory_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    with pytest.raises(SampleError, match="cannot be written"):
        prepare_sample(tmp_path / "shop")
    assert [path.name for path in tmp_path.rglob("*")] == ["shop", "mine.txt"]
