"""The HTTP door: `/api/opencode/…`, sign-in, and the guard in front of everything.

The API is a FastAPI application of its own beside NiceGUI's middleware (an order of magnitude cheaper for streams,
and no page session is made for a program's request); `sprintagen.app` puts both behind one guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from sprintagen import __version__
from sprintagen.api import docs, sign_in
from sprintagen.api.errors import register_error_handlers
from sprintagen.api.routers import (
    acts,
    asks,
    catalog,
    events,
    export,
    files,
    health,
    keeping,
    messages,
    probes,
    queue,
    search,
    sessions,
    terminals,
    uploads,
)

if TYPE_CHECKING:
    from sprintagen.services import Services

PREFIX = "/api/opencode"
OWN_PATHS = ("/api/", "/healthz", "/readyz", "/metrics", "/sign-in", "/sign-out")
"""Beginnings of the paths that this application serves; `/` is its own as well. The rest is NiceGUI's."""


def create_api(services: Services) -> FastAPI:
    """The API over `services`. Its routes expect the guard to have put the actor into the request's state."""
    api = FastAPI(
        title="sprintagen",
        version=__version__,
        description="Sessions, messages and events of an opencode server, for who is signed in or sends the token.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    api.state.services = services
    register_error_handlers(api)
    modules = (
        health, sessions, acts, export, keeping, messages, queue, uploads, terminals, search, asks, catalog, files,
        events, docs,
    )  # fmt: skip
    for module in modules:
        api.include_router(module.router, prefix=PREFIX)
    api.include_router(sign_in.router)
    api.include_router(probes.router)
    docs.describe(api)
    return api


def is_own(path: str) -> bool:
    """Whether a path is this application's rather than a page's."""
    return path == "/" or path.startswith(OWN_PATHS)
