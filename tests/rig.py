"""The real opencode for tests: found or fetched, started alone in a home of its own, driven by plain requests.

Nothing here speaks or starts anything through `sprintagen.opencode` or `sprintagen.managed`, so that a fault of theirs
cannot hide itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import platformdirs
import psutil
import pytest
from pydantic import SecretStr

from sprintagen.errors import ManagedError
from sprintagen.managed.versions import PINNED_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS_PER_SECOND = 1000.0
"""How fast the scripted model talks in tests, unless a verb says otherwise."""
START_SECONDS = 90
TURN_SECONDS = 90
TAG = "SPRINTAGEN_TEST_RIG"
_CHOSEN_BINARY = os.environ.get("SPRINTAGEN_TEST_OPENCODE")


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_opencode() -> Path:
    """The opencode to test with: `SPRINTAGEN_TEST_OPENCODE`, one on PATH, else one fetched into the user's cache."""
    if _CHOSEN_BINARY:
        return Path(_CHOSEN_BINARY)
    on_path = shutil.which("opencode")
    if on_path and _version(on_path) == PINNED_VERSION:
        return Path(on_path)
    try:
        return _fetch_opencode()
    except (ImportError, ManagedError) as error:
        return pytest.skip(
            f"needs opencode {PINNED_VERSION}: put it on PATH (npm install -g opencode-ai@{PINNED_VERSION}) "
            f"or name the program in SPRINTAGEN_TEST_OPENCODE. {error}"
        )


def ripgrep_directory(root: Path) -> Path:
    """A folder with `rg` alone in it, which opencode would download otherwise; empty when there is none here."""
    folder = root / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    found = shutil.which("rg") or shutil.which("rg", path=sysconfig.get_path("scripts"))
    if found and not (folder / "rg").exists():
        (folder / "rg").symlink_to(found)
    return folder


@dataclass
class RealOpencode:
    """One `opencode serve` of our own. `restart()` keeps port, password and data, as a managed server does."""

    binary: Path
    model_url: str
    root: Path
    """Holds the home directory, the repository and the log."""
    password: SecretStr = field(default_factory=lambda: SecretStr(secrets.token_urlsafe(24)))
    username: str = "opencode"
    port: int = field(default_factory=free_port)
    config: dict[str, Any] = field(default_factory=dict)
    """Merged over the demo's configuration, top level only."""
    log: deque[str] = field(default_factory=lambda: deque(maxlen=200))

    _process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _tag: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def directory(self) -> Path:
        """The repository the server works in, a fresh copy of the demo's sample."""
        return self.root / "repo"

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it does not run."""
        return self._process.pid if self.is_running and self._process is not None else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns when the server has said that it listens and has opened the repository."""
        if not self.directory.exists():
            self.new_repository("repo")
        ready = threading.Event()
        self._process = subprocess.Popen(
            [str(self.binary), "serve", "--hostname", "127.0.0.1", "--port", str(self.port)],
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self._process, ready), name="opencode-log", daemon=True).start()
        # A request sent before this line hangs for good, so nothing may be asked earlier.
        if not ready.wait(START_SECONDS) or not self.is_running:
            self.stop()
            raise RuntimeError("opencode did not start:\n" + "\n".join(self.log))
        assert self.request("GET", "/global/health")["healthy"] is True
        self.request("GET", "/config", timeout=START_SECONDS)

    def ensure_running(self) -> None:
        """Starts the server again if an earlier test has killed it."""
        if not self.is_running:
            self.start()

    def restart(self) -> None:
        """Kills the server as a crash would and starts it again on the same port with the same data."""
        self.kill()
        self.start()

    def kill(self) -> None:
        """SIGKILL to the server and to every command its tools have started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(TAG) == self._tag:
                    process.kill()

    stop = kill
    """There is no gentler way: opencode has no orderly end, and every kill was survived by its database."""

    def new_repository(self, name: str) -> Path:
        """Another git repository with the sample in it, beside the first; a project of its own."""
        from sprintagen.demo import prepare_sample

        return prepare_sample(self.root / name)

    def restore_repository(self) -> None:
        """Takes back whatever earlier turns have changed in the repository."""
        for arguments in (["checkout", "--quiet", "."], ["clean", "-fdq"]):
            subprocess.run(["git", *arguments], cwd=self.directory, check=True, timeout=60)

    def request(
        self, method: str, path: str, body: Any = None, *, directory: Path | None = None, timeout: float = 30
    ) -> Any:
        """One call; returns the JSON answer (None when empty) and raises `urllib.error.HTTPError` for a refusal."""
        credentials = f"{self.username}:{self.password.get_secret_value()}".encode()
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Basic {base64.b64encode(credentials).decode()}")
        request.add_header("x-opencode-directory", quote(str(directory or self.directory), safe="/"))
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=timeout) as response:
            text = response.read().decode()
        return json.loads(text) if text else None

    def new_session(self, title: str | None = None) -> str:
        """A session's id. Without a title opencode asks the model for one at the first prompt."""
        return str(self.request("POST", "/session", {"title": title} if title else {})["id"])

    def prompt(self, session_id: str, text: str, **more: Any) -> None:
        """Sends without waiting for the answer."""
        body = {"parts": [{"type": "text", "text": text}], **more}
        self.request("POST", f"/session/{session_id}/prompt_async", body)

    def play(
        self,
        text: str,
        *,
        session_id: str | None = None,
        permission: str = "once",
        message: str | None = None,
        agent: str | None = None,
        answers: list[list[str]] | None = None,
    ) -> Played:
        """One whole turn: sends `text`, answers every ask, returns when the session is idle again.

        Args:
            session_id: Omitted: a new session.
            permission: The reply to every permission asked for: `once`, `always` or `reject`.
            message: A word with a rejection.
            agent: Omitted: opencode's own choice, `build`.
            answers: The reply to every question; omitted: questions are dismissed.
        """
        session_id = session_id or self.new_session("test")
        before = len(self.messages(session_id))
        self.prompt(session_id, text, **({"agent": agent} if agent else {}))
        played = Played(session_id)
        end = time.monotonic() + TURN_SECONDS
        while time.monotonic() < end:
            status = self.request("GET", "/session/status")
            played.note(status.get(session_id))
            for ask in self.request("GET", "/permission"):
                played.permissions.append(ask)
                reply = {"reply": permission} | ({"message": message} if message else {})
                self.request("POST", f"/permission/{ask['id']}/reply", reply)
            for ask in self.request("GET", "/question"):
                played.questions.append(ask)
                action = "reply" if answers else "reject"
                self.request("POST", f"/question/{ask['id']}/{action}", {"answers": answers} if answers else {})
            if session_id not in status:
                played.messages = self.messages(session_id)[before:]
                if played.is_over:
                    return played
            time.sleep(0.05)
        raise RuntimeError(f"the turn did not end in {TURN_SECONDS} s: {text!r}\n" + "\n".join(self.log))

    def wait_for(self, condition: Callable[[], object], seconds: float = 30) -> None:
        """Returns as soon as the condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"it did not come true in {seconds} s")
            time.sleep(0.05)

    def messages(self, session_id: str) -> list[dict[str, Any]]:
        """Everything said in a session, oldest first."""
        return list(self.request("GET", f"/session/{session_id}/message"))

    def _environment(self) -> dict[str, str]:
        from sprintagen.demo import opencode_config

        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": os.pathsep.join([str(ripgrep_directory(self.root)), os.environ.get("PATH", os.defpath)]),
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "TMPDIR": str(self.root),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "OPENCODE_CONFIG_CONTENT": json.dumps(opencode_config(self.model_url) | self.config),
            "OPENCODE_SERVER_USERNAME": self.username,
            "OPENCODE_SERVER_PASSWORD": self.password.get_secret_value(),
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            TAG: self._tag,
        }

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.log.append(line.rstrip())
                if "listening on" in line:
                    ready.set()
        ready.set()  # the end of the output is an end of the waiting, too


@dataclass
class Played:
    """What one turn brought."""

    session_id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    permissions: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    retries: list[dict[str, Any]] = field(default_factory=list)
    """One retry status for each attempt seen."""

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Every part of every assistant message of the turn."""
        return [part for item in self.messages if item["info"]["role"] == "assistant" for part in item["parts"]]

    @property
    def text(self) -> str:
        """What the model said, all text parts in one."""
        return "\n\n".join(part["text"] for part in self.parts if part["type"] == "text")

    @property
    def reasoning(self) -> str:
        return "\n\n".join(part["text"] for part in self.parts if part["type"] == "reasoning")

    @property
    def tools(self) -> list[tuple[str, str]]:
        """Name and final status of each tool call, in order."""
        return [(part["tool"], part["state"]["status"]) for part in self.parts if part["type"] == "tool"]

    @property
    def error(self) -> dict[str, Any] | None:
        """The error the turn ended with."""
        errors = [item["info"]["error"] for item in self.messages if item["info"].get("error")]
        return errors[-1] if errors else None

    @property
    def is_over(self) -> bool:
        """The last answer is closed. After a failure opencode says idle once before that, and swallows a prompt."""
        answers = [item["info"] for item in self.messages if item["info"]["role"] == "assistant"]
        return bool(answers) and "completed" in answers[-1]["time"]

    def note(self, status: dict[str, Any] | None) -> None:
        if status and status["type"] == "retry" and status["attempt"] > len(self.retries):
            self.retries.append(status)


def _version(binary: str) -> str:
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()


def _fetch_opencode() -> Path:
    # Imported here, and run in a thread, so that the rig itself needs neither the installer nor a free event loop.
    install = importlib.import_module("sprintagen.managed.install").install
    data_dir = Path(platformdirs.user_data_dir("sprintagen", appauthor=False))
    with ThreadPoolExecutor(1) as thread:
        return Path(thread.submit(asyncio.run, install(data_dir, version=PINNED_VERSION)).result().binary)
