"""`Inbox`: everything that waits for the person, from all sessions, answered where it is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.opencode.models import PermissionRequest, QuestionRequest
from sprintagen.ui.addresses import address
from sprintagen.ui.chats.permission_card import PermissionCard
from sprintagen.ui.chats.question_card import QuestionCard
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import PermissionID, QuestionID, SessionID
    from sprintagen.ui.chats.tail import TailActions

Ask = PermissionRequest | QuestionRequest

_FOLLOW = "(e) => { if (e.metaKey || e.ctrlKey || e.shiftKey || e.button) return; e.preventDefault(); emit(); }"


class Inbox(ui.element, component="inbox.js", dependencies=["../kit/keys.js", "../kit/places.js"]):
    """The button and its panel. The cards exist only while the panel is open.

    Args:
        pending: Everything that waits, oldest first.
        owner: The session a person knows (not a subagent's) that an ask belongs to, and its title.
        actions: What the cards look up and do.
        on_pick: Show this session.
    """

    def __init__(
        self,
        *,
        pending: Callable[[], list[Ask]],
        owner: Callable[[SessionID], tuple[SessionID, str]],
        actions: TailActions,
        on_pick: Callable[[SessionID], Any],
    ) -> None:
        super().__init__()
        self._pending = pending
        self._owner = owner
        self._actions = actions
        self._on_pick = on_pick
        self._is_open = False
        self._cards: dict[PermissionID | QuestionID, Region] = {}
        self._props["count"] = 0
        self.mark("inbox")
        with self:
            self._list = Region("inbox__list")
            with self._list:
                self._none = ui.label("Nothing waits for you.").classes("inbox__none")
        self.on("open", self._open)

    def show(self, count: int) -> None:
        """So many sessions wait now; an open panel shows what they ask."""
        if self._props["count"] != count:
            self._props["count"] = count
        if self._is_open:
            self._draw()

    def _open(self, event: Any) -> None:
        self._is_open = event.args is True
        if self._is_open:
            self._draw()
            self.run_method("settle", True)
        else:
            for id_ in list(self._cards):
                self._cards.pop(id_).delete()

    def _draw(self) -> None:
        asks = self._pending()
        wanted = {ask.id for ask in asks}
        for id_ in [id_ for id_ in self._cards if id_ not in wanted]:
            self._cards.pop(id_).delete()
        with self._list:
            for ask in asks:
                if ask.id not in self._cards:
                    self._cards[ask.id] = self._draw_ask(ask)
        self._none.set_visibility(not asks)
        self.run_method("settle", False)

    def _draw_ask(self, ask: Ask) -> Region:
        session_id, title = self._owner(ask.session_id)
        source = "" if ask.session_id == session_id else self._actions.source(ask.session_id)
        box = Region("inbox__ask")
        with box:
            with ui.element("a").classes("inbox__session") as link:
                link.props["href"] = address(f"/admin/chats/{session_id}")
                ui.label(title)
            link.on("click", lambda: self._on_pick(session_id), js_handler=_FOLLOW)
            if isinstance(ask, PermissionRequest):
                PermissionCard(ask, source, self._actions.on_permission)
            else:
                QuestionCard(ask, source, self._actions.on_question)
        return box
