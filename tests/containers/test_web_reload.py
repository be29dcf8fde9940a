"""docker/web/reload.py, run alone: what starts the web anew, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.containers.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.importorskip("watchfiles", reason="reload.py watches the source with watchfiles")

SECONDS = 60
WEB = """
import os, sys, time
print(f"started {os.getpid()}", flush=True)
time.sleep(0 if sys.argv[1:] == ["ends"] else 600)
"""


class Reload:
    """One run of the script."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, source: Path) -> None:
        self.process = process
        self.source = source
        self._output = output

    @property
    def words(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def starts(self, at_least: int) -> list[int]:
        """The process ids of the web so far, once there are so many."""
        eventually(lambda: self.words.count("started") >= at_least)
        return [int(line.split()[1]) for line in self.words.splitlines() if line.startswith("started")]


@contextmanager
def reload(folder: Path, *arguments: str) -> Iterator[Reload]:
    source = folder / "source"
    source.mkdir()
    (source / "a.py").write_text("one = 1\n", encoding="utf-8")
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, ROOT / "docker/web/reload.py", source, sys.executable, "-c", WEB, *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    run = Reload(process, output, source)
    try:
        yield run
    finally:
        process.terminate()
        process.wait(SECONDS)
    for pid in run.starts(0):
        assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_changed_file_starts_the_web_anew(tmp_path: Path) -> None:
    with reload(tmp_path) as run:
        (first,) = run.starts(1)
        # the watch begins a moment after the first start
        eventually(lambda: (run.source / "a.py").write_text(f"{time.time()}\n") > 0 and run.words.count("started") > 1)
        assert not is_running(first)


def test_a_killed_web_is_started_anew(tmp_path: Path) -> None:
    with reload(tmp_path) as run:
        (first,) = run.starts(1)
        os.kill(first, signal.SIGKILL)
        assert run.starts(2)[1] != first
        assert "the web ended with status -9; starting again in 1 s" in run.words


def test_a_web_that_cannot_start_is_tried_ever_more_rarely(tmp_path: Path) -> None:
    with reload(tmp_path, "ends") as run:
        eventually(lambda: "again in 4 s" in run.words)
        pauses = [line.split(" in ")[1].split(",")[0] for line in run.words.splitlines() if " again in " in line]
        assert pauses == ["1 s", "2 s", "4 s"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both(tmp_path: Path, number: signal.Signals) -> None:
    with reload(tmp_path) as run:
        run.starts(1)
        run.process.send_signal(number)
        assert run.process.wait(SECONDS) == 0
