"""The product as a person starts it: `python -m sprintagen` in a process and a data directory of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
STOP_SECONDS = 20
TROUBLE = re.compile(
    r"Traceback|^\S+ \S+ (?:ERROR|CRITICAL) |was never awaited|Task exception was never retrieved", re.M
)
PRIVATE = re.compile(r"^(?:OPENCODE_|SPRINTAGEN_|NICEGUI_|PYTEST_)|_API_KEY$|^(?:DATABASE_URL|GIT_REPO_URL)$")


@dataclass
class Served:
    """One running sprintagen. Nothing of the person who runs the tests reaches it."""

    folder: Path
    """For its data, its log and its current directory."""
    binary: Path
    """The opencode it finds on its PATH."""
    settings: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    token: str = "a-token-for-the-browser-tests"
    secrets: list[str] = field(default_factory=list)
    """What must never be seen outside the process, besides the token."""

    link: str = ""
    """What it printed: opens the page signed in, once."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def base(self) -> str:
        """`http://host:port`."""
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def port(self) -> str:
        """Any free one at first, the same at every later start."""
        return self.base.rpartition(":")[2] or "0"

    def through(self, base: str) -> Served:
        """The same as it is reached by another address."""
        return replace(self, link=f"{base}/sign-in")

    def kill(self) -> None:
        """SIGKILL."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        process.wait(10)

    @property
    def log_file(self) -> Path:
        return self.folder / "sprintagen.log"

    def log(self, since: int = 0) -> str:
        """What it logged from a byte of its log on."""
        return self.log_file.read_bytes()[since:].decode(errors="replace")

    def start(self) -> None:
        """Returns when it has printed its link, which is when it takes connections."""
        self.folder.mkdir(parents=True, exist_ok=True)
        output = self.folder / "output"
        with self.log_file.open("ab") as errors, output.open("wb") as lines:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sprintagen", "--port", self.port, "--no-open", *self.arguments],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=errors,
            )
        end = time.monotonic() + START_SECONDS
        while not (found := re.search(r"^Open: (\S+)\n", output.read_text(), re.M)):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"sprintagen did not start:\n{self.log()}")
            time.sleep(0.05)
        self.link = found[1]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """SIGTERM, and a look whether that was enough."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            raise

    def opencode(self) -> psutil.Process:
        """The managed server's process."""
        assert self._process is not None
        return next(
            child
            for child in psutil.Process(self.pid).children(recursive=True)
            if "serve" in child.cmdline() and child.is_running() and not child.children()
        )

    def _environment(self) -> dict[str, str]:
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        if not (tools / "opencode").exists():
            (tools / "opencode").symlink_to(self.binary)
        kept = {name: value for name, value in os.environ.items() if not PRIVATE.search(name)}
        return {
            **kept,
            "PATH": os.pathsep.join([str(tools), kept.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
            "SPRINTAGEN_DATA_DIR": str(self.folder / "data"),
            "SPRINTAGEN_TOKEN": self.token,
            **self.settings,
        }
