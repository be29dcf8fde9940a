"""`SessionView`: one session as it stands, folded from opencode's events and from snapshots read over REST.

Pure: no network, no clock, no screen. Every event may be applied twice except a delta, and a delta only counts while
its part is unfinished, so that a snapshot followed by the events buffered around it always ends in the same text.
Text in flight can be read nowhere but here (opencode answers `""` until a part is finished): it is kept even when
a snapshot knows less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sprintagen.opencode import events
from sprintagen.opencode.models import AssistantMessage, MessageError, SessionStatus, ToolPart
from sprintagen.services.changes import (
    AsksChanged,
    Change,
    MessageChanged,
    MessageRemoved,
    PartAppended,
    PartChanged,
    PartRemoved,
    Reloaded,
    SessionChanged,
    StatusChanged,
    TodosChanged,
)
from sprintagen.services.fallen import Fallen
from sprintagen.services.message_view import (
    MessageView,
    PartView,
    advanced,
    in_order,
    insert,
    is_regress,
    merged,
    order,
    split,
    unstored_text,
)
from sprintagen.services.tool_state import ToolDisplayState, open_tools, tool_display_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sprintagen.opencode.ids import MessageID, PartID, PermissionID, QuestionID, SessionID
    from sprintagen.opencode.models import (
        Message,
        MessagePage,
        Part,
        PermissionRequest,
        QuestionRequest,
        Session,
        Todo,
        ToolRef,
    )

__all__ = ["IDLE", "MessageView", "PartView", "SessionState", "SessionView", "ToolDisplayState"]

SessionState = Literal["idle", "working", "asking", "retrying", "failed"]

IDLE = SessionStatus(type="idle")


class SessionView:
    """One session: its messages, what it is doing, what it asks.

    Whoever shows a session keeps the view it was given; a view somebody keeps is never unloaded.
    """

    def __init__(self, session_id: SessionID, session: Session | None = None) -> None:
        self.session_id = session_id
        self.session = session
        self.messages: dict[MessageID, MessageView] = {}
        """In time order, without the reverted ones; the live end of them, which begins where `older_cursor` says."""
        self.reverted: dict[MessageID, MessageView] = {}
        """Hidden by a revert; they come back when it is undone and are removed by the next prompt."""
        self.status = IDLE
        self.permissions: dict[PermissionID, PermissionRequest] = {}
        self.questions: dict[QuestionID, QuestionRequest] = {}
        self.todos: list[Todo] = []
        self.error: MessageError | None = None
        """Why the last turn failed; an abort is no failure."""
        self.loaded = False
        """Whether the newest page of messages has been read; until then `messages` holds only what was seen live."""
        self.older_cursor: str | None = None
        """Where the next older page begins; None: `messages` reaches back to the beginning (once loaded)."""
        self.find_older: Callable[[MessageID], MessageView | None] = lambda _: None
        """Finds a message before the live end in the pages somebody reads; what changes in it changes there."""
        self.fallen = Fallen()
        self.said: dict[PartID, str] = {}
        """Text that was heard and is stored nowhere, of messages that are not in memory now."""
        self.is_stale = False
        """Text arrived for a part nobody announced: the view wants a reload."""
        self.idle_count = 0
        """How often opencode has said that this session is idle: tells two ends of a turn apart."""
        self.last_error: MessageError | None = None
        """The last `session.error`, aborts included."""
        self.error_count = 0

    def __repr__(self) -> str:
        return f"SessionView({self.session_id}, {self.state}, {len(self.messages)} messages)"

    # -- what it looks like -------------------------------------------------------------------------------------------

    @property
    def is_active(self) -> bool:
        """Whether a turn is running (busy, retrying, or a status of a newer opencode)."""
        return self.status.type != "idle"

    @property
    def asks(self) -> list[PermissionRequest | QuestionRequest]:
        """What this session itself waits for."""
        asks: list[PermissionRequest | QuestionRequest] = list(self.permissions.values())
        asks += self.questions.values()
        return asks

    @property
    def state(self) -> SessionState:
        if self.permissions or self.questions:
            return "asking"
        if self.status.type == "retry":
            return "retrying"
        if self.is_active:
            return "working"
        return "failed" if self.error else "idle"

    def tool_state(self, part_id: PartID) -> ToolDisplayState:
        """What to show for a tool call; `failed` for a part that is none or is not here."""
        return tool_display_state(self.messages, part_id, self.asks, is_active=self.is_active)

    def find_message(self, message_id: MessageID) -> MessageView | None:
        """The message, reverted or not, in the live end or in a page before it that somebody reads."""
        return self.messages.get(message_id) or self.reverted.get(message_id) or self.find_older(message_id)

    def find_part(self, message_id: MessageID, part_id: PartID) -> PartView | None:
        message = self.find_message(message_id)
        return message.parts.get(part_id) if message else None

    # -- events -------------------------------------------------------------------------------------------------------

    def apply(self, event: events.Event) -> list[Change]:
        """Fold one event of this session; returns what is different now."""
        match event:
            case events.PartDelta():
                return self._append(event)
            case events.PartUpdated():
                return self._put_part(event.part)
            case events.MessageUpdated():
                return self._put_message(event.info)
            case events.SessionStatusChanged():
                return self.set_status(event.status)
            case events.SessionIdle():
                return self.set_status(IDLE)
            case events.SessionErrored():
                return self._fail(event.error)
            case events.SessionCreated() | events.SessionUpdated():
                return self.set_session(event.info)
            case events.MessageRemoved():
                return self._remove_message(event.message_id)
            case events.PartRemoved():
                return self._remove_part(event.message_id, event.part_id)
            case events.PermissionAsked():
                self.permissions[event.request.id] = event.request
                return self._asked(event.request.tool)
            case events.PermissionReplied():
                permission = self.permissions.pop(event.request_id, None)
                return self._asked(permission.tool) if permission else []
            case events.QuestionAsked():
                self.questions[event.request.id] = event.request
                return self._asked(event.request.tool)
            case events.QuestionReplied() | events.QuestionRejected():
                question = self.questions.pop(event.request_id, None)
                return self._asked(question.tool) if question else []
            case events.TodoUpdated():
                return self.set_todos(event.todos)
            case _:
                return []

    def set_session(self, session: Session) -> list[Change]:
        if session == self.session:
            return []
        revert = _revert_point(self.session)
        self.session = session
        changes: list[Change] = [SessionChanged(self.session_id)]
        if _revert_point(session) != revert:
            self._hide_reverted()
            changes.append(Reloaded(self.session_id))
        return changes

    def set_status(self, status: SessionStatus) -> list[Change]:
        """Take over what the session is doing; idle ends the turn and with it everything the session asked."""
        before, was_active = self.state, self.is_active
        self.status = status
        changes: list[Change] = []
        if self.is_active:
            self.error = None
        else:
            self.idle_count += 1
            changes += self.drop_asks()
        if self.state != before or status.type == "retry":  # each attempt has a text and a time of its own
            changes.append(StatusChanged(self.session_id))
        if was_active != self.is_active:
            changes += self._parts_changed(open_tools(self.messages))
        return changes

    def set_todos(self, todos: list[Todo]) -> list[Change]:
        if todos == self.todos:
            return []
        self.todos = list(todos)
        return [TodosChanged(self.session_id)]

    def set_asks(
        self, permissions: Iterable[PermissionRequest], questions: Iterable[QuestionRequest], *, idle: bool
    ) -> list[Change]:
        """Replace what is asked by what the server lists; an idle session asks nothing, whatever the list says."""
        new_permissions = {} if idle else {request.id: request for request in permissions}
        new_questions = {} if idle else {request.id: request for request in questions}
        if new_permissions == self.permissions and new_questions == self.questions:
            return []
        before = self.asks
        self.permissions, self.questions = new_permissions, new_questions
        after = self.asks
        return self._asked(*[request.tool for request in before + after])

    def drop_asks(self) -> list[Change]:
        return self.set_asks((), (), idle=True)

    # -- snapshots ----------------------------------------------------------------------------------------------------

    def load(self, page: MessagePage) -> list[Change]:
        """Merge the newest page: what the server lists replaces what is here, text in flight excepted.

        Messages the page should list and does not are gone. Older pages read before stay.
        """
        listed = {item.info.id for item in page.items}
        known = self._all()
        newest = next(reversed(self.messages), None)
        older: dict[MessageID, MessageView] = {}
        if (
            self.loaded and page.cursor is not None and not listed.isdisjoint(known)
        ):  # else there is a hole between them
            start = min(order(item.info) for item in page.items)
            older = {id_: view for id_, view in known.items() if id_ not in listed and order(view.info) < start}
        fresh = {item.info.id: merged(item, known.get(item.info.id), self.said) for item in page.items}
        self.said |= unstored_text(view for id_, view in known.items() if id_ not in older and id_ not in fresh)
        for view in fresh.values():
            for part_id in self.said.keys() & view.parts.keys():
                if view.parts[part_id].is_finished:
                    del self.said[part_id]
        if not older:
            self.fallen.check(page.cursor)
            self.older_cursor = page.cursor
        self.messages, self.reverted = {**older, **fresh}, {}
        self.loaded, self.is_stale = True, False
        self._hide_reverted()
        self._take_error_of_history(newest)
        return [Reloaded(self.session_id)]

    def shed(self, first: MessageID, cursor: str | None) -> dict[MessageID, MessageView]:
        """Let the messages before one of the live end go: it begins there from now on.

        Args:
            first: The message.
            cursor: opencode's for the page before it.

        Returns:
            What fell out. Text of it that nobody else has stays here, too.
        """
        ids = list(self.messages)
        at = ids.index(first)
        fallen = {id_: self.messages[id_] for id_ in ids[:at]}
        self.messages = {id_: self.messages[id_] for id_ in ids[at:]}
        self.said |= unstored_text(fallen.values())
        self.fallen.take(fallen.values(), cursor)
        self.older_cursor = cursor
        return fallen

    def unload(self) -> None:
        """Forget the messages; status, asks, todos, error and text that nobody else has stay."""
        self.said |= unstored_text(self._all().values())
        self.messages, self.reverted, self.fallen = {}, {}, Fallen()
        self.loaded, self.is_stale, self.older_cursor = False, False, None

    def mark_gap(self) -> None:
        """Events were missed: unfinished text has a hole from here on."""
        for message in self._all().values():
            for part in message.parts.values():
                if not part.is_finished:
                    part.tear()

    # -- the fold -----------------------------------------------------------------------------------------------------

    def _append(self, event: events.PartDelta) -> list[Change]:
        message = self.find_message(event.message_id)
        part = message.parts.get(event.part_id) if message else None
        if part is None:
            self._miss(event.message_id)
            return []
        if event.field != "text" or part.is_finished:
            return []
        at, put = part.append(event.delta)
        return [PartAppended(self.session_id, event.message_id, event.part_id, at, put)]

    def _put_part(self, part: Part) -> list[Change]:
        message = self.find_message(part.message_id)
        if message is None:
            self._miss(part.message_id)
            return []
        known = message.parts.get(part.id)
        if known is None:
            insert(message.parts, part.id, PartView(part))
        elif known.part == part:
            return []
        elif not is_regress(known, part):
            message.parts[part.id] = advanced(known, part)
        return [PartChanged(self.session_id, part.message_id, part.id)]

    def _miss(self, message_id: MessageID) -> None:
        """Something was said of a message that is not here."""
        if self.loaded and not self._is_before_live(message_id):
            self.is_stale = True

    def _is_before_live(self, message_id: MessageID) -> bool:
        """Whether a message that is not here lies before the live end: ids ascend with time."""
        first = next(iter(self.messages), None) or next(iter(self.reverted), None)
        return self.loaded and self.older_cursor is not None and first is not None and message_id < first

    def _put_message(self, info: Message) -> list[Change]:
        known = self.find_message(info.id)
        if known is not None:
            if known.info == info:
                return []
            known.info = info
            return [MessageChanged(self.session_id, info.id)]
        if self._is_before_live(info.id):
            return []
        view = MessageView(info)
        were_open = open_tools(self.messages)
        last = next(reversed(self.messages.values()), None)
        self.messages[info.id] = view
        if last is not None and order(info) < order(last.info):
            self.messages = in_order(self.messages)
        if _revert_point(self.session):
            self._hide_reverted()
        dead = [one for one in were_open if one not in open_tools(self.messages)]  # a later turn has begun
        return [MessageChanged(self.session_id, info.id), *self._parts_changed(dead)]

    def _remove_message(self, message_id: MessageID) -> list[Change]:
        is_known = self.messages.pop(message_id, None) or self.reverted.pop(message_id, None)
        self.fallen.remove(message_id)
        if is_known or self.older_cursor is not None:  # or it may lie before the live end
            return [MessageRemoved(self.session_id, message_id)]
        return []

    def _remove_part(self, message_id: MessageID, part_id: PartID) -> list[Change]:
        message = self.find_message(message_id)
        if message is None or message.parts.pop(part_id, None) is None:
            return []
        return [PartRemoved(self.session_id, message_id, part_id)]

    def _fail(self, error: MessageError) -> list[Change]:
        self.last_error = error
        self.error_count += 1
        if error.is_abort:
            return []
        text = error.message
        if "\n    at " in text:  # opencode repeats some errors with its own stack trace
            if self.error is not None:
                return []
            error = error.model_copy(update={"data": {**error.data, "message": text.split("\n    at ")[0]}})
        if error == self.error:
            return []
        self.error = error
        return [StatusChanged(self.session_id)]

    def _asked(self, *tools: ToolRef | None) -> list[Change]:
        """The changes that follow from another set of asks: the asks, the state, the tool calls that wait for them."""
        changes: list[Change] = [AsksChanged(self.session_id), StatusChanged(self.session_id)]
        for tool in tools:
            message = self.find_message(tool.message_id) if tool else None
            for part_id, view in message.parts.items() if message else ():
                if tool and isinstance(view.part, ToolPart) and view.part.call_id == tool.call_id:
                    changes.append(PartChanged(self.session_id, tool.message_id, part_id))
        return changes

    def _parts_changed(self, parts: Iterable[tuple[MessageView, PartID]]) -> list[Change]:
        return [PartChanged(self.session_id, message.info.id, id_) for message, id_ in parts]

    def _hide_reverted(self) -> None:
        everything = in_order(self._all()) if self.reverted else self.messages
        point = _revert_point(self.session)
        if point is None:
            self.messages, self.reverted = everything, {}
            return
        self.messages, self.reverted = split(everything, point)

    def _take_error_of_history(self, newest: MessageID | None) -> None:
        """A session that is idle after a turn that failed says so, also when nobody saw it fail.

        Args:
            newest: The last message that was known: a failure is over when there are later ones.
        """
        if self.is_active or not self.messages:
            return
        last = next(reversed(self.messages.values())).info
        if newest is not None and last.id != newest:
            self.error = None
        if self.error is not None:
            return
        if isinstance(last, AssistantMessage) and last.error is not None and not last.error.is_abort:
            self.error = last.error

    def _all(self) -> dict[MessageID, MessageView]:
        return {**self.messages, **self.reverted}


def _revert_point(session: Session | None) -> MessageID | None:
    return session.revert.message_id if session is not None and session.revert is not None else None
