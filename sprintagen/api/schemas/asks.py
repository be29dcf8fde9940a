"""Permissions and questions as the API shows them, in lists and in events alike."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from sprintagen.opencode.models import PermissionRequest, Question, QuestionRequest


class PermissionOut(BaseModel):
    """The agent wants to do something and waits."""

    id: str
    session_id: str = Field(description="Where it was asked; a subagent's session counts as its own.")
    permission: str = Field(description="bash, edit, external_directory, …")
    patterns: list[str] = Field(description="What exactly: the commands, the paths.")
    always: list[str] = Field(description="What `always` would allow in this directory until opencode restarts.")
    message_id: str | None = Field(description="The message whose tool call waits.")
    call_id: str | None

    @classmethod
    def of(cls, request: PermissionRequest) -> Self:
        return cls(
            id=request.id,
            session_id=request.session_id,
            permission=request.permission,
            patterns=list(request.patterns),
            always=list(request.always),
            message_id=request.tool.message_id if request.tool else None,
            call_id=request.tool.call_id if request.tool else None,
        )


class OptionOut(BaseModel):
    label: str
    description: str


class QuestionOut(BaseModel):
    question: str
    header: str
    options: list[OptionOut]
    multiple: bool = Field(description="Whether several answers are taken.")
    custom: bool = Field(description="Whether own words are taken.")

    @classmethod
    def of(cls, question: Question) -> Self:
        return cls(
            question=question.question,
            header=question.header,
            options=[OptionOut(label=option.label, description=option.description) for option in question.options],
            multiple=question.multiple,
            custom=question.custom,
        )


class QuestionsOut(BaseModel):
    """The agent asks one or more questions at once and waits for an answer to each."""

    id: str
    session_id: str
    questions: list[QuestionOut]
    message_id: str | None
    call_id: str | None

    @classmethod
    def of(cls, request: QuestionRequest) -> Self:
        return cls(
            id=request.id,
            session_id=request.session_id,
            questions=[QuestionOut.of(question) for question in request.questions],
            message_id=request.tool.message_id if request.tool else None,
            call_id=request.tool.call_id if request.tool else None,
        )
