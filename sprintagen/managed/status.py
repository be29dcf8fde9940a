"""What there is to know about our own opencode: where it is, how it is doing, how long things may take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import SecretStr

ManagedState = Literal["stopped", "starting", "running", "restarting", "gave_up"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server is and how to be let in."""

    url: str
    username: str
    password: SecretStr


@dataclass(frozen=True, slots=True)
class ManagedStatus:
    """How the child is doing, for people: `reason` says what happened, `hint` what to do about it."""

    state: ManagedState
    since: datetime
    reason: str = ""
    hint: str = ""
    log_tail: tuple[str, ...] = ()
    pid: int | None = None
    restarts: int = 0
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    ready: float = 60.0
    """From the start of the child to its readiness."""
    backoff: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    """Pause before the first, second, … restart in a row; the last one holds on."""
    crashes: int = 5
    """So many within `crash_window` and it is given up."""
    crash_window: float = 120.0
    terminate: float = 1.5
    """What SIGTERM may take before SIGKILL: opencode does not hear it while it installs something."""
    stop: float = 4.0
    """All of a stop."""


StatusCallback = Callable[[ManagedStatus], None]


@dataclass(slots=True)
class Crashes:
    """When the server crashed lately, and what follows from it."""

    limits: Limits
    times: deque[float] = field(default_factory=deque)

    def add(self) -> None:
        """One more, now."""
        now = time.monotonic()
        self.times.append(now)
        while self.times[0] < now - self.limits.crash_window:
            self.times.popleft()

    @property
    def are_too_many(self) -> bool:
        """Whether another restart makes no sense."""
        return len(self.times) >= self.limits.crashes

    @property
    def pause(self) -> float:
        """Seconds to wait before the next restart."""
        return self.limits.backoff[min(len(self.times), len(self.limits.backoff)) - 1]
