"""The client: one opencode server, its routes by noun, and its event stream.

Start here. `OpencodeClient` holds the connections; `at()` gives the same server seen from another project directory.
Everything that is particular to the first generation of opencode's API stays inside this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sprintagen.opencode.ids import PtyID, pty_id
from sprintagen.opencode.pty_socket import PtySocket
from sprintagen.opencode.resources.agents import Agents
from sprintagen.opencode.resources.auth import Auth
from sprintagen.opencode.resources.commands import Commands
from sprintagen.opencode.resources.config import Configuration
from sprintagen.opencode.resources.extensions import Extensions
from sprintagen.opencode.resources.files import Files
from sprintagen.opencode.resources.health import Health
from sprintagen.opencode.resources.instances import Instances
from sprintagen.opencode.resources.mcp import Mcp
from sprintagen.opencode.resources.messages import Messages
from sprintagen.opencode.resources.permissions import Permissions
from sprintagen.opencode.resources.projects import Projects
from sprintagen.opencode.resources.providers import Providers
from sprintagen.opencode.resources.pty import Pty
from sprintagen.opencode.resources.questions import Questions
from sprintagen.opencode.resources.sessions import Sessions
from sprintagen.opencode.resources.vcs import Vcs
from sprintagen.opencode.stream import OPENING, SETTLING, SILENCE, Backoff, EventStream
from sprintagen.opencode.transport import Query, Transport, quoted_directory

if TYPE_CHECKING:
    import httpx
    from pydantic import SecretStr

    from sprintagen.opencode.observer import Observer


class OpencodeClient:
    """An opencode server, version 1.18, seen from one project directory.

    Nothing is sent before the first call, and nothing is cached. Every call raises an `OpencodeError` of some kind or
    returns what the server said. Whoever makes the client closes it, by `async with` or `aclose`.

    Args:
        base_url: `http://host:port`. No user name or password in it.
        username: For the server's Basic authentication.
        password: None: the server has none.
        directory: The project directory as the server sees it; None: the one it was started in.
        timeout: Seconds of silence after which a call fails.
        transport: What carries the requests instead of the network, for tests; closed with the client.
        observer: Is told of every request; None: nobody is.

    Raises:
        ValueError: base_url is none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        username: str = "opencode",
        password: SecretStr | None = None,
        directory: str | None = None,
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._transport = Transport(
            base_url, username=username, password=password, timeout=timeout, transport=transport, observer=observer
        )
        self._is_owner = True
        self._look_from(directory)

    def _look_from(self, directory: str | None) -> None:
        self.directory = directory
        self.sessions = Sessions(self._transport, directory)
        self.messages = Messages(self._transport, directory)
        self.permissions = Permissions(self._transport, directory)
        self.questions = Questions(self._transport, directory)
        self.providers = Providers(self._transport, directory)
        self.agents = Agents(self._transport, directory)
        self.commands = Commands(self._transport, directory)
        self.config = Configuration(self._transport, directory)
        self.projects = Projects(self._transport, directory)
        self.files = Files(self._transport, directory)
        self.vcs = Vcs(self._transport, directory)
        self.pty = Pty(self._transport, directory)
        self.auth = Auth(self._transport, directory)
        self.mcp = Mcp(self._transport, directory)
        self.extensions = Extensions(self._transport, directory)
        self.health = Health(self._transport, directory)
        self.instances = Instances(self._transport, directory)

    def at(self, directory: str | None) -> OpencodeClient:
        """The same server seen from this directory, over the same connections. Closing it closes nothing."""
        client = object.__new__(OpencodeClient)
        client._transport = self._transport
        client._is_owner = False
        client._look_from(directory)
        return client

    def events(
        self,
        *,
        silence: float = SILENCE,
        opening: float = OPENING,
        settling: float = SETTLING,
        backoff: Backoff | None = None,
    ) -> EventStream:
        """The events of every directory. Nothing is sent before it is iterated; its reader closes it."""
        return EventStream(
            lambda: self._transport.stream(("global", "event")),
            silence=silence,
            opening=opening,
            settling=settling,
            backoff=backoff,
        )

    async def attach(self, id: PtyID, *, cursor: int = 0) -> PtySocket:
        """An open connection to a terminal of the client's directory.

        Args:
            id: Which.
            cursor: What was printed from there on comes first, as far as it is kept; `LIVE`: nothing of it.

        Raises:
            NotFound: It has ended, or is another directory's.
        """
        ticket = await self.pty.ticket(id)
        directory = quoted_directory(self.directory) if self.directory is not None else None
        query: Query = {"directory": directory, "cursor": cursor, "ticket": ticket}
        return PtySocket(await self._transport.socket(("pty", pty_id(id), "connect"), query=query))

    async def aclose(self) -> None:
        """Close the connections. Event streams see this as the server going away: close them first."""
        if self._is_owner:
            await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"OpencodeClient({self._transport!r}, directory={self.directory!r})"
