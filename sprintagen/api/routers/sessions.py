"""`/sessions`: list, create, read, change, delete; abort; todo; diff, changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from sprintagen.api.deps import TheActor, TheServices, TheSession, message_id_of
from sprintagen.api.schemas.sessions import (
    ChangesOut,
    FileDiffOut,
    Origin,
    SessionCreate,
    SessionList,
    SessionOut,
    SessionUpdate,
    TodoOut,
)
from sprintagen.services.file_changes import Scope
from sprintagen.services.listing import ListQuery

router = APIRouter(prefix="/sessions", tags=["sessions"])


@router.get("")
async def list_sessions(
    services: TheServices,
    actor: TheActor,
    search: Annotated[str, Query(max_length=200, description="Part of a title, or an id.")] = "",
    directory: Annotated[str | None, Query(max_length=4096)] = None,
    ticket: Annotated[str | None, Query(max_length=200)] = None,
    origin: Origin = "all",
    archived: Annotated[bool, Query(description="Show the archive instead.")] = False,
    children: Annotated[bool, Query(description="Include the sessions of subagents.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> SessionList:
    """The sessions of the server, the last touched first."""
    query = ListQuery(search, directory, ticket, origin, archived, children)
    window = services.sessions.listings.window(actor, query, 0, limit)
    return SessionList(sessions=[SessionOut.of(row) for row in window.rows], total=window.total)


@router.post("", status_code=201)
async def create_session(services: TheServices, actor: TheActor, body: SessionCreate | None = None) -> SessionOut:
    """Makes a session, here and on the server, or neither."""
    body = body or SessionCreate()
    row = await services.sessions.create(actor, title=body.title, directory=body.directory, ticket=body.ticket)
    return SessionOut.of(row)


@router.get("/{session_id}")
async def get_session(services: TheServices, actor: TheActor, session_id: TheSession) -> SessionOut:
    """One session."""
    return SessionOut.of(await services.sessions.get(actor, session_id))


@router.patch("/{session_id}")
async def update_session(
    services: TheServices, actor: TheActor, session_id: TheSession, body: SessionUpdate
) -> SessionOut:
    """Renames a session, sets its ticket, or moves it into the archive."""
    ticket = (body.ticket or "") if "ticket" in body.model_fields_set else None
    row = await services.sessions.update(actor, session_id, title=body.title, ticket=ticket, archived=body.archived)
    return SessionOut.of(row)


@router.delete("/{session_id}", status_code=204)
async def delete_session(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Deletes a session and those of its subagents; stops it first if it works."""
    await services.sessions.delete(actor, session_id)


@router.post("/{session_id}/abort", status_code=204)
async def abort_session(services: TheServices, actor: TheActor, session_id: TheSession) -> None:
    """Stops what the agent does in this session; nothing to stop is fine."""
    await services.sessions.abort(actor, session_id)


@router.get("/{session_id}/todo")
async def session_todo(services: TheServices, actor: TheActor, session_id: TheSession) -> list[TodoOut]:
    """The agent's list of things to do."""
    return [TodoOut.of(todo) for todo in await services.sessions.todo(actor, session_id)]


@router.get("/{session_id}/diff")
async def session_diff(
    services: TheServices,
    actor: TheActor,
    session_id: TheSession,
    message_id: Annotated[str | None, Query(description="A prompt of this session; omitted: all of them.")] = None,
) -> list[FileDiffOut]:
    """The files that the answer to one prompt changed, or that all answers did, with whole patches."""
    message = message_id_of(message_id) if message_id is not None else None
    scope: Scope = "session" if message is None else "turn"
    changes = await services.file_changes.read(actor, session_id, scope, message_id=message)
    return [FileDiffOut.of(file) for file in changes.files]


@router.get("/{session_id}/changes")
async def session_changes(
    services: TheServices,
    actor: TheActor,
    session_id: TheSession,
    scope: Annotated[Scope, Query(description="Changed by what; worktree and branch: as git sees it.")] = "session",
    message_id: Annotated[str | None, Query(description="The prompt of a turn; omitted: the last one.")] = None,
    context: Annotated[int, Query(ge=0, le=1_000_000, description="Lines around each change.")] = 3,
) -> ChangesOut:
    """The changed files, renamed ones as one each, with a unified diff where there is text to show."""
    message = message_id_of(message_id) if message_id is not None else None
    changes = await services.file_changes.read(actor, session_id, scope, message_id=message)
    return ChangesOut.of(changes, context)
