"""Undo, forks and what else is done with a session as it stands, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from sprintagen.services.deletions import PendingDeletion
from sprintagen.services.reverting import RevertPreview, UndonePrompt


class RevertIn(BaseModel, extra="forbid"):
    message_id: str = Field(max_length=255, description="A prompt; the session goes back to before it.")
    stop: bool = Field(False, description="End a running turn first instead of answering 409.")


class RedoIn(BaseModel, extra="forbid"):
    message_id: str | None = Field(None, max_length=255, description="An undone prompt; omitted: the first of them.")


class ChangedFileOut(BaseModel):
    file: str
    status: str | None
    additions: int
    deletions: int


class RevertPreviewOut(BaseModel):
    """What going back would take away."""

    message_id: str
    text: str = Field(description="What the prompt says.")
    attachments: int
    prompts: int = Field(description="How many prompts would be undone.")
    messages: int = Field(description="The same with the agent's messages.")
    files: list[ChangedFileOut] = Field(description="What would be taken back in each file.")

    @classmethod
    def of(cls, preview: RevertPreview) -> Self:
        return cls(
            message_id=preview.message_id,
            text=preview.text,
            attachments=preview.attachments,
            prompts=preview.prompts,
            messages=preview.messages,
            files=[
                ChangedFileOut(file=file.file, status=file.status, additions=file.additions, deletions=file.deletions)
                for file in preview.files
            ],
        )


class UndonePromptOut(BaseModel):
    message_id: str
    text: str

    @classmethod
    def of(cls, prompt: UndonePrompt) -> Self:
        return cls(message_id=prompt.message_id, text=prompt.text)


class UndoneOut(BaseModel):
    """What is undone, oldest first; the next prompt that is sent removes it for good."""

    prompts: list[UndonePromptOut]


class ResendIn(BaseModel, extra="forbid"):
    text: str | None = Field(None, description="Other words for the prompt; omitted: the same again.")
    stop: bool = Field(False, description="End a running turn first instead of answering 409.")
    client_key: str | None = Field(None, max_length=100)


class ForkIn(BaseModel, extra="forbid"):
    message_id: str | None = Field(
        None,
        max_length=255,
        description="A prompt: the copy ends before it. An agent's message: it ends after its turn. Omitted: all.",
    )


class MoveIn(BaseModel, extra="forbid"):
    directory: str = Field(
        max_length=4096, description="Where to: a directory of the same project in which opencode works already."
    )


class ForkOut(BaseModel):
    id: str = Field(description="Of the new session.")
    text: str = Field(description="The prompt the copy ends before; empty when it ends after an answer.")


class DeletionOut(BaseModel):
    session_id: str
    title: str
    due_at: datetime = Field(description="Until then it can be taken back.")

    @classmethod
    def of(cls, deletion: PendingDeletion) -> Self:
        return cls(session_id=deletion.session_id, title=deletion.title, due_at=deletion.due_at)


class ShareOut(BaseModel):
    url: str = Field(description="Where everybody can read the session.")
