"""Reading afresh what events may have been missed about: sessions, what they do, what they ask, open views.

Pure requests and merges. The caller keeps the events of the meantime back and applies them afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sprintagen.opencode import errors
from sprintagen.services.changes import Reloaded
from sprintagen.services.session_view import IDLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import PermissionRequest, QuestionRequest, Session, SessionStatus
    from sprintagen.services.history import History
    from sprintagen.services.loading import Loader
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore

T = TypeVar("T")

RECENT = timedelta(hours=1)
RECENT_DIRECTORIES = 20
RECENT_SESSIONS = 50
AT_ONCE = 4
AT_A_TIME = 200
"""So many sessions are taken over before others have their turn: ten thousand take more than a tenth of a second."""

_log = logging.getLogger(__name__)


class _Directory(NamedTuple):
    statuses: dict[SessionID, SessionStatus]
    permissions: list[PermissionRequest]
    questions: list[QuestionRequest]


class Resync:
    """One server's.

    Args:
        server: Whose.
        store: What is brought up to date.
        loader: Reads the views.
        recorded: Sessions that should exist though the server may not list them.
        histories: Older messages somebody reads.
    """

    def __init__(
        self,
        server: OpencodeServer,
        store: SessionStore,
        loader: Loader,
        recorded: Callable[[], set[SessionID]] = set,
        histories: Callable[[], list[History]] = list,
    ) -> None:
        self._server = server
        self._store = store
        self._loader = loader
        self._recorded = recorded
        self._histories = histories
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def run(self, *, after_gap: bool) -> None:
        """Bring the store up to date.

        Args:
            after_gap: Events were missed: text in flight has a hole.

        Raises:
            OpencodeError: The server cannot be asked.
        """
        own = (await self._server.client.health.paths()).directory
        await self._read_sessions()
        await self._read_directories(own)
        if after_gap:
            self._store.mark_gap()
        await self._read_views()

    async def poll(self) -> None:
        """The same for what somebody looks at or what works, cheap enough for every other second; text in flight and
        what was deleted in older pages stay for `run`.

        Raises:
            OpencodeError: The server cannot be asked.
        """
        own = (await self._server.client.health.paths()).directory
        for session in await self._server.client.sessions.list(limit=RECENT_SESSIONS):
            self._store.put_session(session)
        await self._read_directories(own)
        self._store.mark_gap()
        await self._read_views(older=False)

    async def differs(self, whole: bool) -> bool:
        """Whether the server knows of a turn that we do not, or of the end of one.

        Args:
            whole: Or of a session, or of a message of a running turn; right only while no events come.

        Raises:
            OpencodeError: The server cannot be asked.
        """
        client, store = self._server.client, self._store
        for session in await client.sessions.list(limit=1) if whole else ():
            known = store.sessions.get(session.id)
            if not store.is_deleted(session.id) and (known is None or known.time.updated < session.time.updated):
                return True
        busy = set(store.busy_sessions())
        places = {store.sessions[id_].directory for id_ in busy if id_ in store.sessions}
        for directory in sorted({(await client.health.paths()).directory, *places}):
            statuses = await self._server.at(directory).sessions.statuses()
            if set(statuses) != set(store.busy_sessions(directory)):
                return True
        return whole and any([await self._has_more(id_) for id_ in busy])

    async def _has_more(self, session_id: SessionID) -> bool:
        view = self._store.views.get(session_id)
        session = self._store.sessions.get(session_id)
        if view is None or session is None:
            return False
        page = await self._server.at(session.directory).messages.list(session_id, limit=1)
        for item in page.items:
            known = view.find_message(item.info.id)
            if known is None or any(part.id not in known.parts for part in item.parts):
                return True
        return False

    async def _read_sessions(self) -> None:
        listed = {session.id: session for session in await self._list()}
        for number, session in enumerate(listed.values()):
            self._store.put_session(session)
            if number % AT_A_TIME == AT_A_TIME - 1:
                await asyncio.sleep(0)
        missing = (set(self._store.sessions) | self._recorded()) - set(listed)
        await self._each(self._look_for, missing)

    async def _list(self) -> list[Session]:
        try:
            return await self._server.client.sessions.list_all()
        except (errors.UnreadableAnswer, errors.NotFound):  # a version without that route
            return await self._server.client.sessions.list(limit=10_000)

    async def _look_for(self, session_id: SessionID) -> None:
        """A session that is not listed is gone only if the server says so itself."""
        try:
            self._store.put_session(await self._server.client.sessions.get(session_id))
        except (errors.NotFound, errors.InvalidID):
            self._store.remove(session_id)

    async def _read_directories(self, own: str) -> None:
        found: dict[str, _Directory] = {}

        async def read(directory: str) -> None:
            client = self._server.at(directory)
            try:
                statuses, permissions, questions = await asyncio.gather(
                    client.sessions.statuses(), client.permissions.list(), client.questions.list()
                )
            except (errors.InvalidRequest, errors.ServerFault) as error:  # its configuration is broken; others are not
                _log.warning("opencode does not answer for %s: %s", directory, error.message)
                return
            found[directory] = _Directory(statuses, permissions, questions)

        await self._each(read, self._directories(own))
        statuses = {id_: status for one in found.values() for id_, status in one.statuses.items()}
        permissions = [request for one in found.values() for request in one.permissions]
        questions = [request for one in found.values() for request in one.questions]
        asking = {one.session_id for one in permissions} | {one.session_id for one in questions}
        unknown = (set(statuses) | asking) - set(self._store.sessions)
        await self._each(self._look_for, unknown)
        for number, (session_id, session) in enumerate(list(self._store.sessions.items())):
            if number % AT_A_TIME == AT_A_TIME - 1:
                await asyncio.sleep(0)
            if session_id not in self._store.sessions:  # deleted meanwhile
                continue
            if session.directory not in found and session_id not in statuses:
                continue
            status = statuses.get(session_id, IDLE)
            view = self._store.view(session_id)
            self._store.set_status(session_id, status)
            changes = view.set_asks(
                (request for request in permissions if request.session_id == session_id),
                (request for request in questions if request.session_id == session_id),
                idle=status.type == "idle",
            )
            self._store.emit_all(changes)

    def _directories(self, own: str) -> set[str]:
        """Those an instance runs for, as far as we can know: asking about another would start one."""
        store = self._store
        directories = {own, *store.directories}
        directories |= {store.sessions[id_].directory for id_ in store.busy_sessions() if id_ in store.sessions}
        recent = sorted(store.sessions.values(), key=lambda session: session.time.updated, reverse=True)
        for session in recent:
            if len(directories) >= RECENT_DIRECTORIES or session.time.updated < datetime.now(UTC) - RECENT:
                break
            directories.add(session.directory)
        return directories - {""}

    async def _read_views(self, *, older: bool = True) -> None:
        self._store.shrink()
        # also those at work that nobody shows: what is said in them can be heard nowhere later
        loaded = [id_ for id_, view in self._store.views.items() if view.loaded or view.messages or view.is_active]
        await self._each(self._read_view, loaded)
        if older:
            await self._each(self._read_history, self._histories())

    async def _read_view(self, session_id: SessionID) -> None:
        try:
            await self._loader.reload(session_id)
        except errors.NotFound:
            self._store.remove(session_id)
        except errors.RequestRefused as error:
            _log.warning("The messages of %s cannot be read: %s", session_id, error.message)

    async def _read_history(self, history: History) -> None:
        """Older pages somebody reads: what was deleted from them meanwhile must not stay."""
        try:
            await history.refresh()
        except (errors.NotFound, errors.RequestRefused) as error:
            _log.warning("Older messages of %s cannot be read: %s", history.live.session_id, error.message)
        self._store.emit(Reloaded(history.live.session_id))

    async def _each(self, work: Callable[[T], Awaitable[None]], items: Iterable[T]) -> None:
        """A few at once; the first that fails ends the others."""

        async def bounded(item: T) -> None:
            async with self._at_once:
                await work(item)

        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(bounded(item))
