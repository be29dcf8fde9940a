"""`EventFeed`: the one task that reads the server's events, folds them into the store and hands them to readers.

After each connection, and after an instance was disposed, the state is read afresh: events are kept back meanwhile
and applied afterwards. Only then does `connection` say `connected`.
"""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nicegui import Event

from sprintagen.opencode import events
from sprintagen.opencode.errors import NotFound, OpencodeError, ServerAuthError
from sprintagen.opencode.stream import Connected, Disconnected, Received
from sprintagen.services import tasks
from sprintagen.services.changes import ConnectionChanged
from sprintagen.services.connection import Connection, ConnectionState
from sprintagen.services.feed_reader import QUEUE_LIMIT, FeedItem, FeedReader
from sprintagen.services.loading import Loader
from sprintagen.services.polling import Polling, first_of
from sprintagen.services.resync import Resync
from sprintagen.services.session_store import session_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sprintagen.managed.process import ManagedStatus
    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.stream import EventStream
    from sprintagen.services.history import History
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore

__all__ = ["ConnectionState", "EventFeed", "FeedItem", "FeedReader"]

KEPT_EVENTS = 512
"""How many past events a reader who comes back can have again."""
HELD_EVENTS = 100_000
"""How many events are kept back during a resync before it begins anew."""
_PAUSES = (0.25, 0.5, 1.0)

_log = logging.getLogger(__name__)


class EventFeed:
    """One server's events.

    Args:
        server: Whose.
        store: Where they are folded into.
        loader: Reads views that turn out to be stale.
        recorded: Sessions that should exist though the server may not list them.
        histories: Older messages somebody reads.
    """

    def __init__(
        self,
        server: OpencodeServer,
        store: SessionStore,
        *,
        loader: Loader | None = None,
        recorded: Callable[[], set[SessionID]] = set,
        histories: Callable[[], list[History]] = list,
    ) -> None:
        self.disposed: Event[str | None] = Event()
        """An instance of the server ended, with its directory; None: all did. What it had loaded is out of date."""
        self.of_no_session: Event[events.Event] = Event()
        """What the server says that concerns no session."""
        self._server = server
        self._store = store
        self._loader = loader or Loader(server, store)
        self._resync = Resync(server, store, self._loader, recorded, histories)
        self._connection = Connection()
        self._polling = Polling(self._resync.poll, self._resync.differs, on_answer=self._polled, on_failure=self._away)
        self._is_mute = False
        """The stream is open and has been found to bring nothing; until the next event it counts for nothing."""
        self.events = 0
        """How many came."""
        self.reconnects = 0
        """How often the stream was opened again."""
        self._watching: asyncio.Task[None] | None = None
        self._stream: EventStream | None = None
        self._task: asyncio.Task[None] | None = None
        self._resyncing: asyncio.Task[None] | None = None
        self._held: list[tuple[str | None, events.Event]] | None = None
        self._has_gap = False
        self._was_connected = False
        self._next_id = int(time.time() * 1000) * 1000
        self._first_id = self._next_id
        self._kept: deque[FeedItem] = deque(maxlen=KEPT_EVENTS)
        self._readers: weakref.WeakSet[FeedReader] = weakref.WeakSet()
        self._asked: set[SessionID] = set()
        self._asking: set[asyncio.Task[None]] = set()

    @property
    def connection(self) -> ConnectionState:
        return self._connection.state

    @property
    def has_connected(self) -> bool:
        """Whether the stream was ever open."""
        return self._was_connected

    @property
    def readers(self) -> int:
        """How many read the raw events."""
        return sum(reader.closed_reason is None for reader in self._readers)

    def is_connected(self) -> bool:
        """Whether the server answers and what we hold is up to date: by its events, or a few seconds old by asking."""
        return self._connection.is_up()

    async def start(self) -> None:
        """Begin to read. Returns at once; a server that is away is a state, not an error."""
        self._stream = self._server.client.events()
        self._task = tasks.create(self._run(self._stream), name=f"event feed of {self._store.server}")
        self._watching = tasks.create(
            self._polling.watch(
                lambda: self.events, self._should_hear, on_mute=self._handle_mute, on_gap=self._handle_gap
            ),
            name="watch the events",
        )

    async def stop(self) -> None:
        """Stop reading, and end every reader."""
        for reader in list(self._readers):
            reader.close("sprintagen is stopping.")
        self._polling.stop()
        await tasks.end(self._watching, self._resyncing, self._task, *self._asking)
        if self._stream is not None:
            await self._stream.aclose()

    def subscribe(
        self, session_id: SessionID | None = None, *, after: int | None = None, limit: int = QUEUE_LIMIT
    ) -> FeedReader:
        """A reader of the raw events from now on.

        Args:
            session_id: Only those of this session and its subagents' sessions.
            after: The number of the last event the reader had: it gets the later ones again, as far as they are kept.
            limit: How far it may fall behind before it is closed.
        """
        earlier: list[FeedItem] = []
        missed = False
        if after is not None:
            oldest = self._kept[0].id if self._kept else self._next_id
            missed = after < oldest - 1 or after >= self._next_id
            earlier = [
                item
                for item in self._kept
                if item.id > after and item.event is not None and self._concerns(item.event, session_id)
            ]
        reader = FeedReader(session_id, earlier, missed=missed, limit=limit)
        self._readers.add(reader)
        return reader

    def handle_managed(self, status: ManagedStatus) -> None:
        """Our own server process is in another state."""
        if self._connection.managed(status):
            self._store.emit(ConnectionChanged())
        if status.state == "running" and self._stream is not None:
            self._stream.retry_now()

    # -- reading ------------------------------------------------------------------------------------------------------

    async def _run(self, stream: EventStream) -> None:
        while True:
            try:
                await self._follow(stream)
            except Exception:  # a mistake of ours must not leave everybody without events for good
                _log.exception("The events of %s could not be read", self._store.server)
            else:
                return
            self._end_resync()
            self._polling.start()
            await stream.aclose()
            await asyncio.sleep(_PAUSES[-1])
            self._stream = stream = self._server.client.events()

    async def _follow(self, stream: EventStream) -> None:
        async for item in stream:
            match item:
                case Received(directory, event):
                    self._connection.last_event_at = datetime.now(UTC)
                    self._receive(directory, event)
                case Connected():
                    self._connection.last_event_at = item.at
                    _log.info("Connected to the events of %s", self._store.server)
                    self._has_gap = self._was_connected
                    self.reconnects += self._was_connected
                    self._was_connected = True
                    self._begin_resync()
                case Disconnected():
                    self._end_resync()
                    self._polling.start()
                    if isinstance(item.reason, ServerAuthError) or not self._polling.works:
                        self._away(item.reason)

    def _receive(self, directory: str | None, event: events.Event) -> None:
        if isinstance(event, events.ServerHeartbeat):
            return
        self.events += 1
        if self._is_mute:
            self._is_mute, self._has_gap = False, True
            self._begin_resync()
        item = FeedItem(self._next_id, directory, event)
        self._next_id += 1
        self._kept.append(item)
        for reader in list(self._readers) if self._readers else ():
            if reader.closed_reason is not None:
                self._readers.discard(reader)
            elif self._concerns(event, reader.session_id):
                reader.put(item)
        if self._held is None:
            self._apply(directory, event)
        elif len(self._held) < HELD_EVENTS:
            self._held.append((directory, event))
        else:
            self._has_gap = True
            self._begin_resync()

    def _apply(self, directory: str | None, event: events.Event) -> None:
        self._store.apply(directory, event)
        if isinstance(event, events.InstanceDisposed):
            self.disposed.emit(event.directory)
            self._begin_resync()
            return
        session_id = session_of(event)
        if session_id is None:
            self.of_no_session.emit(event)
            return
        if session_id in self._asked:
            return
        view = self._store.views.get(session_id)
        if view is None:
            return
        if view.is_stale:
            self._ask(session_id, self._loader.reload)
        elif session_id not in self._store.sessions:
            self._ask(session_id, self._describe)

    def _concerns(self, event: events.Event, session_id: SessionID | None) -> bool:
        if session_id is None:
            return True
        of = session_of(event)
        if of is None:
            return False
        above = self._store.ancestors(of)
        if isinstance(event, events.SessionCreated) and event.info.parent_id is not None:  # not in the store yet
            above = [event.info.parent_id, *self._store.ancestors(event.info.parent_id)]
        return of == session_id or session_id in above

    # -- reading afresh -----------------------------------------------------------------------------------------------

    def _begin_resync(self) -> None:
        self._end_resync()
        self._held = []
        self._resyncing = tasks.create(self._run_resync(), name=f"resync of {self._store.server}")

    def _end_resync(self) -> None:
        if self._resyncing is not None and self._resyncing is not asyncio.current_task():
            self._resyncing.cancel()
        self._resyncing = None

    async def _run_resync(self) -> None:
        for attempt in range(1_000_000):
            try:
                await self._resync.run(after_gap=self._has_gap)
                break
            except* OpencodeError as group:
                error = first_of(group)
                _log.warning("The state of %s cannot be read: %s", self._store.server, error.message)
                self._away(error)
            await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
        if not self._is_mute:
            self._polling.stop()
        self._has_gap = False
        held, self._held, self._resyncing = self._held or [], None, None
        for number, (directory, event) in enumerate(held):
            self._apply(directory, event)
            if self._held is not None:  # an instance was disposed meanwhile: the rest belongs to the next resync
                self._held.extend(held[number + 1 :])
                return
        if not self._is_mute and self._connection.connected():
            self._store.emit(ConnectionChanged())

    # -- asking instead -----------------------------------------------------------------------------------------------

    def _polled(self) -> None:
        if self._connection.polling():
            self._store.emit(ConnectionChanged())

    def _should_hear(self) -> bool:
        return self._connection.state.state == "connected" and self._held is None

    def _handle_gap(self) -> None:
        _log.warning("Events of %s were lost: its state is read afresh", self._store.server)
        self._has_gap = True
        self._begin_resync()

    def _handle_mute(self) -> None:
        _log.warning("The events of %s have stopped though it goes on", self._store.server)
        self._is_mute = True
        self._polling.start(at_once=True)
        if self._stream is not None:
            self._stream.give_up()

    def _away(self, error: OpencodeError) -> None:
        if self._connection.away(error):
            _log.warning("Not connected to %s: %s", self._store.server, error.message)
            self._store.emit(ConnectionChanged())

    def _ask(self, session_id: SessionID, work: Callable[[SessionID], Coroutine[object, object, None]]) -> None:
        self._asked.add(session_id)

        async def ask() -> None:
            try:
                await work(session_id)
            except NotFound:
                self._store.remove(session_id)
            except OpencodeError as error:
                _log.warning("Session %s cannot be read: %s", session_id, error.message)
            finally:
                self._asked.discard(session_id)

        task = tasks.create(ask(), name=f"read {session_id}")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _describe(self, session_id: SessionID) -> None:
        self._store.put_session(await self._server.client.sessions.get(session_id))
