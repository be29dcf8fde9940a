"""The line above the transcript: title, where the session works, how full its context is, what it cost, its menu."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.commands.command import Now
from sprintagen.ui.chats.commands.registry import items_for
from sprintagen.ui.chats.navigation import draw_ways
from sprintagen.ui.chats.usage_meter import UsageMeter
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.popup_menu import PopupMenu
from sprintagen.ui.kit.region import Region
from sprintagen.ui.kit.title_field import TitleField

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.sessions import SessionRow
    from sprintagen.ui.chats.usage_meter import Numbers

MENU = (
    *("undo", "redo", "fork", "compact", "-", "rename", "pin", "unpin", "ticket", "move", "copy-link"),
    *("share", "copy-shared", "unshare", "-", "copy-markdown", "export-html", "export-md", "export-json"),
    *("-", "archive", "restore", "delete"),
)
"""The session's menu."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the open session stands beyond its row."""

    is_undone: bool = False
    """Messages are undone and can come back."""
    is_shared: bool = False
    can_share: bool = False
    """The server's configuration allows it."""
    origin: str = ""
    """The session a fork was made of."""
    origin_title: str = ""


class ChatHeader:
    """The header of the open session.

    Args:
        on_act: An action of the menu, by a name `SessionActions` knows.
        on_rename: A session shall have this title: the one it was typed for, though another may be open by then.
        on_parent: Show this session: the one a subagent works for, or a subagent's.
        on_message: Bring this message to the reader.
        numbers: What the open session used.
        home: The directory most sessions are of, which the page's first line names already.
    """

    def __init__(
        self,
        *,
        on_act: Callable[[str], Any],
        on_rename: Callable[[SessionID, str], Any],
        on_parent: Callable[[str], Any],
        on_message: Callable[[str], Any],
        numbers: Callable[[], Numbers | None],
        home: str | None,
    ) -> None:
        self._home = home
        self._on_act = on_act
        self._on_rename = on_rename
        self._title: TitleField | None = None
        self._on_parent = on_parent
        self._on_message = on_message
        self._numbers = numbers
        self._told: object = None
        self._offered: object = None
        with Region("chat__header", tag="header"):
            self._box = Region("chat__about")
            self.place = Region("chat__panels")
            """For what belongs to the page, not to its session."""
        self._drawn: tuple[Region, UsageMeter, PopupMenu] | None = None
        """What changes from session to session: what is told of it, how full its context is, and its menu."""

    def update(self, row: SessionRow | None, *, used: float, context: int, standing: Standing) -> None:
        """Show a session, or nothing.

        Args:
            row: The session.
            used: Tokens in its context.
            context: How many its model takes; 0: not known.
            standing: What its menu offers.
        """
        if row is None:
            if self._drawn is not None:
                self._drawn = self._told = self._offered = None
                self._box.clear()
            return
        told, use, menu = self._drawn = self._drawn or self._draw()
        known = (row.session_id, row.title, row.directory, row.ticket, row.parent_id, row.archived_at, row.origin)
        about = (*known, standing.origin, standing.origin_title)
        if about != self._told:
            self._told = about
            told.clear()
            with told:
                self._tell(row, standing)
        use.update_use(used, context, row.cost)
        offered = Now(
            is_undone=standing.is_undone,
            is_archived=row.archived_at is not None,
            is_pinned=row.is_pinned,
            is_shared=standing.is_shared,
            can_share=standing.can_share,
        )
        if offered != self._offered:
            self._offered = offered
            menu.set_items(items_for(MENU, offered))

    def _draw(self) -> tuple[Region, UsageMeter, PopupMenu]:
        with self._box:
            told = Region("chat__told")
            ui.element("span").classes("chat__space")
            use = UsageMeter(self._numbers, on_session=self._on_parent, on_message=self._on_message)
            draw_ways()
            menu = PopupMenu("Session menu", [], on_pick=self._pick, icon="more", align="end", testid="session-menu")
        return told, use, menu

    def _tell(self, row: SessionRow, standing: Standing) -> None:
        if row.parent_id:
            self._draw_parent(row.parent_id, "Subagent of")
        elif standing.origin:
            self._draw_parent(standing.origin, f"Fork of {standing.origin_title or 'another session'}")
        rename = partial(self._on_rename, row.session_id)
        self._title = TitleField(row.title, stand_in="New session", name="Title", on_rename=rename)
        self._title.classes("chat__title").mark("chat-title")
        if row.directory != self._home:
            with ui.element("div").classes("chat__place") as place:
                place.props["title"] = row.directory
                Icon("folder")
                ui.label(PurePosixPath(row.directory).name or row.directory)
        if row.ticket:
            ui.label(row.ticket).classes("session__tag").mark("chat-ticket")
        if row.archived_at:
            ui.label("Archived").classes("session__tag")
        if row.origin == "found" and not row.parent_id:
            elsewhere = ui.label("Created elsewhere").classes("session__tag session__tag--soft")
            elsewhere.props["title"] = "Begun in another opencode client, for example in its terminal"

    def _pick(self, action: str) -> Any:
        if action == "rename" and self._title is not None:
            return self._title.edit()
        return self._on_act(action)

    def _draw_parent(self, parent_id: str, words: str) -> None:
        link = ui.element("button").classes("btn btn--quiet chat__parent")
        link.props["type"] = "button"
        link.on("click", lambda: self._on_parent(parent_id), args=[])
        with link:
            Icon("reply")
            ui.label(words)
