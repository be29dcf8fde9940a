"""`/events`: what happens, as it happens, for any number of readers over the one stream we have from opencode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from sprintagen.api.deps import OneSession, TheActor, TheServices
from sprintagen.api.schemas.asks import PermissionOut, QuestionsOut
from sprintagen.api.schemas.messages import ErrorOut, MessageOut, PartOut
from sprintagen.api.sse import EventStreamResponse, frame
from sprintagen.opencode import events, ids

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sprintagen.services import Services

router = APIRouter(tags=["events"])


@router.get("/events", response_class=StreamingResponse)
async def stream_events(
    services: TheServices,
    _actor: TheActor,
    session_id: OneSession,
    last_event_id: Annotated[int | None, Header(description="The last `id` you had: what came since is sent.")] = None,
) -> EventStreamResponse:
    """Server-sent events: `event` is opencode's name for it, `data` our JSON, `id` a number that grows.

    The first is `connected`; its `missed` says that events since your Last-Event-ID are lost, as they are after a
    long break: then read what you follow anew. A reader that falls far behind gets `overflow`, and the stream ends.
    A comment comes in every ten silent seconds.
    """
    return EventStreamResponse(_frames(services, session_id, last_event_id))


async def _frames(services: Services, session_id: ids.SessionID | None, after: int | None) -> AsyncIterator[bytes]:
    with services.feed.subscribe(session_id, after=after) as reader:
        yield frame("connected", {"server": services.feed.connection.state, "missed": reader.missed})
        async for item in reader:
            if item.event is None:
                yield frame("overflow", {"reason": "This reader fell too far behind."})
                return
            if not isinstance(item.event, events.ServerHeartbeat | events.ServerConnected):
                yield frame(item.event.type, _data(item.event), event_id=item.id)


def _data(event: events.Event) -> dict[str, Any]:
    """The event rebuilt from our models; of an unknown kind only its name goes out."""
    match event:
        case events.PartDelta():
            return {
                "session_id": event.session_id,
                "message_id": event.message_id,
                "part_id": event.part_id,
                "field": event.field,
                "delta": event.delta,
            }
        case events.PartUpdated():
            part = event.part
            return {
                "session_id": part.session_id,
                "message_id": part.message_id,
                "part": PartOut.of(part).model_dump(mode="json", exclude_none=True),
            }
        case events.MessageUpdated():
            message = MessageOut.of(event.info).model_dump(mode="json", exclude_none=True, exclude={"parts"})
            return {"session_id": event.info.session_id, "message": message}
        case events.SessionCreated() | events.SessionUpdated() | events.SessionDeleted():
            info = event.info
            return {"session_id": info.id, "title": info.title, "directory": info.directory}
        case events.SessionStatusChanged():
            status = event.status
            return {"session_id": event.session_id, "status": status.type, "message": status.message}
        case events.SessionErrored():
            error = ErrorOut.of(event.error).model_dump(mode="json", exclude_none=True)
            return {"session_id": event.session_id, "error": error}
        case events.PermissionAsked():
            return PermissionOut.of(event.request).model_dump(mode="json")
        case events.QuestionAsked():
            return QuestionsOut.of(event.request).model_dump(mode="json")
        case events.TodoUpdated():
            todos = [
                {"content": todo.content, "status": todo.status, "priority": todo.priority} for todo in event.todos
            ]
            return {"session_id": event.session_id, "todos": todos}
        case _:
            named = ("session_id", "message_id", "part_id", "request_id", "reply", "branch")
            return {name: value for name in named if (value := getattr(event, name, None)) is not None}
