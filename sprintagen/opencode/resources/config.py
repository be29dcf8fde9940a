"""The server's configuration, as far as anybody here may know it: the whole of it holds keys."""

from __future__ import annotations

from sprintagen.opencode.models.catalog import Config
from sprintagen.opencode.resources.base import Resource, one


class Configuration(Resource):
    """`client.config`."""

    async def get(self) -> Config:
        """As it counts in the client's directory; what is secret in it is left out."""
        return one(Config, await self._get("config"))
