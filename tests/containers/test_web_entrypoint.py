"""docker/web/entrypoint.sh, run by bash alone: what it leaves to the command, and whose word on a key counts."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.containers.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "docker/web/entrypoint.sh"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if shutil.which("bash") is None:
        pytest.skip("the entrypoint needs bash, and there is none on PATH")
    identity = tmp_path / "bin/id"
    identity.parent.mkdir()
    identity.write_text('#!/bin/sh\necho "${FAKE_UID:-1000}"\n')
    identity.chmod(0o755)
    return tmp_path


def run(folder: Path, **variables: str) -> tuple[dict[str, str], str]:
    """The environment that the command was given (empty when it was not started), and what was printed before."""
    ended = subprocess.run(
        ["bash", str(SCRIPT), "env", "-0"],
        env={"PATH": f"{folder}/bin:{os.environ['PATH']}"} | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if ended.returncode != 0:
        return {}, ended.stdout + ended.stderr
    return dict(pair.split("=", 1) for pair in ended.stdout.split("\0") if pair), ended.stderr


def test_a_secret_stays_in_its_file_for_the_command_to_read(folder: Path) -> None:
    (folder / "secret").write_text("from-a-file\n")
    environment, output = run(folder, SPRINTAGEN_TOKEN_FILE=str(folder / "secret"), SPRINTAGEN_TOKEN="")
    assert environment["SPRINTAGEN_TOKEN_FILE"] == str(folder / "secret")
    assert "from-a-file" not in output + str(environment)


def test_root_is_refused(folder: Path) -> None:
    environment, output = run(folder, FAKE_UID="0")
    assert environment == {}
    assert "does not run as root" in output


@pytest.mark.parametrize("line", ["OPENAI_API_KEY=new", " export OPENAI_API_KEY = 'new'"])
def test_a_provider_key_in_the_env_file_is_left_to_be_read_from_there(folder: Path, line: str) -> None:
    (folder / ".env").write_text(f"SPRINTAGEN_PORT=1\n{line}\n")
    environment, _ = run(folder, OPENAI_API_KEY="old", ANTHROPIC_API_KEY="from-the-shell")
    assert "OPENAI_API_KEY" not in environment
    assert environment["ANTHROPIC_API_KEY"] == "from-the-shell"


@pytest.mark.parametrize("line", ["#OPENAI_API_KEY=x", "OPENAI_API_KEY=", "X_OPENAI_API_KEY=x", "OPENAI_API_KEY= # x"])
def test_a_line_that_sets_nothing_does_not_hide_a_key_from_the_shell(folder: Path, line: str) -> None:
    (folder / ".env").write_text(line + "\n")
    environment, _ = run(folder, OPENAI_API_KEY="from-the-shell")
    assert environment["OPENAI_API_KEY"] == "from-the-shell"


def test_a_data_directory_that_cannot_be_written_ends_the_start_in_words(folder: Path) -> None:
    environment, output = run(folder, SPRINTAGEN_DATA_DIR=str(folder / "none"))
    assert environment == {}
    assert "SPRINTAGEN_DATA_DIR: uid 1000 cannot write" in output
