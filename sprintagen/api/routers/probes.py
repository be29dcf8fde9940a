"""`/healthz`, `/readyz` and `/metrics`: for engines, balancers and a Prometheus, at the addresses they expect."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from sprintagen.api.deps import TheActor, TheServices
from sprintagen.services.metrics import CONTENT_TYPE

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """The process answers; how the rest is, `/api/opencode/health` says to who is signed in."""
    return JSONResponse({"ok": True})


@router.get("/readyz")
async def readyz(services: TheServices) -> JSONResponse:
    """Whether people may be sent here, with a word for each part and no more: anybody may ask."""
    found = services.health.readiness()
    body = {"ready": found.is_ready, "database": found.database, "opencode": found.opencode}
    return JSONResponse(body, status_code=200 if found.is_ready else 503)


@router.get("/metrics")
async def metrics(services: TheServices, _actor: TheActor) -> Response:
    """In the Prometheus text format; opencode is asked for its version and whether it is there."""
    await services.health.ask_opencode()
    return Response(services.metrics.text(), media_type=CONTENT_TYPE)
