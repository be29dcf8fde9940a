"""Drives a real Docker engine from tests through its own command line, and leaves nothing of it behind."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

WEB, OPENCODE = "sprintagen-web", "sprintagen-opencode"
BUILD_SECONDS = 900
START_SECONDS = 120
TESTERS_OWN = re.compile(r"^(?:OPENCODE_|SPRINTAGEN_|GIT_|COMPOSE_|DATABASE_URL$)|_API_KEY$")
"""Variables of whoever runs the tests that compose would hand to the containers."""


def why_no_engine() -> str:
    """Why container tests cannot run here; empty when they can."""
    if shutil.which("docker") is None:
        return "container tests need the docker command, and there is none on PATH"
    for command, what in ((["info"], "a Docker engine that answers"), (["compose", "version"], "docker compose")):
        ended = subprocess.run(["docker", *command], capture_output=True, text=True, timeout=30, check=False)
        if ended.returncode != 0:
            return f"container tests need {what}: {(ended.stderr.strip().splitlines() or ['no word why'])[-1]}"
    return ""


@dataclass(frozen=True, slots=True)
class Process:
    """A process in a container, as /proc shows it."""

    pid: int
    uid: int
    capabilities: int
    arguments: str
    environment: str


class Engine:
    """One engine, and what a test run has made on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tag = f"sprintagen-test-{secrets.token_hex(4)}"
        self._containers: list[str] = []
        self._networks: list[str] = []

    def docker(self, *arguments: str, check: bool = True, timeout: float = 180, **variables: str) -> str:
        """Runs `docker ...` and returns what it printed on both streams."""
        kept = {name: value for name, value in os.environ.items() if not TESTERS_OWN.search(name)}
        ended = subprocess.run(
            ["docker", *arguments],
            env=kept | variables,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and ended.returncode != 0:
            raise AssertionError(f"docker {' '.join(arguments)} ended {ended.returncode}:\n{ended.stdout[-4000:]}")
        return ended.stdout

    def build(self) -> None:
        """Builds both images as the compose file does."""
        self.docker("compose", "build", "web", "opencode", timeout=BUILD_SECONDS)

    def run(self, image: str, *arguments: str, command: tuple[str, ...] = ()) -> Container:
        """Starts a container in the background."""
        name = f"{self.tag}-{len(self._containers)}"
        self._containers.append(name)
        self.docker("run", "--detach", "--name", name, *arguments, image, *command)
        return Container(self, name)

    def network(self) -> str:
        """A network of the test's own."""
        name = f"{self.tag}-net-{len(self._networks)}"
        self._networks.append(name)
        self.docker("network", "create", name)
        return name

    def remove_everything(self) -> None:
        for name in self._containers:
            self.docker("rm", "--force", "--volumes", name, check=False)
        for name in self._networks:
            self.docker("network", "rm", name, check=False)


class Container:
    """One container by name."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name

    @property
    def logs(self) -> str:
        return self.engine.docker("logs", self.name)

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.engine.docker("inspect", "--format", "{{json .State}}", self.name))
        return state

    def execute(self, *command: str, check: bool = True) -> str:
        """Runs a command in it."""
        return self.engine.docker("exec", self.name, *command, check=check)

    def wait_healthy(self) -> None:
        """Waits until the image's own health check is content; fails with the log when the container ends first."""
        deadline = time.monotonic() + START_SECONDS
        while (state := self.state)["Health"]["Status"] != "healthy":
            assert state["Running"], f"ended {state['ExitCode']}:\n{self.logs}"
            assert time.monotonic() < deadline, f"not healthy in time: {state['Health']}\n{self.logs}"
            time.sleep(0.5)

    def wait_for_line(self, text: str) -> None:
        """Waits until its log says this; fails with the log when it ends first."""
        deadline = time.monotonic() + START_SECONDS
        while text not in self.logs:
            assert self.state["Running"], self.logs
            assert time.monotonic() < deadline, f"{text!r} was not said in time:\n{self.logs}"
            time.sleep(0.3)

    def wait_ended(self) -> int:
        """Waits for the end; returns the exit status."""
        return int(self.engine.docker("wait", self.name).strip())

    def processes(self) -> list[Process]:
        """Every process in it but the one that looks."""
        script = (
            "for p in /proc/[0-9]*; do n=${p#/proc/}; [ $n != $$ ] || continue; "
            "u=$(grep ^Uid: $p/status | cut -f2) && c=$(grep ^CapEff: $p/status | cut -f2) && "
            "printf '%s\\t%s\\t%s\\t' $n $u $c && tr '\\0\\n\\t' '   ' <$p/cmdline && printf '\\t' && "
            "tr '\\0\\n\\t' '   ' <$p/environ; echo; done 2>/dev/null"
        )
        rows = (line.split("\t") for line in self.execute("sh", "-c", script).splitlines())
        return [
            Process(int(row[0]), int(row[1]), int(row[2], 16), row[3], row[4])
            for row in rows
            if len(row) == 5 and row[3].strip()
        ]
