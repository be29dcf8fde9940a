"""Reasoning: folded to one line with its duration; the text goes to the browser once somebody opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models import ReasoningPart
from sprintagen.ui.chats.parts.base import name_part
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown

if TYPE_CHECKING:
    from sprintagen.services.session_view import PartView
    from sprintagen.ui.chats.tools.base import RenderContext
    from sprintagen.ui.kit.streaming_markdown import Piece


class ReasoningElement:
    def __init__(self, view: PartView, context: RenderContext) -> None:
        self._view = view
        self._context = context
        self._text: StreamingMarkdown | None = None
        self.element = Fold(self._build).classes("tool reasoning")
        name_part(self.element, view.part)
        self._show()

    def update(self, view: PartView) -> None:
        self._view = view
        self._show()
        if self._text is not None:
            self._text.set_text(view.text, live=not view.is_finished)

    def append(self, at: int, delta: str) -> Piece | None:
        """Text arrived; nothing to send while the fold has never been opened."""
        return self._text.append(at, delta) if self._text is not None else None

    def _build(self) -> None:
        self._text = StreamingMarkdown(self._view.text, live=not self._view.is_finished).classes("prose--soft")

    def _show(self) -> None:
        part = self._view.part
        time = part.time if isinstance(part, ReasoningPart) else None
        thinking = not self._view.is_finished and self._context.view.is_active
        self.element.show(
            icon="thought",
            title="Thinking" if thinking else "Thought",
            spin=thinking,
            start=time.start if time else None,
            end=time.end if time else None,
        )
