"""One prompt's turn as far as the server knows it: asked over REST when the events leave a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sprintagen.opencode import errors
from sprintagen.opencode.models import AssistantMessage, MessageError, StepStartPart, UserMessage
from sprintagen.services.message_view import has_visible_text, is_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessageWithParts, PromptPart
    from sprintagen.services.session_view import SessionView

Turn = Literal["absent", "working", "unanswered", "dead", "ended"]
"""`unanswered`: the message is there, perhaps not whole. `dead`: its answer was begun, says nothing, is not closed."""
_PAGE = 50
_PAGES = 20


class Found(NamedTuple):
    """What the server has."""

    turn: Turn
    stored: frozenset[str] = frozenset()
    """Those of the prompt's parts that it holds."""
    husks: tuple[MessageID, ...] = ()
    """Answers that were begun and say nothing."""


def has_ended(view: SessionView, message_id: MessageID) -> bool:
    """Whether the events say so: the session is idle and the last step that answers the prompt is complete.

    Idle alone does not: after an error or an abort it comes once before the last message and once after it.
    """
    if view.is_active:
        return False
    for message in reversed(view.messages.values()):
        info = message.info
        if isinstance(info, AssistantMessage) and info.parent_id == message_id:
            return info.time.completed is not None
        if info.id == message_id:
            return False
    return False


async def look_up(
    client: OpencodeClient, session_id: SessionID, message_id: MessageID, parts: Sequence[PromptPart] = ()
) -> Found:
    """How far the turn is, by the server's own records.

    A server that is killed right after its start leaves a message without its text, or an answer in which nothing is
    said. A turn that failed or was stopped always has an answer that is `completed` (seen with 1.18.33).

    Args:
        client: In the session's directory.
        session_id: The session.
        message_id: Of the prompt.
        parts: What the message has to hold.
    """
    page = await client.messages.list(session_id, limit=_PAGE)
    status = (await client.sessions.statuses()).get(session_id)
    ids = [item.info.id for item in page.items]
    message = page.items[ids.index(message_id)] if message_id in ids else await _get(client, session_id, message_id)
    if message is None:
        return Found("absent")
    stored = frozenset(part.id for part in message.parts) & {part.id for part in parts if part.id is not None}
    if status is not None and status.type != "idle":
        return Found("working", stored)
    after = page.items[ids.index(message_id) + 1 :] if message_id in ids else page.items
    answers = [(item.info, item) for item in after if isinstance(item.info, AssistantMessage)]
    has_more = answers and message_id not in ids
    if has_more or any(info.time.completed is not None or info.error or _says(item) for info, item in answers):
        return Found("ended", stored)
    if answers:
        return Found("dead", stored, tuple(info.id for info, _ in answers if info.parent_id == message_id))
    return Found("unanswered", stored)


async def answer(client: OpencodeClient, session_id: SessionID, message_id: MessageID) -> list[MessageWithParts]:
    """The assistant's messages that answer the prompt, from it to the next thing a person said."""
    items: list[MessageWithParts] = []
    cursor: str | None = None
    for _ in range(_PAGES):
        page = await client.messages.list(session_id, limit=_PAGE, before=cursor)
        items = [*page.items, *items]
        cursor = page.cursor
        if cursor is None or any(item.info.id == message_id for item in page.items):
            break
    found: list[MessageWithParts] = []
    is_after = False
    for item in items:
        if item.info.id == message_id:
            is_after = True
        elif is_after and isinstance(item.info, UserMessage) and has_visible_text(item):
            break
        elif is_after and isinstance(item.info, AssistantMessage):
            found.append(item)
    return found


def error_of(messages: list[MessageWithParts]) -> MessageError | None:
    """Why the answer is none or not whole; None when it is."""
    if not messages:
        return None
    info = messages[-1].info
    if not isinstance(info, AssistantMessage):
        return None
    if info.error is None and info.time.completed is None and not is_whole(info):
        return MessageError(name="Interrupted", data={"message": "opencode stopped before the answer was complete."})
    return info.error


async def _get(client: OpencodeClient, session_id: SessionID, message_id: MessageID) -> MessageWithParts | None:
    try:
        return await client.messages.get(session_id, message_id)
    except errors.NotFound:
        return None


def _says(message: MessageWithParts) -> bool:
    """Whether the model, or a tool, did anything a person could have seen."""
    return any(not isinstance(part, StepStartPart) for part in message.parts)
