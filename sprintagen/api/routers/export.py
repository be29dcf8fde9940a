"""`/sessions/{id}/export`: a session as a file, written while it is sent."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from sprintagen.api.breaking_off import Unfinished
from sprintagen.api.deps import TheActor, TheServices, TheSession
from sprintagen.export import write

router = APIRouter(prefix="/sessions/{session_id}", tags=["sessions"])


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}, "application/json": {}, "text/html": {}}}},
)
async def export_session(
    services: TheServices,
    actor: TheActor,
    session_id: TheSession,
    format: Annotated[
        Literal["md", "json", "html"], Query(description="json is opencode's own export; html needs nothing else.")
    ] = "md",
) -> Unfinished:
    """The whole session as a file; what is undone is left out. A file that breaks off was not read to its end."""
    document = await write(services, actor, session_id, format)
    return Unfinished(
        document.pieces,
        media_type=f"{document.media_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{document.name}"',
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
