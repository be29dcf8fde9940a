"""sprintagen as a person runs it: a process of its own, its printed link, its log; for tests from the outside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from tests.rig import free_port

ROOT = Path(__file__).parent.parent
TOKEN = "test-token-of-the-operator"
START_SECONDS = 60
COOKIE = "sprintagen_session"


@dataclass
class Served:
    """One `python -m sprintagen`. Its folder holds data, output and log."""

    folder: Path
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text(encoding="utf-8")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def link(self) -> str:
        """The printed one."""
        return next(line.removeprefix("Open: ") for line in self.out.splitlines() if line.startswith("Open: "))

    def begin(self) -> None:
        """Starts it and returns at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {"SPRINTAGEN_DATA_DIR": str(self.data_dir), "SPRINTAGEN_TOKEN": TOKEN, **self.environment}
        kept = ("PATH", "HOME", "LANG", "SystemRoot", "XDG_CACHE_HOME", "XDG_DATA_HOME", "LD_LIBRARY_PATH")
        with (self.folder / "out").open("wb") as out, (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sprintagen", "--port", str(self.port), "--no-open", *self.arguments],
                cwd=self.folder,
                env={name: os.environ[name] for name in kept if name in os.environ}
                | {"PYTHONPATH": str(ROOT), "GIT_CONFIG_NOSYSTEM": "1"}
                | {name: value for name, value in settings.items() if value},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> Served:
        """Returns when it takes connections."""
        self.begin()
        self.wait_until(lambda: "Open: " in self.out or not self.is_running, START_SECONDS)
        assert self.is_running, f"it did not start:\n{self.log}"
        return self

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM, *, seconds: float = 20) -> tuple[int, float]:
        """Sends a signal; returns exit code and the seconds it took."""
        began = time.monotonic()
        self.send(number)
        return self.ended(seconds), time.monotonic() - began

    def ended(self, seconds: float = 20) -> int:
        """The exit code, once there is one."""
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> None:
        """The end, whatever state it is in."""
        if self.process is None:
            return
        if self.is_running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.end(seconds=10)
        if self.is_running:
            self.process.kill()
        self.process.wait(10)

    def descendants(self) -> list[psutil.Process]:
        assert self.process is not None
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            return []

    def wait_until(self, condition: object, seconds: float = 30) -> None:
        """Returns as soon as the condition, a function, holds."""
        assert callable(condition)
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not come true in {seconds} s; the log:\n{self.log[-4000:]}")
            time.sleep(0.03)

    # -- visitors -----------------------------------------------------------------------------------------------------

    def stranger(self, **options: object) -> httpx.Client:
        """Somebody without anything."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30, **options)  # type: ignore[arg-type]

    def program(self) -> httpx.Client:
        """Somebody with the token."""
        return self.stranger(headers={"authorization": f"Bearer {TOKEN}"})

    def sign_in(self) -> str:
        """The id of a new session."""
        with self.stranger() as visitor:
            answer = visitor.post("/sign-in", data={"token": TOKEN}, headers={"origin": self.url})
            assert answer.status_code == 303, answer.text
            return str(answer.cookies[COOKIE])

    def member(self, session: str | None = None) -> httpx.Client:
        """A browser that is signed in."""
        return self.stranger(cookies={COOKIE: session or self.sign_in()}, headers={"origin": self.url})


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
