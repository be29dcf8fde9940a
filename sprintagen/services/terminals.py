"""`Terminals`: the terminals of the sessions' directories, which opencode runs, and how each of them ended.

A terminal runs whatever is typed, as opencode's user, and asks nobody; so does a message that begins with `!`. It
belongs to a directory, not to a session: sessions of one directory show the same ones.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nicegui import Event

from sprintagen.errors import Conflict, InvalidInput, NotFound, Refused
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode import events
from sprintagen.services.terminal_line import Ending, Printed, TerminalLine
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    import builtins
    from collections.abc import Awaitable, Callable, Iterator

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import PtyID, SessionID
    from sprintagen.opencode.models import Pty
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_access import SessionAccess

T = TypeVar("T")

MOST = 16
"""Terminals of one directory."""
MOST_LINES = 64
"""Connections to terminals at once, of all browsers."""
TITLE = 80
HIDDEN = ("OPENCODE_SERVER_PASSWORD", "OPENCODE_SERVER_USERNAME")
"""Variables of the server's that what runs in a terminal has no use for."""
_KEPT = 200
_log = logging.getLogger(__name__)
_PATIENCE = 1.0
"""Seconds that the event with an exit code may come after the end."""


class TerminalsOff(Refused):
    code = "terminals_off"


@dataclass(frozen=True, slots=True)
class TerminalRow:
    """One terminal that runs."""

    id: PtyID
    title: str
    directory: str


class Terminals:
    """The terminals of one server.

    Args:
        server: Whose.
        access: Knows the sessions' directories.
        is_on: Whether this installation offers terminals at all.
    """

    def __init__(self, server: OpencodeServer, access: SessionAccess, *, is_on: bool) -> None:
        self.is_on = is_on
        self.changed: Event[()] = Event()
        """A terminal is new, has another title or has ended."""
        self._server = server
        self._access = access
        self._endings: OrderedDict[PtyID, Ending] = OrderedDict()
        self._titles: OrderedDict[PtyID, str] = OrderedDict()
        self._directories: OrderedDict[str | None, None] = OrderedDict()
        """Where terminals were asked for; opencode tells of one directory at a time."""
        self._lines = 0

    async def list(self, actor: Actor, session_id: SessionID | None = None) -> list[TerminalRow]:
        """Those of the session's directory that run, oldest first; without a session those of the project's.

        Raises:
            TerminalsOff: This installation offers none; likewise for the others.
            NotFound: There is no such session, or the server knows no terminals.
        """
        client = await self._client(session_id)
        return [_row(pty) for pty in await _known(client.pty.list()) if pty.status == "running"]

    async def everywhere(self, actor: Actor) -> builtins.list[TerminalRow]:
        """Those that run in any directory of which a terminal was asked for here: what a reload of the server ends.

        Raises:
            OpencodeError: The server cannot be asked.
        """
        clients = [self._server.at(directory) if directory else self._server.client for directory in self._directories]
        listed = await asyncio.gather(*(_all_of(client) for client in clients))
        running = {pty.id: _row(pty) for ptys in listed for pty in ptys if pty.status == "running"}
        return [*running.values()]

    async def create(self, actor: Actor, session_id: SessionID | None = None, *, title: str = "") -> TerminalRow:
        """A new one in the session's directory.

        Raises:
            Conflict: There are too many already.
        """
        client = await self._client(session_id)
        running = await _known(client.pty.list())
        if len(running) >= MOST:
            raise Conflict(f"There are {MOST} terminals in this directory already.", hint="Close one first.")
        title = one_line(title, TITLE) or _next_title([pty.title for pty in running])
        return _row(await _known(client.pty.create(title=title, env=dict.fromkeys(HIDDEN, ""))))

    async def rename(
        self, actor: Actor, pty_id: PtyID, title: str, *, session_id: SessionID | None = None
    ) -> TerminalRow:
        """Give it another title.

        Raises:
            InvalidInput: The title is empty.
            NotFound: It has ended.
        """
        title = one_line(title, TITLE)
        if not title:
            raise InvalidInput("A terminal's title cannot be empty.", field="title")
        client = await self._client(session_id)
        return _row(await _running(client.pty.update(pty_id, title=title)))

    async def close(self, actor: Actor, pty_id: PtyID, *, session_id: SessionID | None = None) -> None:
        """End what runs in it; one that has ended is fine."""
        client = await self._client(session_id)
        try:
            await client.pty.remove(pty_id)
        except opencode_errors.NotFound:
            return

    @contextmanager
    def opened(
        self, client: OpencodeClient, pty_id: PtyID, send: Callable[[Printed], Awaitable[None]], *, cursor: int
    ) -> Iterator[TerminalLine]:
        """A line to it, to be run and spoken through within the context.

        Args:
            client: From `client_of`.
            pty_id: Which terminal.
            send: Takes what was printed, and returns when it has been handed on.
            cursor: How much the other end has seen.

        Raises:
            Conflict: There are too many lines.
        """
        if self._lines >= MOST_LINES:
            raise Conflict("Too many terminals are being watched.", hint="Close one in another window.")
        self._lines += 1
        try:
            yield TerminalLine(client, pty_id, send, self.ending_of, cursor=cursor)
        finally:
            self._lines -= 1

    async def client_of(self, actor: Actor, session_id: SessionID | None) -> OpencodeClient:
        """The client in whose directory a session's terminals are; raises as `list`."""
        return await self._client(session_id)

    async def directory_of(self, actor: Actor, session_id: SessionID | None) -> str:
        """Where a session's terminals are; empty: where the server was started."""
        return (await self._client(session_id)).directory or ""

    async def ending_of(self, client: OpencodeClient, pty_id: PtyID) -> Ending | None:
        """How a terminal ended; None: it has not.

        Raises:
            OpencodeError: The server cannot be asked.
        """
        try:
            pty = await client.pty.get(pty_id)
        except opencode_errors.NotFound:
            return await self._told(pty_id)
        return Ending(pty.exit_code) if pty.status == "exited" else None

    def handle_event(self, event: events.Event) -> None:
        """Take in what the server says of terminals."""
        match event:
            case events.PtyExited():
                self._endings[event.id] = Ending(event.exit_code)
            case events.PtyDeleted():
                self._endings.setdefault(event.id, Ending(None))
            case events.PtyCreated() | events.PtyUpdated():
                if self._titles.get(event.info.id) == event.info.title:
                    return  # it has another size
                self._titles[event.info.id] = event.info.title
            case _:
                return
        for known in (self._endings, self._titles):
            while len(known) > _KEPT:
                known.popitem(last=False)
        self.changed.emit()

    async def _told(self, pty_id: PtyID) -> Ending:
        """The ending of one that is gone; its exit code comes as an event, which may be a little late."""
        is_told = asyncio.Event()

        def look() -> None:
            if pty_id in self._endings:
                is_told.set()

        self.changed.subscribe(look)
        try:
            look()
            async with asyncio.timeout(_PATIENCE):
                await is_told.wait()
        except TimeoutError:
            return Ending(None)
        finally:
            self.changed.unsubscribe(look)
        return self._endings[pty_id]

    async def _client(self, session_id: SessionID | None) -> OpencodeClient:
        if not self.is_on:
            raise TerminalsOff("Terminals are switched off here.", hint="SPRINTAGEN_TERMINAL=on switches them on.")
        directory = None if session_id is None else (await self._access.find(session_id)).directory
        self._directories[directory] = None
        self._directories.move_to_end(directory)
        if len(self._directories) > _KEPT:
            self._directories.popitem(last=False)
        return self._server.client if directory is None else self._server.at(directory)


async def _all_of(client: OpencodeClient) -> list[Pty]:
    """Those of a directory; none where there can be none: it is gone by now, or the server knows no terminals."""
    try:
        return await client.pty.list()
    except (opencode_errors.RequestRefused, opencode_errors.UnreadableAnswer) as error:
        _log.info("No terminals are looked for in %s: %s", client.directory or "the project", error.message)
        return []


async def _known(request: Awaitable[T]) -> T:
    try:
        return await request
    except (opencode_errors.UnreadableAnswer, opencode_errors.NotFound) as error:
        raise NotFound(
            "This opencode server has no terminals.", hint="Terminals need opencode 1.18 or newer; update the server."
        ) from error


async def _running(request: Awaitable[T]) -> T:
    try:
        return await request
    except opencode_errors.NotFound as error:
        raise NotFound("This terminal has ended.", hint="Open a new one.") from error


def _next_title(titles: list[str]) -> str:
    return next(title for number in range(1, len(titles) + 2) if (title := f"Terminal {number}") not in titles)


def _row(pty: Pty) -> TerminalRow:
    return TerminalRow(pty.id, one_line(pty.title, TITLE), pty.cwd)
