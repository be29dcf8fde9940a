"""`/permissions` and `/questions`: what the agent asks and waits for, and a person's answers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from sprintagen.api.deps import OneSession, TheActor, ThePermission, TheQuestion, TheServices
from sprintagen.api.schemas.asks import PermissionOut, QuestionsOut
from sprintagen.opencode.models import PermissionRequest, QuestionRequest

router = APIRouter(tags=["asks"])


class PermissionReply(BaseModel, extra="forbid"):
    reply: Literal["once", "always", "reject"]
    message: str | None = Field(None, max_length=10_000, description="With reject: a word to the agent, which goes on.")


class QuestionReply(BaseModel, extra="forbid"):
    """`answers` has a list of labels or own words for each question; or `reject`, which ends the turn."""

    answers: list[Annotated[list[Annotated[str, Field(max_length=10_000)]], Field(max_length=100)]] | None = None
    reject: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.reject == (self.answers is not None):
            raise ValueError("answers: wants answers, or reject set to true, and not both")
        return self


@router.get("/permissions")
async def list_permissions(services: TheServices, _actor: TheActor, session_id: OneSession) -> list[PermissionOut]:
    """What the agent wants to do and waits to be allowed, oldest first."""
    asks = services.asks.pending(session_id)
    return [PermissionOut.of(ask) for ask in asks if isinstance(ask, PermissionRequest)]


@router.get("/questions")
async def list_questions(services: TheServices, _actor: TheActor, session_id: OneSession) -> list[QuestionsOut]:
    """What the agent wants to know and waits for, oldest first."""
    asks = services.asks.pending(session_id)
    return [QuestionsOut.of(ask) for ask in asks if isinstance(ask, QuestionRequest)]


@router.post("/permissions/{permission_id}", status_code=204)
async def reply_permission(
    services: TheServices, actor: TheActor, permission_id: ThePermission, body: PermissionReply
) -> None:
    """Allows or denies what the agent asked for. The first answer counts; a later one is a 409."""
    await services.asks.reply_permission(actor, permission_id, body.reply, message=body.message)


@router.post("/questions/{question_id}", status_code=204)
async def reply_question(services: TheServices, actor: TheActor, question_id: TheQuestion, body: QuestionReply) -> None:
    """Answers or dismisses the agent's question. The first answer counts; a later one is a 409."""
    if body.answers is not None:
        await services.asks.reply_question(actor, question_id, body.answers)
    else:
        await services.asks.reject_question(actor, question_id)
