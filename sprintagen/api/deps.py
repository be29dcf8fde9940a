"""What every route needs: the services, who asks, and ids checked before they go anywhere."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query
from starlette.requests import HTTPConnection

from sprintagen.errors import InvalidInput
from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID
from sprintagen.services import Services
from sprintagen.services.refs import Actor


def _services(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


def _actor(connection: HTTPConnection) -> Actor:
    actor: Actor = connection.state.actor  # put there by the guard, without which no request arrives
    return actor


def _in_path(kind: Literal["ses", "msg", "per", "que", "pty"]) -> Any:
    """An id in a path. Its form is only told here: what has another is refused in our own words."""
    return Path(description=f"An id such as `{kind}_…`.", json_schema_extra={"pattern": ids.form(kind)})


def session_id_of(text: str) -> ids.SessionID:
    """The id, or a 422 that names the field."""
    try:
        return ids.session_id(text)
    except InvalidID as error:
        raise InvalidInput(error.message, field="session_id") from error


def _session_id(session_id: Annotated[str, _in_path("ses")]) -> ids.SessionID:
    return session_id_of(session_id)


def pty_id_of(text: str) -> ids.PtyID:
    """The id, or a 422 that names the field."""
    try:
        return ids.pty_id(text)
    except InvalidID as error:
        raise InvalidInput(error.message, field="pty_id") from error


def _pty_id(pty_id: Annotated[str, _in_path("pty")]) -> ids.PtyID:
    return pty_id_of(pty_id)


def message_id_of(text: str) -> ids.MessageID:
    """The id, or a 422 that names the field."""
    try:
        return ids.message_id(text)
    except InvalidID as error:
        raise InvalidInput(error.message, field="message_id") from error


def _message_id(message_id: Annotated[str, _in_path("msg")]) -> ids.MessageID:
    return message_id_of(message_id)


def _one_session(
    session_id: Annotated[
        str | None,
        Query(description="Only this session's, and its subagents'.", json_schema_extra={"pattern": ids.form("ses")}),
    ] = None,
) -> ids.SessionID | None:
    return session_id_of(session_id) if session_id is not None else None


def _in_session(
    session_id: Annotated[
        str | None,
        Query(
            description="In whose directory; omitted: in the project's.", json_schema_extra={"pattern": ids.form("ses")}
        ),
    ] = None,
) -> ids.SessionID | None:
    return session_id_of(session_id) if session_id is not None else None


def _permission_id(permission_id: Annotated[str, _in_path("per")]) -> ids.PermissionID:
    try:
        return ids.permission_id(permission_id)
    except InvalidID as error:
        raise InvalidInput(error.message, field="permission_id") from error


def _question_id(question_id: Annotated[str, _in_path("que")]) -> ids.QuestionID:
    try:
        return ids.question_id(question_id)
    except InvalidID as error:
        raise InvalidInput(error.message, field="question_id") from error


TheServices = Annotated[Services, Depends(_services)]


async def _in_directory(
    services: TheServices,
    directory: Annotated[
        str | None, Query(max_length=4096, description="One that has sessions; omitted: the project's.")
    ] = None,
) -> str | None:
    """opencode would load the configuration, and run the plugins, of whatever directory it is asked about."""
    return await services.sessions.allowed_directory(directory) if directory is not None else None


TheActor = Annotated[Actor, Depends(_actor)]
TheSession = Annotated[ids.SessionID, Depends(_session_id)]
ThePty = Annotated[ids.PtyID, Depends(_pty_id)]
TheMessage = Annotated[ids.MessageID, Depends(_message_id)]
OneSession = Annotated[ids.SessionID | None, Depends(_one_session)]
InDirectory = Annotated[str | None, Depends(_in_directory)]
InSession = Annotated[ids.SessionID | None, Depends(_in_session)]
ThePermission = Annotated[ids.PermissionID, Depends(_permission_id)]
TheQuestion = Annotated[ids.QuestionID, Depends(_question_id)]
