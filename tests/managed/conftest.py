"""Fixtures for everything about our own opencode."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from sprintagen.managed import Limits, ManagedOpencode, ManagedStatus
from tests.managed.fake_opencode import FakeOpencode, make_fake_opencode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

QUICK = Limits(ready=20, backoff=(0.05,), crashes=4, terminate=0.5)


@pytest.fixture
def fake(tmp_path: Path) -> FakeOpencode:
    """A fake opencode program."""
    return make_fake_opencode(tmp_path / "program")


@pytest.fixture
def statuses() -> list[ManagedStatus]:
    """Every status `managed` has had."""
    return []


@pytest.fixture
async def managed(fake: FakeOpencode, tmp_path: Path, statuses: list[ManagedStatus]) -> AsyncIterator[ManagedOpencode]:
    """The fake, not started yet; stopped at the end."""
    project = tmp_path / "project"
    project.mkdir()
    managed = ManagedOpencode(
        fake.binary, project, tmp_path / "data" / "opencode.log", on_status=[statuses.append], limits=QUICK
    )
    yield managed
    await managed.stop()


def runs(pid: int) -> bool:
    """Whether there is such a process, zombies not counted."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def running(pids: Iterable[int]) -> list[int]:
    return [pid for pid in pids if runs(pid)]


async def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    """Returns once the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.02)
