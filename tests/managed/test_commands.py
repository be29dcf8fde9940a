from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from sprintagen.managed import commands
from tests.managed.conftest import eventually, runs

if TYPE_CHECKING:
    from pathlib import Path

PARENT_AND_CHILD = "sleep 1000 & echo $! > pid; wait"


async def test_both_outputs_and_the_exit_code_are_returned() -> None:
    said: list[str] = []
    finished = await commands.run(["sh", "-c", "echo one; echo two >&2; exit 3"], timeout=20, on_line=said.append)

    assert (finished.code, finished.output) == (3, "one\ntwo")
    assert said == ["one", "two"]


async def test_at_the_deadline_the_program_and_what_it_started_are_killed(tmp_path: Path) -> None:
    finished = await commands.run(["sh", "-c", PARENT_AND_CHILD], timeout=1, cwd=tmp_path)

    assert finished.code is None
    await eventually(lambda: not runs(int((tmp_path / "pid").read_text())))


async def test_cancelling_kills_the_program_and_what_it_started(tmp_path: Path) -> None:
    running = asyncio.create_task(commands.run(["sh", "-c", PARENT_AND_CHILD], timeout=60, cwd=tmp_path))
    await eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await eventually(lambda: not runs(int((tmp_path / "pid").read_text())))


async def test_cancelling_while_the_program_is_being_started_kills_what_it_started_as_well(tmp_path: Path) -> None:
    running = asyncio.create_task(commands.run(["sh", "-c", PARENT_AND_CHILD], timeout=60, cwd=tmp_path))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        time.sleep(0.01)  # noqa: ASYNC251 - the loop must not get on with starting it

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await eventually(lambda: not runs(int((tmp_path / "pid").read_text())))


def test_the_last_lines_are_short_and_not_empty() -> None:
    finished = commands.Finished(1, "a\nb\n\n  \n" + "c" * 1000 + "\n")

    assert finished.last_lines(2) == "b\n" + "c" * 300
