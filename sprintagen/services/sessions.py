"""`Sessions`: what a person does with sessions (list, create, rename, archive, delete, open, stop).

Lists come from memory: opencode's own description from the `SessionStore`, ours (`origin`, ticket, archive mark, seen)
from `SessionLedger`. An archive mark is ours alone, because opencode's cannot be taken back; a session archived by
another client shows as archived, too.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from sprintagen.errors import Conflict, DatabaseError, InvalidInput, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.services import tasks
from sprintagen.services.listing import ListQuery
from sprintagen.services.listings import Listings
from sprintagen.services.loading import Loader
from sprintagen.services.message_view import merged
from sprintagen.services.session_access import SessionAccess
from sprintagen.services.session_making import SessionMaking, Wanted
from sprintagen.services.session_row import SessionRow, SessionRows
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import Todo
    from sprintagen.services.pins import Pins
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_ledger import Entry, SessionLedger
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.session_view import MessageView, SessionView

__all__ = ["MessagesPage", "SessionRow", "Sessions"]

TITLE_LIMIT = 200
TICKET_LIMIT = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """Messages, oldest first."""

    messages: list[MessageView]
    older: str | None
    """Where the page before begins; None: there is none."""


class Sessions:
    """What a person does with the sessions of one server.

    Args:
        server: Of the sessions; its own directory is where new ones go unless another is named.
        store: What is live.
        ledger: What sprintagen keeps beside it.
        pins: What people keep at the top.
        loader: Reads the messages.
        directory: The project directory as the server sees it; None: the server's own.
    """

    def __init__(
        self,
        server: OpencodeServer,
        store: SessionStore,
        ledger: SessionLedger,
        pins: Pins,
        *,
        loader: Loader | None = None,
        directory: str | None = None,
    ) -> None:
        self._server = server
        self._store = store
        self._ledger = ledger
        self._directory = directory
        self._access = SessionAccess(server, store)
        self._rows = SessionRows(store, ledger, pins, home=directory)
        self.listings = Listings(store, self._rows)
        """The same in windows, shared by all who look."""
        self._loader = loader or Loader(server, store)
        self._making = SessionMaking(store, ledger)

    # -- reading ------------------------------------------------------------------------------------------------------

    def rows(
        self,
        actor: Actor,
        *,
        search: str = "",
        directory: str | None = None,
        ticket: str | None = None,
        origin: Literal["all", "created"] = "all",
        archived: bool = False,
        limit: int | None = None,
        children: bool = False,
    ) -> list[SessionRow]:
        """The sessions that fit, the last updated first; from memory, so it is cheap and never waits.

        Args:
            actor: Who looks: decides what is unread.
            search: Words that must all be in title, ticket or id.
            directory: Only sessions of exactly this directory.
            ticket: Only sessions of this ticket.
            origin: `created`: only those made through sprintagen.
            archived: Only the archived ones instead of only the others.
            limit: At most so many.
            children: Subagents' sessions, too, each below the one it works for.
        """
        query = ListQuery(search, directory, ticket, origin, archived, children)
        return list(self.listings.window(actor, query, 0, limit).rows)

    async def get(self, actor: Actor, session_id: SessionID) -> SessionRow:
        """One session; asks the server for one that is not known here yet.

        Raises:
            NotFound: There is no such session.
        """
        return self._rows.row(actor, await self._access.find(session_id))

    def directories(self) -> list[str]:
        """The directories that have sessions, and the one new sessions go to."""
        own = {self._directory} if self._directory else set()
        return sorted({*self.listings.directories(), *own})

    def at_hand(self, session_id: SessionID) -> SessionView | None:
        """What `open` would return, if it need not ask the server for it; it is still to be called."""
        return self._loader.at_hand(session_id) if session_id in self._store.sessions else None

    async def open(self, actor: Actor, session_id: SessionID) -> SessionView:
        """The session's view with at least its newest 100 messages, kept live for as long as somebody holds it.

        Raises:
            NotFound: There is no such session.
            OpencodeError: The messages could not be read.
        """
        view = await self.view(actor, session_id)
        await self.mark_seen(actor, session_id)
        return view

    async def view(self, actor: Actor, session_id: SessionID) -> SessionView:
        """The same for a program: nobody has seen the session by it."""
        await self._access.find(session_id)
        return await self._access.guarded(session_id, self._loader.open(session_id))

    async def messages(
        self, actor: Actor, session_id: SessionID, *, limit: int = 50, before: str | None = None
    ) -> MessagesPage:
        """A page of messages, text that is still streaming included, without touching anybody's view.

        Args:
            actor: Who reads.
            session_id: Of which session.
            limit: At most so many.
            before: `older` of the page after this one; None: the newest.
        """
        session = await self._access.find(session_id)
        page = await self._access.guarded(
            session_id, self._access.at(session_id).messages.list(session_id, limit=limit, before=before)
        )
        live = self._store.views.get(session_id)
        known = {**live.messages, **live.reverted} if live is not None else {}
        said = live.said if live is not None else None
        shown = live.messages if live is not None else {}
        point = session.revert.message_id if session.revert is not None else None
        messages = [
            merged(item, known.get(item.info.id), said)
            for item in page.items
            if point is None or item.info.id in shown or item.info.id < point  # ids ascend with time
        ]
        return MessagesPage(messages, page.cursor)

    async def todo(self, actor: Actor, session_id: SessionID) -> list[Todo]:
        await self._access.find(session_id)
        todos = await self._access.at(session_id).sessions.todo(session_id)
        self._store.emit_all(self._store.view(session_id).set_todos(todos))
        return todos

    # -- writing ------------------------------------------------------------------------------------------------------

    async def create(
        self,
        actor: Actor,
        *,
        title: str | None = None,
        directory: str | None = None,
        ticket: str | None = None,
        key: str | None = None,
        is_repeat: bool = False,
    ) -> SessionRow:
        """A new session, here and on the server, or on neither.

        Args:
            actor: Who makes it.
            title: Omitted: opencode finds one from the first prompt.
            directory: Must be one the server or we already work in, or lie below one.
            ticket: A key of the person's own.
            key: A key of the caller's own: the same key again means the same session, not a second one.
            is_repeat: The caller has used the key before and heard nothing: the server is asked for the session, too.

        Raises:
            InvalidInput: The title, directory or ticket cannot be used.
            OpencodeError: The server did not make it.
            DatabaseError: It could not be written down; the server's session is deleted again.
        """
        title = _clean_title(title) if title is not None else None
        ticket = _clean_ticket(ticket)
        client = self._server.client
        if directory is not None:
            client = client.at(await self.allowed_directory(directory))
        wanted = Wanted(title, directory, ticket, key, is_repeat)
        return self._rows.row(actor, await self._making.make(actor, client, wanted))

    async def update(
        self,
        actor: Actor,
        session_id: SessionID,
        *,
        title: str | None = None,
        ticket: str | None = None,
        archived: bool | None = None,
    ) -> SessionRow:
        """Change what is given, all of it or nothing; an empty ticket takes the ticket away.

        Raises:
            InvalidInput: The title or ticket cannot be used.
            Conflict: It was archived by another client, and opencode cannot take that back.
            OpencodeError: The server did not take the title.
            DatabaseError: The ticket or the archive mark could not be written down; the title stays, too.
        """
        title = _clean_title(title) if title is not None else None
        ticket, has_ticket = _clean_ticket(ticket), ticket is not None
        session = await self._access.find(session_id)
        if archived is False and session.time.archived is not None:
            raise Conflict(
                "This session was archived by another opencode client.", hint="opencode has no way to take that back."
            )
        before = self._ledger.get(session_id)
        marks = (ticket if has_ticket else before.ticket, before.archived_at)
        if archived is not None and archived != (before.archived_at is not None):
            marks = (marks[0], datetime.now(UTC) if archived else None)
        # A page that goes away in the middle must not leave half of it.
        await asyncio.shield(tasks.create(self._update(session_id, title, before, marks), name="change session"))
        return self._rows.row(actor, await self._access.find(session_id))

    async def delete(self, actor: Actor, session_id: SessionID) -> None:
        """Delete the session with its subagents' sessions; a running turn is stopped first."""
        await self._access.find(session_id)
        family = self._store.family(session_id)
        self._store.going.add(session_id)  # what waits there must not go out when the turn is stopped
        try:
            if any(self._store.view(member).is_active for member in family):
                await self.abort(actor, session_id)  # opencode would go on with the turn of a deleted session
            with suppress(opencode_errors.NotFound):  # gone is what was wanted
                await self._access.at(session_id).sessions.delete(session_id)
        except BaseException:
            if session_id not in self._rows.hidden:
                self._store.going.discard(session_id)
                self._store.changed_session(session_id)
            raise
        for member in reversed(family):
            self._store.remove(member)

    def hide(self, session_id: SessionID, *, hidden: bool) -> None:
        """Leave a session out of every list, or no longer; it goes on existing."""
        if hidden:
            self._rows.hidden.add(session_id)
            self._store.going.add(session_id)
        else:
            self._rows.hidden.discard(session_id)
            self._store.going.discard(session_id)
        self._store.changed_session(session_id)

    async def abort(self, actor: Actor, session_id: SessionID) -> None:
        """Stop the running turn, its subagents' too, and turn down what they asked. Prompts that wait stay queued."""
        await self._access.find(session_id)
        client = self._access.at(session_id)
        family = set(self._store.family(session_id))
        await self._access.guarded(session_id, client.sessions.abort(session_id))
        # opencode keeps asking for a turn that is no more
        for permission in await client.permissions.list():
            if permission.session_id in family:
                await _unless_answered(client.permissions.reply(permission.id, "reject"))
        for question in await client.questions.list():
            if question.session_id in family:
                await _unless_answered(client.questions.reject(question.id))
        for member in family:
            self._store.emit_all(self._store.view(member).drop_asks())

    async def mark_seen(self, actor: Actor, session_id: SessionID) -> None:
        """The person has seen the session as it is now; cheap when that changes nothing."""
        session = self._store.sessions.get(session_id)
        if session is None:
            return
        was_unread = self._rows.is_unread(actor, session)
        await self._ledger.mark_seen(
            actor, session_id, max(datetime.now(UTC), self._store.updated_at(session)), was_unread
        )
        if was_unread:
            self._store.changed_session(session_id)

    # -- inside -------------------------------------------------------------------------------------------------------

    async def _update(
        self, session_id: SessionID, title: str | None, before: Entry, marks: tuple[str | None, datetime | None]
    ) -> None:
        """Ours first: what the database refuses must not be half done on the server."""
        has_marks = marks != (before.ticket, before.archived_at)
        if has_marks:
            await self._ledger.mark(session_id, ticket=marks[0], archived_at=marks[1])
        if title is not None:
            try:
                updated = await self._access.guarded(
                    session_id, self._access.at(session_id).sessions.update(session_id, title=title)
                )
            except opencode_errors.OpencodeError:
                if has_marks:
                    with suppress(DatabaseError, NotFound):
                        await self._ledger.mark(session_id, ticket=before.ticket, archived_at=before.archived_at)
                raise
            self._store.put_session(updated)
        if has_marks:
            self._store.changed_session(session_id)

    async def allowed_directory(self, directory: str) -> str:
        """The directory, if it is one the server or we already work in or lies below one: opencode would take any.

        Raises:
            InvalidInput: It is another.
        """
        path = PurePosixPath(directory)
        known = set(self.directories())
        if path.is_absolute() and ".." not in path.parts:
            if str(path) in known:
                return str(path)
            for project in await self._server.client.projects.list():
                known |= {project.worktree, *project.sandboxes}
            roots = [PurePosixPath(root) for root in known if root != "/"]
            if any(path.is_relative_to(root) for root in roots):
                return str(path)
        raise InvalidInput(
            "opencode does not work in this directory.",
            hint="Choose the directory of one of its projects or sessions, or one below.",
            field="directory",
        )


async def _unless_answered(request: Awaitable[None]) -> None:
    with suppress(opencode_errors.NotFound):
        await request


def _clean_title(title: str) -> str:
    clean = one_line(title, TITLE_LIMIT + 1)
    if not clean:
        raise InvalidInput("A title needs at least one character.", field="title")
    if len(clean) > TITLE_LIMIT:
        raise InvalidInput(f"A title has at most {TITLE_LIMIT} characters.", field="title")
    return clean


def _clean_ticket(ticket: str | None) -> str | None:
    clean = one_line(ticket or "", TICKET_LIMIT + 1)
    if len(clean) > TICKET_LIMIT:
        raise InvalidInput(f"A ticket has at most {TICKET_LIMIT} characters.", field="ticket")
    return clean or None
