"""A question of the agent: single choice, several, or words of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.ids import QuestionID
    from sprintagen.opencode.models import QuestionRequest

QuestionAnswer = list[list[str]] | None


class QuestionForm(ui.element, component="question_form.js"):
    """The form; emits `answer` and `dismiss`."""


class QuestionCard:
    """One request.

    Args:
        request: What is asked.
        source: Who asks, if it is a subagent.
        on_answer: Called with the answers, None for "dismissed"; False: it did not work, the card stays open.
    """

    def __init__(
        self, request: QuestionRequest, source: str, on_answer: Callable[[QuestionID, QuestionAnswer], Awaitable[bool]]
    ) -> None:
        self._request = request
        self._on_answer = on_answer
        self.element = Region("card card--ask").mark("question-card")
        self.element.props["data-testid"] = "question-card"
        with self.element:
            with ui.element("div").classes("card__head"):
                Icon("question")
                ui.label("The agent asks" if not source else f"{source} asks").classes("card__title")
            self._form = QuestionForm()
            self._form.props["questions"] = [question.model_dump(mode="json") for question in request.questions]
            self._form.on("answer", self._answer)
            self._form.on("dismiss", lambda: self._reply(None), args=[])

    async def _answer(self, event: Any) -> None:
        given = event.args
        if not isinstance(given, list) or len(given) != len(self._request.questions):
            return
        if not all(isinstance(one, list) and all(isinstance(word, str) for word in one) for one in given):
            return
        await self._reply(given)

    async def _reply(self, answers: QuestionAnswer) -> None:
        if self._form.props.get("busy"):
            return
        self._form.props["busy"] = True
        if not await self._on_answer(self._request.id, answers):
            self._form.props["busy"] = False
