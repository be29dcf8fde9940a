"""Whether the server is there, works, and where it is."""

from __future__ import annotations

from sprintagen.opencode.models.place import Health as HealthInfo
from sprintagen.opencode.models.place import Paths
from sprintagen.opencode.resources.base import Resource, one


class Health(Resource):
    """`client.health`."""

    async def get(self, timeout: float = 1.0) -> HealthInfo:
        """The server's version, on a new connection each time.

        A connection made between the server's start and its being ready may never be answered; so does the first
        try of a pooled one.
        """
        return one(HealthInfo, (await self._call("GET", "global", "health", timeout=timeout, fresh=True)).data)

    async def check_config(self, timeout: float | None = None) -> None:
        """Returns when opencode's configuration for the client's directory is sound; starts that instance.

        The answer holds API keys and is dropped unread.

        Raises:
            InvalidRequest: A configuration file is broken; the message names it. Nothing works in this directory until
                it is corrected and the server restarted.
        """
        async with self._transport.chunks("GET", ("config",), directory=self._directory, timeout=timeout) as chunks:
            async for _ in chunks:
                pass

    async def paths(self) -> Paths:
        """Tells which project the client's directory really is."""
        return one(Paths, await self._get("path"))
