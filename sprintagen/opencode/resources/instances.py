"""The server's instances, one per directory, made at first use."""

from __future__ import annotations

from sprintagen.opencode.resources.base import Resource


class Instances(Resource):
    """`client.instances`."""

    async def dispose(self) -> None:
        """End the client's directory's instance, so that the next request sees new keys, configuration and commands.

        Its running turns are aborted and its pending requests vanish.
        """
        await self._post("instance", "dispose")

    async def dispose_all(self) -> None:
        """The same for every directory."""
        await self._post("global", "dispose")
