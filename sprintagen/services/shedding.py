"""`Shedding`: of a session that stays open only the newest stretch stays in memory, whatever is said in it.

What is older falls out of the live view page by page, each just as opencode would hand it out: for readers who are
there it becomes a page of history at that moment, and everybody else reads it again when they scroll back. The last
turn is never cut, and nothing falls out while it may still change or anything is undone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sprintagen.opencode.errors import OpencodeError
from sprintagen.opencode.models import AssistantMessage, UserMessage
from sprintagen.services import tasks
from sprintagen.services.changes import Change, MessageChanged, Reloaded, SessionRemoved, StatusChanged
from sprintagen.services.loading import PAGE
from sprintagen.services.message_view import has_visible_text

if TYPE_CHECKING:
    import asyncio

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.services.history import Histories
    from sprintagen.services.loading import Loader
    from sprintagen.services.message_view import MessageView
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.session_view import SessionView

FULL = 2 * PAGE
"""Messages of a live view from which on its oldest page falls out; a page stays, as whoever opens it afresh gets."""
LATER = 10
"""So many messages later it is tried again when it could not be done."""

_log = logging.getLogger(__name__)


class Shedding:
    """The views of one store, kept short.

    Args:
        store: Whose views.
        loader: Asks opencode where a page begins: only it can say that.
        histories: Who reads older messages.
    """

    def __init__(self, store: SessionStore, loader: Loader, histories: Histories) -> None:
        self._store = store
        self._loader = loader
        self._histories = histories
        self._later: dict[SessionID, int] = {}
        self._running: dict[SessionID, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Follow the store."""
        self._store.changed.subscribe(self._handle_change)

    async def stop(self) -> None:
        """Follow it no more."""
        self._store.changed.unsubscribe(self._handle_change)
        await tasks.end(*self._running.values())

    def _handle_change(self, change: Change) -> None:
        match change:
            case MessageChanged(session_id) | StatusChanged(session_id) | Reloaded(session_id):
                view = self._store.views.get(session_id)
                if view is not None and len(view.messages) >= self._later.get(session_id, FULL):
                    self._begin(view)
            case SessionRemoved(session_id):
                self._later.pop(session_id, None)

    def _begin(self, view: SessionView) -> None:
        session_id = view.session_id
        if session_id in self._running or first_to_stay(view) is None:
            return
        task = self._running[session_id] = tasks.create(self._shed(view), name=f"shorten {session_id}")
        task.add_done_callback(lambda _: self._running.pop(session_id, None))

    async def _shed(self, view: SessionView) -> None:
        try:
            while (first := first_to_stay(view)) is not None:
                if not await self._shed_page(view, first):
                    self._later[view.session_id] = len(view.messages) + LATER
                    return
            self._later.pop(view.session_id, None)
        except OpencodeError as error:
            self._later[view.session_id] = len(view.messages) + LATER
            _log.debug("%s stays as long as it is: %s", view.session_id, error.message)

    async def _shed_page(self, view: SessionView, first: MessageID) -> bool:
        """Let the oldest page go; False when it is not certain what opencode would hand out in its place."""
        if not view.loaded:  # what was only overheard stands in nobody's stretch
            view.shed(first, None)
            return True
        ids = list(view.messages)
        kept = ids[ids.index(first) :]
        page = await self._loader.newest(view.session_id, len(kept))
        listed = [item["info"].get("id") for item in page.items if isinstance(item.get("info"), dict)]
        now = list(view.messages)
        if (
            listed != kept
            or page.cursor is None
            or now[: len(ids)] != ids  # something was removed meanwhile, or read anew
            or first_to_stay(view) != first
            or self._store.views.get(view.session_id) is not view
        ):
            return False
        older = view.older_cursor
        fallen = view.shed(first, page.cursor)
        history = self._histories.find(view)
        if history is not None:
            history.take(page.cursor, fallen, older)
        _log.debug("%s messages of %s fell out of memory", len(fallen), view.session_id)
        return True


def first_to_stay(view: SessionView) -> MessageID | None:
    """The message a view shall begin with once its oldest page has fallen out; None: that stays for now."""
    if len(view.messages) < FULL or view.reverted:
        return None
    messages = list(view.messages.values())
    fallen, rest = messages[:PAGE], messages[PAGE:]
    if not any(isinstance(one.info, UserMessage) and has_visible_text(one) for one in rest):
        return None  # they belong to the turn that is the last one
    if view.is_active and not all(_is_settled(one) for one in fallen):
        return None
    return rest[0].info.id


def _is_settled(message: MessageView) -> bool:
    info = message.info
    if isinstance(info, AssistantMessage) and info.time.completed is None and info.error is None:
        return False
    return all(part.is_finished for part in message.parts.values())
