"""Running a program to its end: output as text, a deadline, and nothing left behind when the wait is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_LINE_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended; `code` is negative for a signal, None when it ran into the deadline."""

    code: int | None
    output: str

    def last_lines(self, count: int = 5) -> str:
        """The end of what it said, for an error message."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return "\n".join(line[:300] for line in lines[-count:])


async def run(
    arguments: Sequence[str | Path],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Runs a program with no input, both outputs in one, in a session of its own.

    Its whole process group is killed at the deadline and when the caller is cancelled.

    Raises:
        OSError: It cannot be started at all.
    """
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *[str(argument) for argument in arguments],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            limit=_LINE_LIMIT,
        ),
        name="start of a program",
    )
    try:
        # Shielded: cancelled half way, asyncio ends the program but not what that has started by then.
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await _end(await starting)
        raise
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(timeout):
            while chunk := await process.stdout.readline():
                line = chunk.decode(errors="replace").rstrip("\n")
                lines.append(line)
                if on_line is not None:
                    on_line(line)
            code: int | None = await process.wait()
    except TimeoutError:
        code = None
    finally:
        if process.returncode is None:
            await _end(process)
    return Finished(code, "\n".join(lines))


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
