"""`OpencodeServer`: the server all services talk to, also before its address is known.

A server of our own gets its port when it starts, and the page is served meanwhile: until then every request fails the
way it does when a server is away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.errors import ServerUnreachable

if TYPE_CHECKING:
    from sprintagen.opencode.client import OpencodeClient


class OpencodeServer:
    """One server.

    Args:
        name: What session records call it; the same over restarts, whatever its port.
        client: In the project's directory; None: set later.
    """

    def __init__(self, name: str, client: OpencodeClient | None = None) -> None:
        self.name = name
        self._client = client

    @property
    def client(self) -> OpencodeClient:
        """In the project's directory.

        Raises:
            ServerUnreachable: Its address is not known yet.
        """
        if self._client is None:
            raise ServerUnreachable("opencode is not running yet.", hint="It is being started; try again in a moment.")
        return self._client

    @property
    def is_known(self) -> bool:
        return self._client is not None

    def at(self, directory: str | None) -> OpencodeClient:
        """In another directory; None: the project's."""
        return self.client if directory is None else self.client.at(directory)

    def use(self, client: OpencodeClient) -> None:
        self._client = client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
