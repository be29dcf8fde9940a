"""One child process, started and waited for by a thread of its own.

The thread is there for Linux's PDEATHSIG, which ends a child when the *thread* that forked it ends: this one lives as
long as the child, whatever event loop or thread asked for it, and dies with our process, however that dies. The child
asks for the signal itself, in a few lines of Python that then become the program: no code of ours runs between fork
and exec, which is not safe with threads around. Elsewhere than on Linux the child outlives a killed sprintagen until
the next start ends it (`owner.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
try:
    os.execv(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.stderr.write(f"{sys.argv[2]}: {error.strerror}\\n")
    os._exit(127)
"""


class Child:
    """A running program; make one with `Child.start`.

    Its input is empty, both its outputs are appended to a file, and it leads a process session of its own, so that
    Ctrl-C in our terminal is not sent to it.
    """

    def __init__(self, pid: int, exited: asyncio.Future[int]) -> None:
        self.pid = pid
        self._exited = exited
        self._process = psutil.Process(pid)

    @classmethod
    async def start(cls, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: Path) -> Child:
        """Starts the program.

        Raises:
            OSError: It cannot be started, or the output file cannot be written.
        """
        loop = asyncio.get_running_loop()
        started: asyncio.Future[int] = loop.create_future()
        exited: asyncio.Future[int] = loop.create_future()

        def tell(future: asyncio.Future[int], value: int | OSError) -> None:
            def settle() -> None:
                if future.done():
                    return
                if isinstance(value, OSError):
                    future.set_exception(value)
                else:
                    future.set_result(value)

            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle)

        def live() -> None:
            try:
                descriptor = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
                with open(descriptor, "ab") as file:
                    process = subprocess.Popen(
                        _wrapped(arguments),
                        cwd=cwd,
                        env=dict(env),
                        stdin=subprocess.DEVNULL,
                        stdout=file,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
            except OSError as error:
                tell(started, error)
                return
            tell(started, process.pid)
            tell(exited, process.wait())

        threading.Thread(target=live, name="opencode child", daemon=True).start()
        try:
            # Shielded: whoever is cancelled here could not know the child that is being started.
            pid = await asyncio.shield(started)
        except asyncio.CancelledError:
            started.add_done_callback(_kill_started)
            raise
        return cls(pid, exited)

    @property
    def has_exited(self) -> bool:
        return self._exited.done()

    async def wait(self) -> int:
        """Returns the exit code once it has ended, negative for a signal; cancelling the wait changes nothing."""
        return await asyncio.shield(self._exited)

    def terminate(self) -> None:
        """Asks it to end; nothing happens when it already has."""
        with contextlib.suppress(psutil.Error):
            self._process.terminate()

    def kill(self) -> None:
        """Ends it; nothing happens when it already has."""
        with contextlib.suppress(psutil.Error):
            self._process.kill()


def _kill_started(started: asyncio.Future[int]) -> None:
    if not started.cancelled() and started.exception() is None:
        with contextlib.suppress(psutil.Error):
            psutil.Process(started.result()).kill()


def _wrapped(arguments: Sequence[str]) -> list[str]:
    if sys.platform == "linux" and sys.executable:
        return [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *arguments]
    return list(arguments)
