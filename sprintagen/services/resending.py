"""`Resending`: ask the same again, or ask it in other words, in place of what was asked before."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING

from sprintagen.errors import Conflict, NotFound
from sprintagen.opencode.models import FilePart, UserMessage
from sprintagen.services import prompt_draft
from sprintagen.services.prompt_draft import PromptDraft, PromptFile
from sprintagen.services.reverting import said

if TYPE_CHECKING:
    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessageWithParts
    from sprintagen.services.prompts import Prompts, QueuedPrompt
    from sprintagen.services.refs import Actor
    from sprintagen.services.reverting import Reverting
    from sprintagen.services.session_access import SessionAccess


class Resending:
    """Sends prompts again, in the sessions of one server.

    Args:
        access: The way to the sessions.
        reverting: Takes back what the first attempt changed.
        prompts: Takes the second attempt.
    """

    def __init__(self, access: SessionAccess, reverting: Reverting, prompts: Prompts) -> None:
        self._access = access
        self._reverting = reverting
        self._prompts = prompts

    async def resend(
        self,
        actor: Actor,
        session_id: SessionID,
        message_id: MessageID | None = None,
        *,
        text: str | None = None,
        stop: bool = False,
        client_key: str | None = None,
    ) -> QueuedPrompt:
        """Undo a prompt with all that came after it, files included, and send it again.

        Its files, agent and model go with it. When the prompt cannot be stored, what was undone stays undone, and can
        be brought back.

        Args:
            actor: Who sends.
            session_id: Where.
            message_id: Which prompt; None: the last that is not undone.
            text: Other words for it; None: the same.
            stop: End a running turn first instead of refusing.
            client_key: See `Prompts.send`.

        Raises:
            NotFound: There is no such session, or no such prompt in it.
            Conflict: A turn runs, messages wait, or it has files that only its own client can send.
            InvalidInput: There is nothing in it.
            DatabaseError: It cannot be stored; it is not sent.
        """
        if (known := self._prompts.sent_with(actor, session_id, client_key)) is not None:
            return known  # asked a second time: nothing more is undone
        message = await self._message(session_id, message_id)
        draft = draft_of(message)
        if text is not None:
            draft = replace(draft, text=text)
        prompt_draft.check(draft)  # before anything is undone
        await self._reverting.revert(actor, session_id, message.info.id, stop=stop)
        return await self._prompts.send(actor, session_id, draft, client_key=client_key)

    async def _message(self, session_id: SessionID, message_id: MessageID | None) -> MessageWithParts:
        session = await self._access.find(session_id)
        point = session.revert.message_id if session.revert is not None else None
        is_undone = point is not None
        async for message in self._access.newest_first(session_id):
            if not is_undone and isinstance(message.info, UserMessage) and message_id in (None, message.info.id):
                return message
            if message.info.id == point:
                is_undone = False
        raise NotFound("This message cannot be sent again.", hint="It is undone or deleted, or it is the agent's.")


def draft_of(message: MessageWithParts) -> PromptDraft:
    """A message of a person as they could have written it here.

    Raises:
        Conflict: It has files that are named and not sent along, which is for opencode's own clients only.
    """
    info = message.info
    assert isinstance(info, UserMessage)
    files = [_file(part) for part in message.parts if isinstance(part, FilePart)]
    return PromptDraft(
        text=said(message.parts),
        files=tuple(files),
        agent=info.agent,
        model=info.model,
        variant=info.model.variant if info.model is not None else None,
    )


def _file(part: FilePart) -> PromptFile:
    head, _, data = part.url.partition(",")
    if not head.startswith("data:") or not head.endswith(";base64"):
        raise _FOREIGN
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise _FOREIGN from error
    return PromptFile(part.filename or "file", part.mime, content)


_FOREIGN = Conflict(
    "This message names files of the server, which only the client it was sent from can do.",
    hint="Edit the message instead and write the files' paths into it.",
)
