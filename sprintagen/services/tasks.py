"""Background tasks of the services: named, kept until they end, and loud when they fail.

NiceGUI's own `background_tasks` wait for its application to be running; services start before it and stop after it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from sprintagen.errors import SprintagenError
from sprintagen.opencode.errors import OpencodeError

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

_log = logging.getLogger(__name__)
_running: set[asyncio.Task[Any]] = set()


def create(coroutine: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """A task nobody has to hold on to; an exception that nobody awaits is logged, since it is a mistake of ours."""
    task = asyncio.get_running_loop().create_task(coroutine, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


async def end(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel the tasks and wait until they have ended."""
    live = [task for task in tasks if task is not None and not task.done()]
    for task in live:
        task.cancel()
    await asyncio.gather(*live, return_exceptions=True)


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        if isinstance(error, SprintagenError | OpencodeError):  # trouble that whoever waits for the task reports
            _log.warning("The task %s failed: %s", task.get_name(), error.message)
        else:
            _log.error("The task %s failed", task.get_name(), exc_info=error)
