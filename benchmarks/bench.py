"""What every measurement starts: the model, opencode and sprintagen, each in a process of its own, as in real use."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import queue
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.rig import RealOpencode, find_opencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_SECONDS = 90


@dataclass(frozen=True)
class Bench:
    """Everything up and running."""

    model_url: str
    """Without the `/v1`."""
    opencode: RealOpencode
    link: str
    """The printed link, which signs in."""
    token: str
    log: Sequence[str]
    """The lines sprintagen has printed so far."""

    @property
    def ours(self) -> psutil.Process:
        """sprintagen's process."""
        return next(child for child in psutil.Process().children() if "--no-open" in child.cmdline())

    @property
    def url(self) -> str:
        """sprintagen's address without a slash at the end."""
        found = re.match(r"https?://[^/]+", self.link)
        assert found is not None
        return found[0]


@contextlib.contextmanager
def bench() -> Iterator[Bench]:
    """Starts the three, stops them at the end whatever happens."""
    token = secrets.token_urlsafe(24)
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-", ignore_cleanup_errors=True)))
        model_url, _ = stack.enter_context(_program(["sprintagen.demo"], r"(http://\S+)", {}, root))
        opencode = RealOpencode(find_opencode(), model_url, root)
        opencode.start()
        stack.callback(opencode.stop)
        ours = {
            "OPENCODE_SERVER_URL": opencode.url,
            "OPENCODE_SERVER_USERNAME": opencode.username,
            "OPENCODE_SERVER_PASSWORD": opencode.password.get_secret_value(),
            "OPENCODE_DIRECTORY": str(opencode.directory),
            "SPRINTAGEN_DATA_DIR": str(root / "sprintagen"),
            "SPRINTAGEN_TOKEN": token,
        }
        arguments = ["sprintagen", "--no-open", "--port", "0"]
        link, log = stack.enter_context(_program(arguments, r"Open: (http\S+)", ours, root))
        yield Bench(model_url.removesuffix("/v1"), opencode, link, token, log)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed; the nearest measured one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine() -> str:
    """Date and size, for the line above a table."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    load = os.getloadavg()[0]
    return f"{today}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} at the start"


@contextlib.contextmanager
def _program(
    arguments: list[str], pattern: str, variables: dict[str, str], root: Path
) -> Iterator[tuple[str, Sequence[str]]]:
    """`python -m` something, until the `with` ends; yields what it says about its address, and all it says."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENCODE_", "SPRINTAGEN_"))
    }
    environment |= {**variables, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path(__file__).parent.parent)}
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=root,  # away from any .env
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C is for the measurement, which stops what it has started
    )
    said: list[str] = []
    found: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if address := re.search(pattern, line):
                found.put(address[1])
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        try:
            address = found.get(timeout=START_SECONDS)
        except queue.Empty:
            address = None
        if address is None:
            raise SystemExit(f"{arguments[0]} did not start:\n{''.join(said)}")
        yield address, said
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
