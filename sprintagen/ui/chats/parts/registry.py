"""Which module draws which kind of part; None for what is not for people (synthetic text, step marks, snapshots)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models import (
    AgentPart,
    CompactionPart,
    FilePart,
    PatchPart,
    ReasoningPart,
    RetryPart,
    SnapshotPart,
    StepFinishPart,
    StepStartPart,
    SubtaskPart,
    TextPart,
    ToolPart,
)
from sprintagen.ui.chats.parts.base import name_part
from sprintagen.ui.chats.parts.notes import NoteElement, is_worth_a_line
from sprintagen.ui.chats.parts.reasoning import ReasoningElement
from sprintagen.ui.chats.parts.text import TextElement
from sprintagen.ui.chats.parts.unknown import UnknownElement
from sprintagen.ui.chats.tools.frame import ToolRow
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from sprintagen.services.session_view import PartView
    from sprintagen.ui.chats.parts.base import PartElement
    from sprintagen.ui.chats.tools.base import RenderContext


class ToolElement:
    """A tool call as a part."""

    def __init__(self, view: PartView, context: RenderContext) -> None:
        assert isinstance(view.part, ToolPart)
        self.element = Region()
        name_part(self.element, view.part)
        with self.element:
            self._row = ToolRow(view.part, context)

    def update(self, view: PartView) -> None:
        if isinstance(view.part, ToolPart):
            self._row.update(view.part)


def draw_part(view: PartView, context: RenderContext) -> PartElement | None:
    """Draw a part where we are."""
    match view.part:
        case TextPart() as part:
            return None if part.synthetic or part.ignored else TextElement(view)
        case ReasoningPart():
            return ReasoningElement(view, context)
        case ToolPart():
            return ToolElement(view, context)
        case StepStartPart() | SnapshotPart():
            return None
        case StepFinishPart():
            return NoteElement(view, context) if is_worth_a_line(view.part) else None
        case PatchPart() | RetryPart() | CompactionPart() | AgentPart() | SubtaskPart() | FilePart():
            return NoteElement(view, context)
        case _:
            return UnknownElement(view)
