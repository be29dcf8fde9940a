"""A subagent's session inside the row of the call that began it: what it does, live, and what it costs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.opencode.models import AssistantMessage, ToolPart
from sprintagen.services.changes import PartAppended, PartChanged, Reloaded
from sprintagen.ui import report
from sprintagen.ui.chats.message_view import MessageElement
from sprintagen.ui.chats.turn_facts import cost_words
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import MessageID, PartID, SessionID
    from sprintagen.services.changes import Change
    from sprintagen.services.session_view import SessionView
    from sprintagen.services.watching import Watch
    from sprintagen.ui.chats.tools.base import RenderContext
    from sprintagen.ui.page_context import PageContext

PACE = 0.2
AWAY = 1.0
"""Seconds until it is looked again whether the browser is there."""
"""Seconds between two looks at what changed."""
SHOWN = 12
"""Messages of the agent drawn at most, the newest; the session itself has all of them."""
STATES = {"idle": "Done", "working": "Working", "asking": "Needs you", "retrying": "Trying again", "failed": "Failed"}


class ChildSession(Region):
    """The session, for as long as the element is there.

    Args:
        page: The page it is on.
        session_id: Which session.
        context_of: What its parts may look at, for its view.
    """

    def __init__(
        self, page: PageContext, session_id: SessionID, context_of: Callable[[SessionView], RenderContext]
    ) -> None:
        super().__init__("child")
        self.mark("child-session")
        self.props["data-testid"] = "child-session"
        self._page = page
        self._session_id = session_id
        self._context_of = context_of
        self._view: SessionView | None = None
        self._watch: Watch | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._messages: dict[MessageID, MessageElement] = {}
        self._dirty: set[tuple[MessageID, PartID]] = set()
        with self:
            self._facts = ui.label("Reading …").classes("child__facts")
            self._list = Region("child__messages")
        page.spawn(self._open(), "open a subagent's session")

    async def _open(self) -> None:
        page = self._page
        try:
            view = await page.services.sessions.open(page.actor, self._session_id)
        except report.EXPECTED as error:
            if not self.is_deleted:
                self._facts.set_text(report.describe(error, "read the subagent's session").message)
            return
        if self.is_deleted:
            return
        self._view = view
        self._context = self._context_of(view)
        self._watch = page.services.watching.watch(self._note, lambda: None)
        self._watch.session_id = self._session_id
        self._draw()

    def _note(self, change: Change) -> None:
        if isinstance(change, PartChanged | PartAppended):
            self._dirty.add((change.message_id, change.part_id))
        elif isinstance(change, Reloaded):
            for message_id, element in self._messages.items():
                self._dirty |= {(message_id, part_id) for part_id in element.view.parts}
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PACE, self._draw)

    def _draw(self) -> None:
        self._timer = None
        view = self._view
        if view is None or self.is_deleted:
            return
        if not self.client.has_socket_connection:  # nobody sees it
            self._timer = asyncio.get_running_loop().call_later(AWAY, self._draw)
            return
        infos = [message for message in view.messages.values() if isinstance(message.info, AssistantMessage)]
        self._show_facts(view)
        dirty, self._dirty = self._dirty, set()
        wanted = {message.info.id: message for message in infos[-SHOWN:]}
        for message_id in [id_ for id_ in self._messages if id_ not in wanted]:
            self._messages.pop(message_id).element.delete()
        for message_id, message in wanted.items():
            element = self._messages.get(message_id)
            if element is None:
                with self._list:
                    self._messages[message_id] = MessageElement(message, self._context)
                continue
            element.update(message)
            for changed, part_id in dirty:
                if changed == message_id:
                    element.update_part(part_id)

    def _show_facts(self, view: SessionView) -> None:
        parts = [part.part for message in view.messages.values() for part in message.parts.values()]
        calls = sum(isinstance(part, ToolPart) for part in parts)
        more = "+" if view.older_cursor is not None else ""  # its beginning is not in memory
        words = f"{calls}{more} {'call' if calls == 1 and not more else 'calls'}" if calls else ""
        facts = [STATES.get(view.state, ""), words]
        facts.append(cost_words(view.session.cost) if view.session else "")
        self._facts.set_text(" · ".join(fact for fact in facts if fact))

    def _handle_delete(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._watch is not None:
            self._watch.close()
        super()._handle_delete()
