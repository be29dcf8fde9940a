"""What a person said to changed lines, in the message it went along with: where, what stood there, and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.streaming_markdown import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.services.review_comments import ToldComment


def draw_comments(comments: Iterable[ToldComment]) -> None:
    """The comments, drawn where we are."""
    for comment in comments:
        with ui.element("div").classes("told").mark("told-comment"):
            CodeBlock(comment.code, "diff", title=comment.place)
            ui.label(well_formed(comment.note)).classes("told__note")
