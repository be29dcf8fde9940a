"""`question`: what the agent asked and what it was told; the open question itself is a card below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, items, metadata_of, table, words

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext


class QuestionTool(Tool):
    names = ("question",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        asked = [words(table(question).get("question")) for question in items(input_of(part).get("questions"))]
        answers = [
            ", ".join(words(word) for word in items(answer)) for answer in items(metadata_of(part).get("answers"))
        ]
        more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
        return ToolLook(
            icon="question",
            verb="Ask",
            target=(asked[0] + more) if asked else "",
            mono=False,
            note="; ".join(answers)[:80],
        )

    def build(self, part: ToolPart, context: RenderContext) -> None:
        answers = items(metadata_of(part).get("answers"))
        with ui.element("dl").classes("pairs"):
            for index, question in enumerate(items(input_of(part).get("questions"))):
                with ui.element("dt").classes("pairs__key"):
                    ui.label(words(table(question).get("question")))
                given = [words(word) for word in items(answers[index])] if index < len(answers) else []
                offered = [words(table(one).get("label")) for one in items(table(question).get("options"))]
                with ui.element("dd").classes("pairs__value"):
                    _draw_answer(given, offered)


def _draw_answer(given: list[str], offered: list[str]) -> None:
    """What was chosen, what else was offered, and what the person said in words of their own."""
    with ui.element("div").classes("answers"):
        for label in offered:
            is_chosen = label in given
            option = ui.label(label).classes("answers__one answers__one--chosen" if is_chosen else "answers__one")
            option.props["aria-label"] = f"{label}: {'chosen' if is_chosen else 'not chosen'}"
        for word in given:
            if word and word not in offered:
                ui.label(word).classes("answers__one answers__one--chosen answers__one--own")
        if not any(given):
            ui.label("No answer").classes("answers__none")
