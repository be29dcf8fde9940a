"""`DeletionBar`: sessions that are deleted in a moment, on every page, each with the way to bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.tools.base import first_line
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.deletions import PendingDeletion

SHOWN = 4
"""Deletions shown one by one."""


class DeletionBar:
    """One per page, at its lower edge.

    Args:
        on_restore: Bring this session back.
    """

    def __init__(self, on_restore: Callable[[SessionID], Any]) -> None:
        self._on_restore = on_restore
        self._shown: tuple[SessionID, ...] = ()
        self._box = Region("deletions").mark("deletions")
        self._box.props["data-testid"] = "deletions"
        self._box.props["role"] = "status"

    def update(self, pending: Sequence[PendingDeletion]) -> None:
        """Show these, the last wanted at the bottom."""
        shown = tuple(one.session_id for one in pending)
        if shown == self._shown:
            return
        self._shown = shown
        self._box.clear()
        with self._box:
            for one in pending[-SHOWN:]:
                with ui.element("div").classes("toast"):
                    Icon("trash")
                    with ui.element("div").classes("toast__words"):
                        ui.label(f"“{first_line(one.title, 60)}” is deleted" if one.title else "Session deleted")
                    ActionButton(
                        "Undo",
                        kind="plain",
                        on_click=lambda session_id=one.session_id: self._on_restore(session_id),
                        testid="undo-delete",
                    )
