"""Text of the assistant: Markdown that grows while it is being said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.parts.base import name_part
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown

if TYPE_CHECKING:
    from sprintagen.services.session_view import PartView
    from sprintagen.ui.kit.streaming_markdown import Piece


class TextElement:
    def __init__(self, view: PartView) -> None:
        self.element = StreamingMarkdown(view.text, live=not view.is_finished)
        name_part(self.element, view.part)

    def update(self, view: PartView) -> None:
        self.element.set_text(view.text, live=not view.is_finished)

    def append(self, at: int, delta: str) -> Piece | None:
        """Text arrived; returns what is to be sent. Raises ValueError when earlier text is missing."""
        return self.element.append(at, delta)
