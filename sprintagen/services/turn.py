"""One prompt's turn as far as the server knows it: asked over REST when the events leave a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sprintagen.opencode import errors
from sprintagen.opencode.models import AssistantMessage, MessageError, TextPrompt, UserMessage
from sprintagen.services.message_view import has_visible_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessageWithParts, PromptPart
    from sprintagen.services.session_view import SessionView

Turn = Literal["absent", "working", "unanswered", "ended"]
_PAGE = 50
_PAGES = 20


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
) -> Turn:
    """How far the turn is, by the server's own records.

    A server that was killed while it stored a prompt has a message without its text: that counts as absent.

    Args:
        client: In the session's directory.
        session_id: The session.
        message_id: Of the prompt.
        parts: What the message has to hold.
    """
    page = await client.messages.list(session_id, limit=_PAGE)
    status = (await client.sessions.statuses()).get(session_id)
    is_busy = status is not None and status.type != "idle"
    ids = [item.info.id for item in page.items]
    message = page.items[ids.index(message_id)] if message_id in ids else await _get(client, session_id, message_id)
    if message is None:
        return "absent"
    if is_busy:
        return "working"
    if not _is_whole(message, parts):
        return "absent"
    after = page.items[ids.index(message_id) + 1 :] if message_id in ids else page.items
    return "ended" if any(isinstance(item.info, AssistantMessage) for item in after) else "unanswered"


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
    if info.error is None and info.time.completed is None:
        return MessageError(name="Interrupted", data={"message": "opencode stopped before the answer was complete."})
    return info.error


async def _get(client: OpencodeClient, session_id: SessionID, message_id: MessageID) -> MessageWithParts | None:
    try:
        return await client.messages.get(session_id, message_id)
    except errors.NotFound:
        return None


def _is_whole(message: MessageWithParts, parts: Sequence[PromptPart]) -> bool:
    """Whether its text is there; of files the server makes parts of its own, so any part will do."""
    stored = {part.id for part in message.parts}
    texts = [part.id for part in parts if isinstance(part, TextPrompt)]
    return all(id_ in stored for id_ in texts) and (bool(stored) or not parts)
