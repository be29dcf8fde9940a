"""Questions the agent asks, in the client's directory. In another directory's client they do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.ids import QuestionID, question_id
from sprintagen.opencode.models.request import QuestionRequest
from sprintagen.opencode.resources.base import Resource, many

if TYPE_CHECKING:
    import builtins


class Questions(Resource):
    """`client.questions`."""

    async def list(self) -> builtins.list[QuestionRequest]:
        """The pending ones."""
        return many(QuestionRequest, await self._get("question"))

    async def reply(self, id: QuestionID, answers: builtins.list[builtins.list[str]]) -> None:
        """One list of labels (or own words) per question, in the order asked. A second reply raises NotFound."""
        await self._post("question", question_id(id), "reply", body={"answers": answers})

    async def reject(self, id: QuestionID) -> None:
        """Leave it unanswered; the turn ends."""
        await self._post("question", question_id(id), "reject")
