"""`SessionStore`: every session of one opencode server as it stands now, and what changes in it.

There is a `SessionView` for each session from the moment it is known; only those somebody looked at, and those with a
turn running, hold messages. The oldest of them are unloaded when there are too many, never one that is running or
that a page still keeps.
"""

from __future__ import annotations

import logging
import weakref
from collections import OrderedDict, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from nicegui import Event

from sprintagen.opencode import events
from sprintagen.services.changes import AsksChanged, Change, FileEdited, SessionChanged, SessionRemoved, StatusChanged
from sprintagen.services.message_view import unstored_text
from sprintagen.services.session_view import SessionState, SessionView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.opencode.ids import PartID, PermissionID, QuestionID, SessionID
    from sprintagen.opencode.models import MessageError, PermissionRequest, QuestionRequest, Session, SessionStatus

KEPT_VIEWS = 50
"""How many views keep their messages though nobody shows them."""

KEPT_ASKS = 1000
"""Of how many asks it is remembered how they ended."""

_log = logging.getLogger(__name__)


class AskEnd(NamedTuple):
    """How a permission or a question was answered."""

    answer: str
    """`once`, `always`, `reject`, `answered` or `dismissed`."""
    by: str
    """Who did it here; empty: another client of the server."""
    at: datetime


class SessionStore:
    """The live state of one server; `changed` is emitted for each difference, after it is in place.

    Args:
        server: Name of the server, as session records have it.
        kept_views: How many idle views keep their messages though nobody shows them.
    """

    def __init__(self, server: str, *, kept_views: int = KEPT_VIEWS) -> None:
        self.server = server
        self.sessions: dict[SessionID, Session] = {}
        self.views: dict[SessionID, SessionView] = {}
        self.changed: Event[Change] = Event()
        """Handlers are called at once, in order; one that is synchronous sees every change before the next event."""
        self.activity: dict[SessionID, datetime] = {}
        """When a session's last turn ended, by our clock."""
        self.directories: set[str] = set()
        """Every directory an event came from: the server has an instance for each."""
        self.going: set[SessionID] = set()
        """Sessions that are about to be deleted: nothing is sent there any more."""
        self._kept_views = kept_views
        self._recent: OrderedDict[SessionID, None] = OrderedDict()
        self._children: dict[SessionID, set[SessionID]] = {}
        self._deleted: deque[SessionID] = deque(maxlen=1000)
        self._held: dict[SessionID, list[events.Event]] = {}
        self._asks: OrderedDict[str, AskEnd | None] = OrderedDict()

    # -- reading ------------------------------------------------------------------------------------------------------

    def view(self, session_id: SessionID) -> SessionView:
        """The session's view, made if there is none yet."""
        view = self.views.get(session_id)
        if view is None:
            view = self.views[session_id] = SessionView(session_id, self.sessions.get(session_id))
        return view

    def family(self, session_id: SessionID) -> list[SessionID]:
        """The session and every subagent's session below it."""
        found, todo = [], [session_id]
        while todo:
            one = todo.pop()
            if one not in found:
                found.append(one)
                todo += sorted(self._children.get(one, ()))
        return found

    def ancestors(self, session_id: SessionID) -> list[SessionID]:
        """The sessions above a subagent's session, the nearest first."""
        found: list[SessionID] = []
        session = self.sessions.get(session_id)
        while session is not None and session.parent_id is not None and session.parent_id not in found:
            found.append(session.parent_id)
            session = self.sessions.get(session.parent_id)
        return found

    def is_deleted(self, session_id: SessionID) -> bool:
        """Whether the session was here and is gone; its late events mean nothing."""
        return session_id in self._deleted

    def asks_for(self, session_id: SessionID) -> list[PermissionRequest | QuestionRequest]:
        """What waits for an answer in the session and in its subagents' sessions, oldest first.

        Each request says in `session_id` which session it belongs to.
        """
        views = [self.views[id_] for id_ in self.family(session_id) if id_ in self.views]
        return _in_order(views)

    def all_asks(self) -> list[PermissionRequest | QuestionRequest]:
        """What waits for an answer anywhere on the server."""
        return _in_order(self.views.values())

    def find_permission(self, permission_id: PermissionID) -> PermissionRequest | None:
        return next((v.permissions[permission_id] for v in self.views.values() if permission_id in v.permissions), None)

    def find_question(self, question_id: QuestionID) -> QuestionRequest | None:
        return next((v.questions[question_id] for v in self.views.values() if question_id in v.questions), None)

    def was_asked(self, ask_id: str) -> bool:
        """Whether a permission or a question with this id has been asked lately, answered since or not."""
        return ask_id in self._asks

    def ask_end(self, ask_id: str) -> AskEnd | None:
        """How a permission or a question was answered, as far as anybody said so."""
        return self._asks.get(ask_id)

    def note_answer(self, ask_id: str, answer: str, by: str) -> None:
        """Write down who answered first; later ones change nothing."""
        if self._asks.get(ask_id) is None:
            self._asks[ask_id] = AskEnd(answer, by, datetime.now(UTC))
            while len(self._asks) > KEPT_ASKS:
                self._asks.popitem(last=False)

    def drop_ask(self, ended: events.Event) -> None:
        """Take an ask away that opencode no longer has, without knowing how it ended."""
        session_id = session_of(ended)
        if session_id is not None and session_id in self.views:
            self.emit_all(self.views[session_id].apply(ended))

    def state(self, session_id: SessionID) -> SessionState:
        """The session's state, `asking` also when one of its subagents asks."""
        view = self.views.get(session_id)
        own = view.state if view else "idle"
        return "asking" if own != "asking" and self._children.get(session_id) and self.asks_for(session_id) else own

    def updated_at(self, session: Session) -> datetime:
        """When something last happened in the session: opencode's word, or the end of a turn we saw if later."""
        return max(session.time.updated, self.activity.get(session.id, session.time.updated))

    def busy_sessions(self, directory: str | None = None) -> list[SessionID]:
        """Sessions with a turn running, of one directory or of all."""
        return [
            id_
            for id_, view in self.views.items()
            if view.is_active
            and (directory is None or (s := self.sessions.get(id_)) is None or s.directory == directory)
        ]

    # -- writing ------------------------------------------------------------------------------------------------------

    def apply(self, directory: str | None, event: events.Event) -> None:
        """Fold one event and emit what changed."""
        if directory and directory != "global":
            self.directories.add(directory)
        if isinstance(event, events.FileEdited):
            self.emit(FileEdited(event.file))
        session_id = session_of(event)
        if session_id is None or session_id in self._deleted:
            return
        if session_id in self._held:
            self._held[session_id].append(event)
            return
        match event:
            case events.SessionDeleted():
                self.remove(session_id)
                return
            case events.SessionCreated() | events.SessionUpdated():
                self.put_session(event.info)
                return
            case events.PermissionReplied():
                self.note_answer(event.request_id, event.reply, "")
            case events.QuestionReplied():
                self.note_answer(event.request_id, "answered", "")
            case events.QuestionRejected():
                self.note_answer(event.request_id, "dismissed", "")
        view = self.view(session_id)
        was_active = view.is_active
        changes = view.apply(event)
        if not isinstance(event, events.PartDelta) and view.messages:
            self._touch(session_id)
        if was_active and not view.is_active:
            self.activity[session_id] = datetime.now(UTC)
        self.emit_all(changes)

    def emit(self, change: Change) -> None:
        self.changed.emit(change)

    def emit_all(self, changes: Iterable[Change]) -> None:
        """Emit a view's changes; those of its state and asks also for the sessions above it."""
        for change in changes:
            self.changed.emit(change)
            if isinstance(change, AsksChanged):
                for ask in self.view(change.session_id).asks:
                    self._asks.setdefault(ask.id, None)
                for ancestor in self.ancestors(change.session_id):
                    self.changed.emit(AsksChanged(ancestor))
                    self.changed.emit(StatusChanged(ancestor))

    def put_session(self, session: Session) -> None:
        """Take over a session's own description."""
        if session.id in self._deleted:
            return
        is_new = session.id not in self.sessions
        self.sessions[session.id] = session
        if session.parent_id is not None:
            self._children.setdefault(session.parent_id, set()).add(session.id)
        changes = self.view(session.id).set_session(session)
        if is_new and not changes:  # its view was made with it just now, and so finds nothing different
            changes = [SessionChanged(session.id)]
        self.emit_all(changes)

    def set_status(self, session_id: SessionID, status: SessionStatus) -> None:
        """Take over a status read over REST."""
        view = self.view(session_id)
        if status != view.status:
            if view.is_active and status.type == "idle":
                self.activity[session_id] = datetime.now(UTC)
            self.emit_all(view.set_status(status))

    def remove(self, session_id: SessionID) -> None:
        """Forget a session that is gone; events that still arrive for it are ignored."""
        if session_id in self._deleted:
            return
        self._deleted.append(session_id)
        self.going.discard(session_id)
        session = self.sessions.pop(session_id, None)
        self.views.pop(session_id, None)
        self._recent.pop(session_id, None)
        self.activity.pop(session_id, None)
        self._held.pop(session_id, None)
        self._children.pop(session_id, None)
        if session is not None and session.parent_id is not None:
            self._children.get(session.parent_id, set()).discard(session_id)
        self.emit(SessionRemoved(session_id))

    def hold(self, session_id: SessionID) -> None:
        """Keep the session's events back while its messages are being read; `release` applies them."""
        self._held.setdefault(session_id, [])

    def release(self, session_id: SessionID) -> None:
        for event in self._held.pop(session_id, []):
            self.apply(None, event)

    def recall(self, session_id: SessionID, part_id: PartID, text: str) -> None:
        """Take over text that an earlier process heard; it shows where opencode has not stored the part's own."""
        self.view(session_id).said[part_id] = text

    def recall_failure(self, session_id: SessionID, error: MessageError) -> None:
        """Take over why the session's last turn failed, from an earlier process; what was heard since knows better."""
        view = self.view(session_id)
        if not view.loaded and not view.is_active:
            view.error = view.error or error

    def touch(self, session_id: SessionID) -> None:
        """Somebody looks at the session: it is the last to be unloaded."""
        self._touch(session_id)

    def changed_session(self, session_id: SessionID) -> None:
        """Tell readers that something kept beside opencode's session (ticket, archive mark) is different."""
        self.emit(SessionChanged(session_id))

    def mark_gap(self) -> None:
        """Events were missed: text in flight has a hole from here on."""
        for view in self.views.values():
            view.mark_gap()

    def shrink(self) -> None:
        """Unload every view nobody shows and no turn needs, before the rest is read again."""
        kept, self._kept_views = self._kept_views, 0
        self._unload_oldest()
        self._kept_views = kept

    # -- memory -------------------------------------------------------------------------------------------------------

    def _touch(self, session_id: SessionID) -> None:
        self._recent[session_id] = None
        self._recent.move_to_end(session_id)
        if len(self._recent) > self._kept_views:
            self._unload_oldest()

    def _unload_oldest(self) -> None:
        for session_id in list(self._recent)[: len(self._recent) - self._kept_views]:
            view = self.views.get(session_id)
            if view is None:
                del self._recent[session_id]
                continue
            if view.is_active or session_id in self._held:
                continue
            reference = weakref.ref(view)
            light = _without_messages(view)
            self.views[session_id] = light
            del view
            if (kept := reference()) is not None:  # a page shows it
                self.views[session_id] = kept
            else:
                del self._recent[session_id]
                _log.debug("Unloaded the messages of %s", session_id)


def session_of(event: events.Event) -> SessionID | None:
    """The session an event is about; None for those about the server, a directory or nothing we know."""
    session_id: SessionID | None = getattr(event, "session_id", None)
    return session_id


def _without_messages(view: SessionView) -> SessionView:
    light = SessionView(view.session_id, view.session)
    light.status, light.error, light.todos = view.status, view.error, view.todos
    light.permissions, light.questions = view.permissions, view.questions
    light.said = view.said | unstored_text([*view.messages.values(), *view.reverted.values()])
    light.idle_count, light.last_error, light.error_count = view.idle_count, view.last_error, view.error_count
    return light


def _in_order(views: Iterable[SessionView]) -> list[PermissionRequest | QuestionRequest]:
    return sorted((request for view in views for request in view.asks), key=lambda request: request.id[4:])
