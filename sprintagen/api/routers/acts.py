"""`/sessions/{id}/…`: undo, redo, ask again, fork, compact, share."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from sprintagen.api.deps import TheActor, TheMessage, TheServices, TheSession, message_id_of
from sprintagen.api.schemas.acts import (
    ForkIn,
    ForkOut,
    MoveIn,
    RedoIn,
    ResendIn,
    RevertIn,
    RevertPreviewOut,
    ShareOut,
    UndoneOut,
    UndonePromptOut,
)
from sprintagen.api.schemas.messages import PromptOut

router = APIRouter(prefix="/sessions/{session_id}", tags=["sessions"])


@router.get("/revert/preview")
async def preview_revert(
    services: TheServices,
    actor: TheActor,
    session_id: TheSession,
    message_id: Annotated[str | None, Query(description="A prompt; omitted: the last that is not undone.")] = None,
) -> RevertPreviewOut:
    """What going back to before a prompt would take away: messages, and what the agent changed in files."""
    message = message_id_of(message_id) if message_id is not None else None
    return RevertPreviewOut.of(await services.acts.reverting.preview(actor, session_id, message))


@router.get("/revert")
async def list_undone(services: TheServices, actor: TheActor, session_id: TheSession) -> UndoneOut:
    """What is undone and can come back."""
    await services.sessions.open(actor, session_id)
    undone = services.acts.reverting.undone(session_id)
    prompts = undone.prompts if undone is not None else ()
    return UndoneOut(prompts=[UndonePromptOut.of(prompt) for prompt in prompts])


@router.post("/revert", status_code=204)
async def revert(services: TheServices, actor: TheActor, session_id: TheSession, body: RevertIn) -> None:
    """Goes back to before a prompt, files included. 409 while the agent works or prompts wait."""
    await services.acts.reverting.revert(actor, session_id, message_id_of(body.message_id), stop=body.stop)


@router.post("/redo", status_code=204)
async def redo(services: TheServices, actor: TheActor, session_id: TheSession, body: RedoIn | None = None) -> None:
    """Brings undone messages back up to the end of one prompt's turn. 409 when nothing is undone."""
    named = body.message_id if body is not None else None
    await services.acts.reverting.redo(actor, session_id, message_id_of(named) if named is not None else None)


@router.post("/unrevert", status_code=204)
async def unrevert(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Brings back all that is undone; nothing undone is fine."""
    await services.acts.reverting.unrevert(actor, session_id)


@router.post("/messages/{message_id}/resend", status_code=202)
async def resend(
    services: TheServices, actor: TheActor, session_id: TheSession, message_id: TheMessage, body: ResendIn | None = None
) -> PromptOut:
    """Undoes a prompt with all that came after it and sends it again, in the same or in other words."""
    body = body or ResendIn()
    prompt = await services.acts.resending.resend(
        actor, session_id, message_id, text=body.text, stop=body.stop, client_key=body.client_key
    )
    return PromptOut(id=prompt.id, message_id=prompt.message_id, state=prompt.state)


@router.post("/fork", status_code=201)
async def fork(services: TheServices, actor: TheActor, session_id: TheSession, body: ForkIn | None = None) -> ForkOut:
    """Makes a session that begins as a copy of this one's beginning. Files are not copied."""
    named = body.message_id if body is not None else None
    made = await services.acts.forking.fork(actor, session_id, message_id_of(named) if named is not None else None)
    return ForkOut(id=made.session_id, text=made.text)


@router.post("/compact", status_code=204)
async def compact(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Has the model sum up the session; answers when the summary is written. 409 while the agent works."""
    await services.acts.compacting.compact(actor, session_id)


@router.post("/move", status_code=204)
async def move(services: TheServices, actor: TheActor, session_id: TheSession, body: MoveIn) -> None:
    """Takes the session to another directory of its project. 409 while the agent works; no file goes along."""
    await services.acts.moving.move(actor, session_id, body.directory)


@router.post("/share")
async def share(services: TheServices, actor: TheActor, session_id: TheSession) -> ShareOut:
    """Publishes the session on opencode's own site. 409 when the server may not, or cannot reach it."""
    return ShareOut(url=await services.acts.sharing.share(actor, session_id))


@router.delete("/share", status_code=204)
async def unshare(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Takes a shared session back; one that is not shared is fine."""
    await services.acts.sharing.unshare(actor, session_id)
