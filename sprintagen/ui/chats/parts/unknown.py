"""A part of a kind this version does not know: its type, and all of it when opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models import UnknownPart
from sprintagen.ui.chats.parts.base import name_part
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.json_tree import JsonTree

if TYPE_CHECKING:
    from sprintagen.services.session_view import PartView


class UnknownElement:
    def __init__(self, view: PartView) -> None:
        self._view = view
        self.element = Fold(self._build).classes("tool")
        name_part(self.element, view.part)
        self._show()

    def update(self, view: PartView) -> None:
        self._view = view
        self._show()
        self.element.rebuild()

    def _show(self) -> None:
        part = self._view.part
        unreadable = isinstance(part, UnknownPart) and bool(part.unreadable)
        self.element.show(
            icon="info",
            title="Unreadable part" if unreadable else "Unknown part",
            detail=part.type or "without a type",
            note="This version of sprintagen does not know it",
        )

    def _build(self) -> None:
        JsonTree(self._view.part.model_dump(mode="json"), title=self._view.part.type or "part")
