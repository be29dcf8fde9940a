"""Deleting sessions with time to think better of it, and keeping them at the top."""

from __future__ import annotations

from fastapi import APIRouter

from sprintagen.api.deps import TheActor, TheServices, TheSession
from sprintagen.api.schemas.acts import DeletionOut

router = APIRouter(tags=["sessions"])


@router.get("/deletions")
async def list_deletions(services: TheServices, actor: TheActor) -> list[DeletionOut]:
    """The sessions that are about to be deleted, the first one wanted first."""
    return [DeletionOut.of(deletion) for deletion in services.deletions.pending()]


@router.post("/sessions/{session_id}/deletion", status_code=202)
async def delete_later(services: TheServices, actor: TheActor, session_id: TheSession) -> DeletionOut:
    """Deletes a session in a few seconds; until then it is in no list and can be brought back."""
    return DeletionOut.of(await services.deletions.delete(actor, session_id))


@router.delete("/sessions/{session_id}/deletion", status_code=204)
async def cancel_deletion(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Brings a session back that is about to be deleted. 404 when it is not, 409 when it is too late."""
    await services.deletions.cancel(actor, session_id)


@router.get("/pins")
async def list_pins(services: TheServices, actor: TheActor) -> list[str]:
    """The ids of the sessions that are kept at the top, the last pinned first."""
    return [str(session_id) for session_id in services.pins.all_of(actor)]


@router.put("/sessions/{session_id}/pin", status_code=204)
async def pin_session(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Keeps a session at the top of the person's list; one that is there already is fine."""
    await services.pins.pin(actor, session_id)


@router.delete("/sessions/{session_id}/pin", status_code=204)
async def unpin_session(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Lets a session go to its place again; one that is not pinned is fine."""
    await services.pins.unpin(actor, session_id)
