"""The compose stack of this folder, brought up from a copy of it on a real engine."""

from __future__ import annotations

import json
import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import httpx

from tests.containers.conftest import ROOT
from tests.containers.engine import START_SECONDS, Container, Engine
from tests.rig import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOT_COPIED = (".git", ".venv", ".env", ".*_cache", "__pycache__", "db.sqlite*", "tests", "benchmarks", "node_modules")
SIGN_IN_LINK = re.compile(r"Open: (http://\S+)")


class Stack:
    """One compose project in a folder of its own."""

    def __init__(self, engine: Engine, folder: Path, name: str) -> None:
        self.engine = engine
        self.folder = folder
        self.name = name
        self.port = free_port()
        self.debug_port = free_port()
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
        shutil.copy(folder / ".env.example", folder / ".env")

    def settings(self, **values: str) -> None:
        """Makes `.env` the example with these lines after it, and nothing of an earlier call."""
        lines = "".join(f"{name}={value}\n" for name, value in values.items())
        example = (self.folder / ".env.example").read_text(encoding="utf-8")
        (self.folder / ".env").write_text(f"{example}\n{lines}", encoding="utf-8")

    def override(self, services: dict[str, Any]) -> None:
        """Writes docker-compose.override.yml, which compose reads on its own."""
        (self.folder / "docker-compose.override.yml").write_text(json.dumps({"services": services}), encoding="utf-8")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def compose(self, *arguments: str, check: bool = True, **variables: str) -> str:
        """Runs `docker compose ...` on it."""
        variables = {"SPRINTAGEN_PORT": str(self.port), "OPENCODE_DEBUG_PORT": str(self.debug_port)} | variables
        where = ("--project-name", self.name, "--project-directory", str(self.folder))
        return self.engine.docker("compose", *where, *arguments, check=check, timeout=START_SECONDS * 3, **variables)

    def up(self, *options: str) -> None:
        """Starts everything and waits until it is healthy."""
        try:
            self.compose(*options, "up", "--detach", "--wait")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from error

    def down(self, *arguments: str) -> None:
        self.compose("--profile", "debug", "down", "--timeout", "10", *arguments)

    def logs(self, *services: str) -> str:
        return self.compose("logs", "--no-color", "--no-log-prefix", *services)

    def container(self, service: str) -> Container:
        return Container(self.engine, self.compose("ps", "--all", "--format", "{{.Name}}", service).split()[-1])

    def secret(self, which: str) -> str:
        return self.container("web").execute("cat", f"/run/sprintagen/{which}").strip()

    def links(self) -> list[str]:
        return SIGN_IN_LINK.findall(self.logs("web"))

    def api(self) -> httpx.Client:
        """A client that carries the generated token."""
        token = self.secret("web/token")
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )


def eventually(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.5)


def is_answering(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.url}/healthz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
