"""The line above the transcript: title, where the session works, how full its context is, what it cost, its menu."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.navigation import draw_ways
from sprintagen.ui.chats.turn_facts import cost_words, count_words
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.popup_menu import MenuItem, PopupMenu
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.sessions import SessionRow


class ChatHeader:
    """The header of the open session.

    Args:
        on_act: An action of the menu: "rename", "ticket", "archive", "restore", "delete", "copy-link".
        on_parent: Show the session a subagent works for.
        home: The directory most sessions are of, which the page's first line names already.
    """

    def __init__(self, *, on_act: Callable[[str], Any], on_parent: Callable[[str], Any], home: str | None) -> None:
        self._home = home
        self._on_act = on_act
        self._on_parent = on_parent
        self._shown: object = None
        self._box = Region("chat__header", tag="header")

    def update(self, row: SessionRow | None, *, used: float, context: int) -> None:
        """Show a session, or nothing.

        Args:
            row: The session.
            used: Tokens in its context.
            context: How many its model takes; 0: not known.
        """
        key = (
            row and (row.title, row.directory, row.ticket, row.parent_id, row.cost, row.archived_at, row.origin),
            used,
            context,
        )
        if key == self._shown:
            return
        self._shown = key
        self._box.clear()
        if row is None:
            return
        with self._box:
            if row.parent_id:
                self._draw_parent(row.parent_id)
            title = ui.element("h1").classes("chat__title").mark("chat-title")
            title.props["title"] = "Double click to rename"
            title.on("dblclick", lambda: self._on_act("rename"), args=[])
            with title:
                ui.label(row.title or "New session")
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
            ui.element("span").classes("chat__space")
            self._draw_use(used, context, row.cost)
            draw_ways()
            self._draw_menu(row)

    def _draw_parent(self, parent_id: str) -> None:
        link = ui.element("button").classes("btn btn--quiet chat__parent")
        link.props["type"] = "button"
        link.on("click", lambda: self._on_parent(parent_id), args=[])
        with link:
            Icon("reply")
            ui.label("Subagent of")

    def _draw_use(self, used: float, context: int, cost: float) -> None:
        if not used and not cost:
            return
        share = min(1.0, used / context) if context else 0.0
        with ui.element("div").classes("use") as box:
            limit = f" of {count_words(context)}" if context else ""
            box.props["title"] = f"Context: {count_words(used)}{limit} tokens" + (
                f" · {cost_words(cost)}" if cost else ""
            )
            if context:
                ring = ui.element("span").classes("ring").style(f"--share:{share:.3f}")
                ring.props["role"] = "img"
                ring.props["aria-label"] = f"{share:.0%} of the context is used"
                ui.label(f"{share:.0%}")
            elif used:
                ui.label(f"{count_words(used)} tokens")
            if cost:
                ui.label(cost_words(cost)).classes("use__cost" if context or used else "")

    def _draw_menu(self, row: SessionRow) -> None:
        archive = (
            MenuItem(value="restore", label="Take out of the archive", icon="archive")
            if row.archived_at
            else MenuItem(value="archive", label="Archive", icon="archive")
        )
        PopupMenu(
            "Session menu",
            [
                MenuItem(value="rename", label="Rename", icon="edit"),
                MenuItem(value="ticket", label="Set ticket", icon="tag"),
                MenuItem(value="copy-link", label="Copy link", icon="link"),
                archive,
                MenuItem(value="delete", label="Delete", icon="trash", danger=True, line=True),
            ],
            on_pick=self._on_act,
            icon="more",
            align="end",
            testid="session-menu",
        )
