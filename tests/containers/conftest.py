"""What container tests share: a stand for the opencode entrypoint without an engine, and the engine if there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.containers.engine import Engine, why_no_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PASSWORD = "server-password-canary"
FAKES = {
    # scripts refuse to be root; whoever runs the tests may be
    "id": 'case $1 in -u | -g) echo "${FAKE_UID:-1000}" ;; *) exit 1 ;; esac',
    "tini": 'shift; exec "$@"',
    "opencode": 'pwd >"$SEEN/cwd"; env -0 >"$SEEN/env"; printf "%s\\n" "$@" >"$SEEN/arguments"',
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of an entrypoint printed, and what the program that it became was given (None: it became none)."""

    status: int
    output: str
    directory: Path | None
    environment: dict[str, str]
    arguments: list[str]

    @property
    def started(self) -> bool:
        return self.directory is not None


class EntrypointStand:
    """docker/opencode/entrypoint.sh with a workspace of its own, real git, and an opencode that notes being started."""

    script = ROOT / "docker/opencode/entrypoint.sh"

    def __init__(self, place: Path) -> None:
        self.place = place
        self.workspace = place / "workspace"
        self.workspace.mkdir()
        self.mounted = self.workspace / "repo"
        self.cloned = self.workspace / "cloned"
        self.programs = place / "bin"
        self.programs.mkdir()
        for name, text in FAKES.items():
            self.fake(name, text)

    def fake(self, name: str, text: str) -> None:
        """Puts a shell script before the real program of that name."""
        program = self.programs / name
        program.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
        program.chmod(0o755)

    def repository(self, where: Path, *, bare: bool = False, file: str = "a.txt") -> Path:
        """A git repository with one commit."""
        source = self.place / f"source-{where.name}" if bare else where
        source.mkdir(parents=True, exist_ok=True)
        (source / file).write_text("hello\n", encoding="utf-8")
        git(source, "init", "--quiet", "--initial-branch=main")
        git(source, "add", "--all")
        git(source, "-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--quiet", "--message=one")
        if bare:
            git(source, "clone", "--quiet", "--bare", ".", str(where))
            git(where, "update-server-info")
        return where

    def run(self, *arguments: str, **variables: str) -> Outcome:
        """Runs the script with these variables and nothing of the tester's own but PATH."""
        seen = self.place / "seen"
        shutil.rmtree(seen, ignore_errors=True)
        seen.mkdir()
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": str(self.place),
            "GIT_CONFIG_NOSYSTEM": "1",
            "SEEN": str(seen),
            "SPRINTAGEN_WORKSPACE": str(self.workspace),
            "OPENCODE_SERVER_PASSWORD": PASSWORD,
        }
        ended = subprocess.run(
            ["bash", str(self.script), *arguments],
            env=environment | variables,
            cwd=self.place,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if not (seen / "cwd").exists():
            return Outcome(ended.returncode, ended.stdout + ended.stderr, None, {}, [])
        pairs = (item.split("=", 1) for item in (seen / "env").read_text().split("\0") if item)
        return Outcome(
            ended.returncode,
            ended.stdout + ended.stderr,
            Path((seen / "cwd").read_text().strip()),
            {name: value for name, value in pairs},
            (seen / "arguments").read_text().splitlines(),
        )


def git(directory: Path, *arguments: str) -> str:
    """Runs the real git without the tester's configuration."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.fixture
def stand(tmp_path: Path) -> EntrypointStand:
    for program in ("bash", "git"):
        if shutil.which(program) is None:
            pytest.skip(f"the entrypoint needs {program}, and there is none on PATH")
    return EntrypointStand(tmp_path)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine with both images built from this folder; skips, saying why, where there is none."""
    reason = why_no_engine()
    if reason:
        pytest.skip(reason)
    engine = Engine(ROOT)
    try:
        engine.build()
        yield engine
    finally:
        engine.remove_everything()
