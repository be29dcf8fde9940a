from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest

from sprintagen.errors import ManagedError
from sprintagen.managed.ripgrep import find_ripgrep, ripgrep_directory


def make_rg(folder: Path) -> Path:
    folder.mkdir()
    (folder / "rg").write_text("#!/bin/sh\necho ripgrep 15.0.0\n")
    (folder / "rg").chmod(0o755)
    return folder / "rg"


def test_the_one_on_path_is_taken(tmp_path: Path) -> None:
    assert find_ripgrep(str(make_rg(tmp_path / "bin").parent)) == tmp_path / "bin" / "rg"


def test_without_one_on_path_the_one_beside_our_python_is_taken(tmp_path: Path) -> None:
    ours = Path(sysconfig.get_path("scripts")) / "rg"
    if not ours.exists():
        pytest.skip("the package ripgrep is not installed here")

    found = find_ripgrep(str(tmp_path))

    assert found == ours
    assert subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.startswith("ripgrep")


def test_the_folder_for_the_child_has_nothing_but_rg(tmp_path: Path) -> None:
    rg = make_rg(tmp_path / "bin")
    folder = ripgrep_directory(tmp_path / "data", str(rg.parent))

    assert folder is not None
    assert [path.name for path in folder.iterdir()] == ["rg"]
    assert (folder / "rg").resolve() == rg


def test_the_folder_follows_when_rg_moves_and_can_be_on_path_itself(tmp_path: Path) -> None:
    first, second = make_rg(tmp_path / "one"), make_rg(tmp_path / "two")
    ripgrep_directory(tmp_path, str(first.parent))
    folder = ripgrep_directory(tmp_path, str(second.parent))

    assert folder is not None
    assert (folder / "rg").resolve() == second
    assert ripgrep_directory(tmp_path, str(folder)) == folder
    assert (folder / "rg").resolve() == second


def test_there_is_no_folder_when_there_is_no_rg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))

    assert ripgrep_directory(tmp_path / "data", str(tmp_path)) is None


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    rg = make_rg(tmp_path / "bin")
    (tmp_path / "data").write_text("")

    with pytest.raises(ManagedError, match="cannot be written") as caught:
        ripgrep_directory(tmp_path / "data", str(rg.parent))

    assert "SPRINTAGEN_DATA_DIR" in caught.value.hint
