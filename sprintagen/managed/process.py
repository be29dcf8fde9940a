"""The life of our own opencode server: start, readiness, crashes and restarts, stop.

`ManagedOpencode` is the whole of it. It keeps address and password over restarts, so that whoever talks to the server
only sees it go away and come back. Nothing here reads events or sends prompts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from sprintagen.errors import ManagedError
from sprintagen.managed.child import Child
from sprintagen.managed.environment import child_environment
from sprintagen.managed.owner import OWNER_VARIABLE, Owner, descendants, end_left_overs, end_marked, new_owner
from sprintagen.managed.ports import HOST, choose_port, is_free
from sprintagen.managed.readiness import until_ready
from sprintagen.managed.server_log import ServerLog
from sprintagen.managed.status import Crashes, Endpoint, Limits, ManagedState, ManagedStatus, StatusCallback

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import psutil

__all__ = ["Endpoint", "Limits", "ManagedOpencode", "ManagedState", "ManagedStatus", "StatusCallback"]

logger = logging.getLogger(__name__)

_READ_SECONDS = 0.25
_PORT_TRIES = 5


class _StartFailed(ManagedError):
    """This start did not work; another may."""


class ManagedOpencode:
    """An opencode server that is ours: `start()` it, `stop()` it, and read `status` in between.

    A crash is noticed at once; the server comes back by itself, with the same address and password, until it has
    crashed too often. Every tool command it started ends with it.

    Args:
        binary: The opencode program.
        directory: The project; the server's working directory, and the one whose configuration must be readable.
        log_file: What the server says is appended here. Its folder also tells our left-overs from others'.
        environment: Variables for the server besides those of ours that it may see (`environment.py`).
        config: opencode configuration that wins over every file.
        home: Folder for everything opencode keeps; None is the person's own, shared with their other clients.
        ripgrep_dir: Folder with `rg`, put first on its PATH.
        version: What is known about the program, until the server says it itself.
        on_status: Called with every new status, in the event loop; more can be appended to `on_status` later.
        limits: How long things may take.
    """

    def __init__(
        self,
        binary: Path,
        directory: Path,
        log_file: Path,
        *,
        environment: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
        home: Path | None = None,
        ripgrep_dir: Path | None = None,
        version: str | None = None,
        on_status: Iterable[StatusCallback] = (),
        limits: Limits | None = None,
    ) -> None:
        self.binary = binary
        self.directory = directory
        self.on_status: list[StatusCallback] = list(on_status)
        self._environment = environment
        self._config = config
        self._home = home
        self._ripgrep_dir = ripgrep_dir
        self._limits = limits or Limits()
        self._username = "opencode"
        self._password = SecretStr(secrets.token_urlsafe(32))
        self._port: int | None = None
        self._log = ServerLog(log_file, secrets=[self._password])
        self._status = ManagedStatus("stopped", datetime.now(UTC), version=version)
        self._owner: Owner | None = None
        self._child: Child | None = None
        self._ready: asyncio.Future[Endpoint] | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def status(self) -> ManagedStatus:
        """How it is doing now, with the last lines of its log."""
        return self._status if self._status.log_tail else replace(self._status, log_tail=self._log.tail)

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens, or will again after a restart.

        Raises:
            ManagedError: It was never started.
        """
        if self._port is None:
            raise ManagedError("opencode has not been started.")
        return Endpoint(f"http://{HOST}:{self._port}", self._username, self._password)

    async def start(self) -> Endpoint:
        """Starts the server and returns once it answers for the directory; from then on it is watched and restarted.

        Can be called again after a stop and after it was given up. Cancelling leaves nothing running.

        Raises:
            ManagedError: It did not become ready. It is not tried again by itself: the first start fails for reasons
                that stay.
        """
        if self._supervisor is not None:
            if self._status.state == "gave_up":  # said a moment before it has tidied up
                await asyncio.wait([self._supervisor])
            if self._status.state != "gave_up":
                raise ManagedError("opencode is already being looked after.")
        self._set("starting")
        self._ready = asyncio.get_running_loop().create_future()
        self._supervisor = asyncio.create_task(self._supervise(self._ready), name="managed opencode")
        try:
            return await self._ready
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends the server and every process below it, within four seconds; does nothing when there is none."""
        deadline = time.monotonic() + self._limits.stop
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.wait([supervisor])
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(ManagedError("opencode was stopped while it started."))
        await self._end_child(deadline)
        if self._status.state != "stopped":
            self._set("stopped")

    async def _supervise(self, ready: asyncio.Future[Endpoint]) -> None:
        reading: asyncio.Task[None] | None = None
        try:
            await self._first_start()
            reading = asyncio.create_task(self._read_log(), name="managed opencode log")
            if not ready.done():
                ready.set_result(self.endpoint)
            await self._keep_alive()
        except ManagedError as error:
            await self._end_child()
            self._set("gave_up", error.message, error.hint)
            if ready.done():
                logger.warning("%s %s", error.message, error.hint)
            else:
                ready.set_exception(error)
        except Exception as error:  # a bug here must not leave whoever waits for the start, or the page, in the dark
            logger.exception("looking after opencode failed")
            self._set("gave_up", f"Looking after opencode failed ({type(error).__name__}).", "Start sprintagen again.")
            await self._end_child()
            if not ready.done():
                ready.set_exception(error)
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.wait([reading])

    async def _first_start(self) -> None:
        _check_can_run(self.binary, self.directory)
        left = await asyncio.to_thread(end_left_overs, self._log.path.parent)
        if left:
            logger.warning("processes of an earlier run do not end: %s", left)
        for _ in range(_PORT_TRIES):
            if self._port is None or not is_free(self._port):
                self._port = choose_port()
            try:
                await self._launch(self._port)
                return
            except _StartFailed:
                if is_free(self._port):
                    raise
                logger.info("port %d was taken meanwhile, taking another", self._port)
                await self._end_child()
        raise ManagedError("No port for opencode: each one chosen was taken before opencode had it.")

    async def _keep_alive(self) -> None:
        """Waits for crashes and starts anew; returns never, raises `ManagedError` when it gives up."""
        crashes = Crashes(self._limits)
        while True:
            assert self._child is not None
            trouble = _StartFailed(_ended(await self._child.wait()), hint=_ended_hint(self._log.path))
            while True:
                crashes.add()
                self._log.read()
                if crashes.are_too_many:
                    raise ManagedError(
                        f"opencode was given up after {len(crashes.times)} crashes. {trouble.message}",
                        hint=trouble.hint,
                    )
                self._set("restarting", trouble.message, trouble.hint)
                tail = "\n".join(self._log.tail[-5:])
                logger.warning("%s Restarting in %.1f s. Last lines:\n%s", trouble.message, crashes.pause, tail)
                await self._end_child()
                await asyncio.sleep(crashes.pause)
                assert self._port is not None
                try:
                    await self._launch(self._port)
                    break
                except _StartFailed as error:
                    trouble = error
                    if not is_free(self._port) and self._child is None:
                        trouble = _StartFailed(f"Port {self._port}, which opencode had, is taken by another program.")

    async def _launch(self, port: int) -> None:
        """One child from its start to its readiness; on failure there is none."""
        self._owner = new_owner(self._log.path.parent)
        environment = child_environment(
            os.environ,
            username=self._username,
            password=self._password,
            owner=(OWNER_VARIABLE, self._owner.text),
            extra=self._environment,
            config=self._config,
            home=self._home,
            ripgrep_dir=self._ripgrep_dir,
        )
        arguments = [str(self.binary), "serve", "--hostname", HOST, "--port", str(port)]
        arguments += ["--print-logs", "--log-level", "INFO"]
        try:
            self._log.begin()
            self._child = await Child.start(arguments, cwd=self.directory, env=environment, output=self._log.path)
        except OSError as error:
            raise ManagedError(
                f"opencode cannot be started: {error.strerror or error}.",
                hint=f"Check that {self.binary} can be run, and that {self._log.path} can be written.",
            ) from error
        version = await self._wait_ready(self._child)
        restarts = self._status.restarts + (self._status.state == "restarting")
        logger.info("opencode %s is ready on port %d (pid %d)", version, port, self._child.pid)
        self._set("running", pid=self._child.pid, restarts=restarts, version=version)

    async def _wait_ready(self, child: Child) -> str:
        """Returns the server's version once it listens, is healthy and can read the directory's configuration."""
        answering = asyncio.create_task(
            until_ready(self.endpoint, self.directory, self._log), name="opencode readiness"
        )
        exiting = asyncio.create_task(child.wait(), name="opencode exit")
        try:
            await asyncio.wait({answering, exiting}, timeout=self._limits.ready, return_when=asyncio.FIRST_COMPLETED)
            self._log.read()
            if answering.done():
                return answering.result()
            if exiting.done():
                message = _ended(exiting.result()).replace("opencode ended", "opencode ended before it was ready")
                raise _StartFailed(message, hint=_ended_hint(self._log.path))
            raise _StartFailed(
                f"opencode was not ready within {self._limits.ready:.0f} s.",
                hint=f"The machine may be too busy. What opencode says is in {self._log.path}.",
            )
        except BaseException:
            if not exiting.done() or not answering.done():
                exiting.cancel()
                answering.cancel()
                await asyncio.wait({answering, exiting})
            await self._end_child()
            raise
        finally:
            exiting.cancel()

    async def _end_child(self, deadline: float | None = None) -> None:
        """Ends the child, if it still runs, and everything that carries its mark."""
        deadline = deadline or time.monotonic() + self._limits.stop
        child, owner = self._child, self._owner
        below: list[psutil.Process] = []
        if child is not None and not child.has_exited:
            below = await asyncio.to_thread(descendants, child.pid)
            child.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.terminate):
                    await child.wait()
            child.kill()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.1, deadline - time.monotonic())):
                    await child.wait()
        if owner is not None:
            seconds = max(0.5, deadline - time.monotonic() - 0.2)
            left = await asyncio.to_thread(end_marked, owner, besides=below, seconds=seconds)
            if left:
                logger.warning("processes that opencode started do not end: %s", left)
        # Only now: when this is cancelled half way, the stop that cancelled it does all of it again.
        self._child = self._owner = None

    async def _read_log(self) -> None:
        while True:
            await asyncio.sleep(_READ_SECONDS)
            self._log.read()

    def _set(
        self,
        state: ManagedState,
        reason: str = "",
        hint: str = "",
        *,
        pid: int | None = None,
        restarts: int | None = None,
        version: str | None = None,
    ) -> None:
        self._status = ManagedStatus(
            state,
            datetime.now(UTC),
            reason,
            hint,
            log_tail=self._log.tail if state in ("restarting", "gave_up") else (),
            pid=pid,
            restarts=(0 if state == "starting" else self._status.restarts) if restarts is None else restarts,
            version=version or self._status.version,
        )
        for callback in list(self.on_status):
            try:
                callback(self._status)
            except Exception:  # whoever listens must not be able to stop us from looking after the server
                logger.exception("a listener to opencode's status failed")


def _check_can_run(binary: Path, directory: Path) -> None:
    if sys.platform == "win32":
        raise ManagedError(
            "sprintagen cannot look after an opencode of its own on Windows.",
            hint="Run it in WSL, or start opencode yourself and set OPENCODE_SERVER_URL.",
        )
    if not os.access(binary, os.X_OK):
        raise ManagedError(f"{binary} is not a program that can be run.")
    if not directory.is_dir():
        raise ManagedError(f"{directory} is not a directory.", hint="Name the project directory to work in.")


def _ended(code: int) -> str:
    if code >= 0:
        return f"opencode ended by itself with exit code {code}."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"opencode ended: {name}."


def _ended_hint(log_file: Path) -> str:
    return f"What it said last is in {log_file}."
