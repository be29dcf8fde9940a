"""What every route needs: the services, who asks, and ids checked before they go anywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from sprintagen.errors import InvalidInput
from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID
from sprintagen.services import Services
from sprintagen.services.refs import Actor


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor  # put there by the guard, without which no request arrives
    return actor


def _session_id(session_id: Annotated[str, Path(description="An id such as `ses_…`.")]) -> ids.SessionID:
    try:
        return ids.session_id(session_id)
    except InvalidID as error:
        raise InvalidInput(error.message, field="session_id") from error


def message_id_of(text: str) -> ids.MessageID:
    """The id, or a 422 that names the field."""
    try:
        return ids.message_id(text)
    except InvalidID as error:
        raise InvalidInput(error.message, field="message_id") from error


def _message_id(message_id: Annotated[str, Path(description="An id such as `msg_…`.")]) -> ids.MessageID:
    return message_id_of(message_id)


def _one_session(
    session_id: Annotated[str | None, Query(description="Only this session's, and its subagents'.")] = None,
) -> ids.SessionID | None:
    return _session_id(session_id) if session_id is not None else None


def _permission_id(permission_id: Annotated[str, Path(description="An id such as `per_…`.")]) -> ids.PermissionID:
    try:
        return ids.permission_id(permission_id)
    except InvalidID as error:
        raise InvalidInput(error.message, field="permission_id") from error


def _question_id(question_id: Annotated[str, Path(description="An id such as `que_…`.")]) -> ids.QuestionID:
    try:
        return ids.question_id(question_id)
    except InvalidID as error:
        raise InvalidInput(error.message, field="question_id") from error


TheServices = Annotated[Services, Depends(_services)]
TheActor = Annotated[Actor, Depends(_actor)]
TheSession = Annotated[ids.SessionID, Depends(_session_id)]
TheMessage = Annotated[ids.MessageID, Depends(_message_id)]
OneSession = Annotated[ids.SessionID | None, Depends(_one_session)]
ThePermission = Annotated[ids.PermissionID, Depends(_permission_id)]
TheQuestion = Annotated[ids.QuestionID, Depends(_question_id)]
