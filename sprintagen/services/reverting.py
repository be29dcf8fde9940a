"""`Reverting`: undo and redo. A session goes back to before a prompt, messages and files, and forward again.

opencode keeps undone messages until the next prompt, which removes them for good; until then any of them comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen.errors import Conflict, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode.models import FileDiff, FilePart, TextPart, UserMessage
from sprintagen.services.message_view import has_visible_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import MessageWithParts, Part, Session
    from sprintagen.services.prompts import Prompts
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_access import SessionAccess
    from sprintagen.services.session_store import SessionStore


@dataclass(frozen=True, slots=True)
class RevertPreview:
    """What going back to before a prompt would change."""

    message_id: MessageID
    """The prompt it would go back to."""
    text: str
    """What the person said in it."""
    attachments: int
    """How many files came with it."""
    prompts: int
    """How many messages of the person would be undone, this one included."""
    messages: int
    """The same with the agent's."""
    files: tuple[FileDiff, ...]
    """What would be taken back in each file: the sum of what the undone turns changed, without patches."""


@dataclass(frozen=True, slots=True)
class UndonePrompt:
    """A message of the person that is undone and can come back."""

    message_id: MessageID
    text: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What is undone, as far as it is in memory."""

    prompts: tuple[UndonePrompt, ...]
    """The person's messages, oldest first."""
    is_whole: bool
    """False: there are earlier ones that are not in memory."""


class Reverting:
    """Undo and redo in the sessions of one server.

    Args:
        access: The way to the sessions.
        store: What is live.
        prompts: Messages waiting there stand in the way: the first to go out would remove what was undone.
        stop: Ends the running turn of a session.
    """

    def __init__(
        self,
        access: SessionAccess,
        store: SessionStore,
        prompts: Prompts,
        *,
        stop: Callable[[Actor, SessionID], Awaitable[None]],
    ) -> None:
        self._access = access
        self._store = store
        self._prompts = prompts
        self._stop = stop

    async def preview(self, actor: Actor, session_id: SessionID, message_id: MessageID | None = None) -> RevertPreview:
        """What going back to before a prompt would change; nothing is changed.

        Args:
            actor: Who asks.
            session_id: Where.
            message_id: A prompt; None: the last one that is not undone.

        Raises:
            NotFound: There is no such session, or no such prompt in it (any more).
        """
        session = await self._access.find(session_id)
        point = session.revert.message_id if session.revert is not None else None
        undone: list[MessageWithParts] = []
        async for message in self._access.newest_first(session_id):
            undone.append(message)
            if message.info.id == point:
                undone.clear()  # it and all after it are undone already
            elif isinstance(message.info, UserMessage) and message_id in (None, message.info.id):
                return _preview(message, undone)
        if message_id is None:
            raise NotFound("There is nothing to undo.", hint="This session has no message of yours.")
        raise NotFound("This message cannot be undone.", hint="It is undone or deleted already, or it is the agent's.")

    async def revert(
        self, actor: Actor, session_id: SessionID, message_id: MessageID, *, stop: bool = False
    ) -> Session:
        """Go back to before a prompt; also forward, to before one that is undone.

        Args:
            actor: Who wants it.
            session_id: Where.
            message_id: The prompt.
            stop: End a running turn first instead of refusing.

        Raises:
            NotFound: There is no such session, or no such prompt in it.
            Conflict: A turn runs, or messages wait to be sent.
        """
        await self._access.find(session_id)
        message = await self._prompt(session_id, message_id)
        self._check_queue(session_id)
        if stop and self._store.view(session_id).is_active:
            await self._stop(actor, session_id)
            await self._access.settle(session_id)
        await self._check(session_id)
        request = self._access.at(session_id).sessions.revert(session_id, message.info.id)
        session = await self._access.guarded(session_id, request)
        self._store.put_session(session)
        return session

    async def unrevert(self, actor: Actor, session_id: SessionID) -> Session:
        """Bring back everything that is undone; with nothing undone this changes nothing.

        Raises:
            NotFound: There is no such session.
            Conflict: A turn runs, or messages wait to be sent.
        """
        await self._check(session_id)
        session = await self._access.guarded(session_id, self._access.at(session_id).sessions.unrevert(session_id))
        self._store.put_session(session)
        return session

    async def redo(self, actor: Actor, session_id: SessionID, message_id: MessageID | None = None) -> Session:
        """Bring back undone messages up to the end of one prompt's turn.

        Args:
            actor: Who asks.
            session_id: Where.
            message_id: An undone prompt; None: the first of them.

        Raises:
            NotFound: There is no such session, or the prompt is not undone.
            Conflict: Nothing is undone, a turn runs, or messages wait to be sent.
        """
        session = await self._access.find(session_id)
        if session.revert is None:
            raise Conflict("Nothing is undone in this session.")
        messages = await self._access.messages_since(session_id, session.revert.message_id)
        prompts = [message.info.id for message in messages if isinstance(message.info, UserMessage)]
        wanted = prompts[0] if message_id is None and prompts else message_id
        if wanted not in prompts:
            raise NotFound("This message is not undone.")
        following = prompts[prompts.index(wanted) + 1 :]
        if following:
            return await self.revert(actor, session_id, following[0])
        return await self.unrevert(actor, session_id)

    def undone(self, session_id: SessionID) -> Undone | None:
        """What is undone in a session; None: nothing is. From memory."""
        view = self._store.view(session_id)
        if view.session is None or view.session.revert is None:
            return None
        prompts = tuple(
            UndonePrompt(message.info.id, said(part.part for part in message.parts.values()))
            for message in view.reverted.values()
            if isinstance(message.info, UserMessage) and has_visible_text(message)
        )
        return Undone(prompts, view.session.revert.message_id in view.reverted)

    async def _check(self, session_id: SessionID) -> None:
        await self._access.find_idle(session_id)
        self._check_queue(session_id)

    def _check_queue(self, session_id: SessionID) -> None:
        if any(prompt.state in ("queued", "sending") for prompt in self._prompts.queue(session_id)):
            raise Conflict(
                "Messages are waiting to be sent in this session.",
                hint="Wait until they are answered, or remove them: the next one sent removes what is undone.",
            )

    async def _prompt(self, session_id: SessionID, message_id: MessageID) -> MessageWithParts:
        try:
            message = await self._access.at(session_id).messages.get(session_id, message_id)
        except opencode_errors.NotFound as error:
            raise NotFound("This message does not exist.", hint="It may have been undone or deleted.") from error
        if not isinstance(message.info, UserMessage):
            raise NotFound("This is no message of yours.", hint="Choose one of your own messages to go back to.")
        return message


def said(parts: Iterable[Part]) -> str:
    """What a person said in a message, without what opencode put in for itself."""
    return "\n\n".join(
        part.text for part in parts if isinstance(part, TextPart) and not part.synthetic and not part.ignored
    )


def _preview(prompt: MessageWithParts, undone: Sequence[MessageWithParts]) -> RevertPreview:
    return RevertPreview(
        message_id=prompt.info.id,
        text=said(prompt.parts),
        attachments=sum(isinstance(part, FilePart) for part in prompt.parts),
        prompts=sum(isinstance(message.info, UserMessage) for message in undone),
        messages=len(undone),
        files=_files(reversed(undone)),
    )


def _files(messages: Iterable[MessageWithParts]) -> tuple[FileDiff, ...]:
    """The files the turns of these messages changed, in the order they were first changed."""
    by_file: dict[str, FileDiff] = {}
    for message in messages:
        for diff in message.info.diffs if isinstance(message.info, UserMessage) else ():
            before = by_file.get(diff.file, FileDiff(file=diff.file, status=diff.status))
            by_file[diff.file] = FileDiff(
                file=diff.file,
                additions=before.additions + diff.additions,
                deletions=before.deletions + diff.deletions,
                status=before.status,
            )
    return tuple(by_file.values())
