"""The contract of a part on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nicegui import ui

    from sprintagen.opencode.models import Part
    from sprintagen.services.session_view import PartView


class PartElement(Protocol):
    """One part, drawn. Made by the registry where it belongs."""

    @property
    def element(self) -> ui.element: ...

    def update(self, view: PartView) -> None:
        """The part is different as a whole; change what is seen."""


def name_part(element: ui.element, part: Part) -> None:
    """Give the element the names tests and style sheets know parts by."""
    element.props["data-testid"] = "part"
    element.props["data-part-id"] = part.id
    element.props["data-part-type"] = part.type
    element.mark("part", part.type)
