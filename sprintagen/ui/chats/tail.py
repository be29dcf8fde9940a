"""What stands below the last message: what is going on, what is asked, what failed, what waits to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.opencode.models import AssistantMessage, PermissionRequest, QuestionRequest, UserMessage
from sprintagen.services.message_view import has_visible_text
from sprintagen.ui.chats.failure import draw_failure
from sprintagen.ui.chats.permission_card import PermissionCard
from sprintagen.ui.chats.question_card import QuestionCard
from sprintagen.ui.chats.queue_list import QueueList
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.moment import Moment
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.ids import PermissionID, QuestionID, SessionID
    from sprintagen.opencode.models import PermissionReply
    from sprintagen.services.prompts import QueuedPrompt
    from sprintagen.services.session_view import SessionView
    from sprintagen.ui.chats.question_card import QuestionAnswer

_BEGINNING = timedelta(seconds=10)
"""So long after a message its answer may still begin."""


@dataclass(frozen=True, slots=True)
class TailActions:
    """What the tail looks up and reports. The awaitables answer whether it worked."""

    asks: Callable[[SessionID], list[PermissionRequest | QuestionRequest]]
    source: Callable[[SessionID], str]
    """The name of a subagent's session."""
    queue: Callable[[SessionID], list[QueuedPrompt]]
    is_away: Callable[[], bool]
    """Whether opencode cannot be reached, so that nobody knows how far a turn is."""
    on_permission: Callable[[PermissionID, PermissionReply, str], Awaitable[bool]]
    on_question: Callable[[QuestionID, QuestionAnswer], Awaitable[bool]]


class Tail:
    """The end of a transcript."""

    def __init__(self, view: SessionView, actions: TailActions) -> None:
        self._view = view
        self._actions = actions
        self._state: object = None
        self._cards: dict[PermissionID | QuestionID, PermissionCard | QuestionCard] = {}
        self._box = Region("tail")
        with self._box:
            self._status = Region("tail__status")
            self._asks = Region("tail__asks")
            self._queue = QueueList()

    def update(self) -> None:
        """Draw what is different."""
        asks = self._actions.asks(self._view.session_id)
        self._update_asks(asks)
        self._update_status(asks)
        self.update_queue()

    def update_queue(self) -> None:
        """The prompts on their way changed, or one of them has become a message."""
        self._queue.update(self._actions.queue(self._view.session_id), self._view)

    def _update_asks(self, asks: list[PermissionRequest | QuestionRequest]) -> None:
        wanted = {request.id for request in asks}
        for id_ in [id_ for id_ in self._cards if id_ not in wanted]:
            self._cards.pop(id_).element.delete()
        with self._asks:
            for request in asks:
                if request.id in self._cards:
                    continue
                own = request.session_id == self._view.session_id
                source = "" if own else self._actions.source(request.session_id)
                if isinstance(request, PermissionRequest):
                    self._cards[request.id] = PermissionCard(request, source, self._actions.on_permission)
                else:
                    self._cards[request.id] = QuestionCard(request, source, self._actions.on_question)

    def _update_status(self, asks: list[PermissionRequest | QuestionRequest]) -> None:
        status = self._view.status
        last = next(reversed(self._view.messages.values()), None)
        told = isinstance(last.info, AssistantMessage) and last.info.error is not None if last else False
        error = None if self._view.is_active or told else self._view.error
        is_working = self._view.is_active and not asks
        state = (
            is_working,
            status if status.type == "retry" else status.type,
            error,
            last.info.id if last and is_working else None,
            is_working and self._actions.is_away(),
            is_unanswered := error is None and not asks and self._is_unanswered(),
        )
        if state == self._state:
            return
        self._state = state
        self._status.clear()
        with self._status:
            if error is not None:
                draw_failure(error)
            elif status.type == "retry":
                self._draw_retry()
            elif is_working and self._actions.is_away():
                self._draw_away()
            elif is_working:
                self._draw_working()
            elif is_unanswered:
                self._draw_note(
                    "unanswered", "Not answered", "opencode has not begun an answer. Send a message to go on."
                )

    def _is_unanswered(self) -> bool:
        """Whether the last message is a person's to which no answer ever began and that nobody will send again."""
        last = next(reversed(self._view.messages.values()), None)
        if last is None or self._view.is_active or not isinstance(last.info, UserMessage):
            return False
        if datetime.now(UTC) - last.info.time.created < _BEGINNING or not has_visible_text(last):
            return False
        return last.info.id not in {prompt.message_id for prompt in self._actions.queue(self._view.session_id)}

    def _draw_working(self) -> None:
        infos = (view.info for view in reversed(self._view.messages.values()))
        prompt = next((info for info in infos if isinstance(info, UserMessage)), None)
        with ui.element("div").classes("working").mark("working"):
            ui.element("span").classes("working__dot")
            ui.label("Working")
            if prompt is not None:
                Moment(prompt.time.created, "since")

    def _draw_away(self) -> None:
        self._draw_note("working-away", "opencode is away", "What it has said stays here until it is back.")

    def _draw_note(self, name: str, title: str, words: str) -> None:
        with ui.element("div").classes("note message__interrupted").mark(name) as note:
            note.props["data-testid"] = name
            Icon("alert")
            ui.label(title)
            ui.label(words).classes("message__stopped")

    def _draw_retry(self) -> None:
        status = self._view.status
        with ui.element("div").classes("card card--retry").mark("retry-card"):
            with ui.element("div").classes("card__head"):
                Icon("refresh")
                ui.label("The provider is in trouble").classes("card__title")
            if status.message:
                ui.label(status.message[:1000]).classes("card__reason")
            with ui.element("div").classes("card__advice"):
                ui.label(f"Attempt {(status.attempt or 0) + 1} starts ")
                if status.next:
                    Moment(status.next, "until")
                ui.label(" by itself. Stop to give up.")
