"""`/sessions/{id}/queue`: the prompts that have no answer yet: read them, move, change and remove those that wait."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from sprintagen.api.deps import TheActor, TheServices, TheSession
from sprintagen.api.schemas.messages import MAX_TEXT
from sprintagen.services.prompts import QueuedPrompt

router = APIRouter(prefix="/sessions/{session_id}/queue", tags=["queue"])

PromptID = Annotated[str, Path(max_length=64)]


class QueuedOut(BaseModel):
    """A prompt without an answer. Only a `queued` one can be moved or changed."""

    id: str
    message_id: str
    state: Literal["queued", "sending", "sent", "failed"]
    kind: Literal["prompt", "command", "shell"]
    text: str
    files: list[str] = Field(description="Names of what is attached.")
    reason: str = Field(description="Why it waits or failed; may be empty.")
    created_at: datetime

    @classmethod
    def of(cls, prompt: QueuedPrompt) -> Self:
        return cls(
            id=prompt.id,
            message_id=prompt.message_id,
            state=prompt.state,
            kind=prompt.draft.kind,
            text=prompt.draft.text,
            files=[file.filename for file in prompt.draft.files],
            reason=prompt.reason,
            created_at=prompt.created_at,
        )


class QueuedChange(BaseModel, extra="forbid"):
    """What is left out stays."""

    text: str | None = Field(None, max_length=MAX_TEXT)
    index: int | None = Field(None, ge=0, description="Place among those that wait, from 0.")


@router.get("")
async def list_queue(services: TheServices, actor: TheActor, session_id: TheSession) -> list[QueuedOut]:
    """In the order in which they will be sent; failed ones stay until they are removed or tried again."""
    await services.sessions.get(actor, session_id)
    return [QueuedOut.of(prompt) for prompt in services.prompts.queue(session_id)]


@router.patch("/{prompt_id}")
async def change_queued(
    services: TheServices, actor: TheActor, session_id: TheSession, prompt_id: PromptID, body: QueuedChange
) -> list[QueuedOut]:
    """Changes what a waiting prompt says, or its place; answers the whole queue."""
    if body.text is not None:
        await services.prompts.line.edit(actor, session_id, prompt_id, body.text)
    if body.index is not None:
        await services.prompts.line.move(actor, session_id, prompt_id, body.index)
    return [QueuedOut.of(prompt) for prompt in services.prompts.queue(session_id)]


@router.delete("/{prompt_id}", status_code=204)
async def remove_queued(services: TheServices, actor: TheActor, session_id: TheSession, prompt_id: PromptID) -> None:
    """Takes a prompt out that has not gone out, or failed to."""
    await services.prompts.remove(actor, session_id, prompt_id)


@router.post("/{prompt_id}/send-now", status_code=204)
async def send_queued_now(services: TheServices, actor: TheActor, session_id: TheSession, prompt_id: PromptID) -> None:
    """Stops the running turn; this prompt is the next."""
    await services.prompts.line.send_now(actor, session_id, prompt_id)


@router.post("/{prompt_id}/retry", status_code=204)
async def retry_queued(services: TheServices, actor: TheActor, session_id: TheSession, prompt_id: PromptID) -> None:
    """Tries one that failed again, at its place."""
    await services.prompts.retry(actor, session_id, prompt_id)
