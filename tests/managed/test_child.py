from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from sprintagen.managed.child import Child
from tests.managed.conftest import eventually, runs

if TYPE_CHECKING:
    from pathlib import Path


async def start(tmp_path: Path, *arguments: str) -> Child:
    return await Child.start(arguments, cwd=tmp_path, env=dict(os.environ), output=tmp_path / "output")


async def test_it_hears_nothing_and_writes_to_the_file(tmp_path: Path) -> None:
    child = await start(tmp_path, "/bin/sh", "-c", 'pwd; cat; echo "$$" >&2; exit 4')

    assert await child.wait() == 4
    assert child.has_exited
    assert (tmp_path / "output").read_text().split() == [str(tmp_path), str(child.pid)]


async def test_it_leads_its_own_session_and_a_signal_is_told_as_a_negative_code(tmp_path: Path) -> None:
    child = await start(tmp_path, "/bin/sleep", "1000")
    assert os.getsid(child.pid) == child.pid
    child.kill()

    assert await child.wait() == -signal.SIGKILL
    child.kill()
    child.terminate()


async def test_cancelling_the_wait_does_not_end_it(tmp_path: Path) -> None:
    child = await start(tmp_path, "/bin/sleep", "1000")
    waiting = asyncio.create_task(child.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert runs(child.pid)
    child.terminate()
    assert await child.wait() == -signal.SIGTERM


async def test_what_cannot_be_started_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await Child.start(["/bin/true"], cwd=tmp_path / "missing", env={}, output=tmp_path / "output")
    with pytest.raises(OSError, match="No such file"):
        await Child.start(["/bin/true"], cwd=tmp_path, env={}, output=tmp_path / "missing" / "output")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the program is started directly")
async def test_a_program_that_cannot_be_executed_says_so_in_the_output(tmp_path: Path) -> None:
    child = await start(tmp_path, str(tmp_path / "missing"))

    assert await child.wait() == 127
    assert "No such file" in (tmp_path / "output").read_text()


async def test_it_outlives_the_thread_and_the_loop_that_asked_for_it(tmp_path: Path) -> None:
    children: list[Child] = []

    def elsewhere() -> None:
        children.append(asyncio.run(start(tmp_path, "/bin/sleep", "1000")))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join)
    await asyncio.sleep(0.3)  # a child that was bound to the wrong thread needs a moment to die

    assert runs(children[0].pid)
    children[0].kill()
    await eventually(lambda: not runs(children[0].pid))
