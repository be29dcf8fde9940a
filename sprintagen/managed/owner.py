"""Who started a process: a mark in the environment that every descendant inherits.

Tool commands of the agent run in process sessions of their own and outlive the server that started them, so a process
group is not enough to end them. The mark is: it names our data directory, our process and this one server. A stop ends
what carries it; a start ends what carries the mark of an owner that is dead. Everything here blocks: call it in a
thread.

A program that clears its environment *and* detaches from its parent while the server runs cannot be found this way.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OWNER_VARIABLE = "SPRINTAGEN_OWNER"

_GRACE_SECONDS = 0.3
_POLL_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Owner:
    """The mark, taken apart: `scope` is the machine's process table and the data directory, `server` is random."""

    scope: str
    pid: int
    started: str
    server: str

    @property
    def text(self) -> str:
        """The variable's value."""
        return f"{self.scope}:{self.pid}:{self.started}:{self.server}"

    @property
    def is_alive(self) -> bool:
        """Whether the process that wrote the mark still runs."""
        return start_mark(self.pid) == self.started


def new_owner(state_dir: Path) -> Owner:
    """A mark for one server, owned by this process."""
    return Owner(scope_of(state_dir), os.getpid(), start_mark(os.getpid()) or "", secrets.token_hex(8))


def parse_owner(text: str) -> Owner | None:
    """The mark in a variable's value; None when it is not one of ours."""
    parts = text.split(":")
    if len(parts) != 4 or not parts[1].isdecimal():
        return None
    return Owner(parts[0], int(parts[1]), parts[2], parts[3])


def scope_of(state_dir: Path) -> str:
    """Tells apart data directories, and the same path in two containers that share a machine."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return hashlib.sha256(f"{state_dir.resolve()}\0{namespace}".encode()).hexdigest()[:16]


def start_mark(pid: int) -> str | None:
    """When a process started, in a form that no change of the clock alters; None when there is no such process."""
    if sys.platform == "linux":
        try:
            text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        fields = text.rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else fields[19]
    try:
        return f"{psutil.Process(pid).create_time():.0f}"
    except psutil.Error:
        return None


def descendants(pid: int) -> list[psutil.Process]:
    """What a process has below it now; take it before the process ends, afterwards nobody knows."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def end_marked(owner: Owner, *, besides: Iterable[psutil.Process] = (), seconds: float) -> list[int]:
    """Ends every process that carries this mark, and those given: TERM, a moment, KILL, until there are none.

    Returns:
        The process ids still there when the time was up.
    """
    return _end(lambda mark: mark == owner, besides, seconds)


def end_left_overs(state_dir: Path, *, seconds: float = 3.0) -> list[int]:
    """Ends what owners of the same data directory left behind that are dead themselves; as `end_marked`."""
    scope = scope_of(state_dir)
    return _end(lambda mark: mark.scope == scope and not mark.is_alive, (), seconds)


def marked(wanted: Callable[[Owner], bool]) -> list[psutil.Process]:
    """The processes with a mark that is wanted; never this process or what it runs in."""
    spared = _ourselves()
    found = []
    for process in psutil.process_iter():
        if process.pid in spared:
            continue
        try:
            mark = parse_owner(process.environ().get(OWNER_VARIABLE, ""))
        except (psutil.Error, OSError):  # gone meanwhile, a zombie, or somebody else's
            continue
        if mark is not None and wanted(mark):
            found.append(process)
    return found


def _end(wanted: Callable[[Owner], bool], besides: Iterable[psutil.Process], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    spared = _ourselves()
    given = {process for process in besides if process.pid not in spared}
    is_first = True
    while True:
        for process in list(given):
            given.update(descendants(process.pid))
        alive = {process for process in {*given, *marked(wanted)} if _is_alive(process)}
        if not alive:
            return []
        if time.monotonic() > deadline:
            return sorted(process.pid for process in alive)
        for process in alive:
            with contextlib.suppress(psutil.Error):  # gone meanwhile, or not ours to end
                process.terminate() if is_first else process.kill()
        wait_until = time.monotonic() + (_GRACE_SECONDS if is_first else _POLL_SECONDS)
        is_first = False
        while time.monotonic() < wait_until and any(_is_alive(process) for process in alive):
            time.sleep(_POLL_SECONDS)


def _is_alive(process: psutil.Process) -> bool:
    # Not psutil's own waiting: for a child of ours that would take the exit code away from whoever waits for it.
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def _ourselves() -> set[int]:
    try:
        return {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    except psutil.Error:
        return {os.getpid()}
