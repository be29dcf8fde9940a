"""When a started opencode can be used: it says that it listens, it is healthy, and it can read its configuration."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sprintagen.errors import ManagedError
from sprintagen.opencode.client import OpencodeClient
from sprintagen.opencode.errors import InvalidRequest, OpencodeError

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.managed.server_log import ServerLog
    from sprintagen.managed.status import Endpoint

logger = logging.getLogger(__name__)

_BOOT_SECONDS = 30.0  # the first request for a directory starts an instance for it


async def until_ready(endpoint: Endpoint, directory: Path, log: ServerLog) -> str:
    """Returns the server's version once it can be used for the directory; waits as long as that takes.

    Raises:
        ManagedError: It runs, but a configuration file it needs is broken: waiting will not help.
    """
    # Before it says that it listens, a request is taken and never answered: so no question before that line.
    while not log.says_listening:
        await asyncio.sleep(0.05)
        log.read()
    async with OpencodeClient(
        endpoint.url, username=endpoint.username, password=endpoint.password, directory=str(directory)
    ) as client:
        while True:
            try:
                health = await client.health.get(timeout=1.0)
                if health.healthy:
                    await client.health.check_config(timeout=_BOOT_SECONDS)
                    return health.version
            except InvalidRequest as error:
                raise ManagedError(
                    f"opencode cannot read its configuration for {directory}: {error.message}",
                    hint="Correct opencode.json in the project, or opencode's own configuration, and start again.",
                ) from error
            except OpencodeError as error:
                logger.debug("opencode is not ready yet: %s", error.message)
            await asyncio.sleep(0.1)
