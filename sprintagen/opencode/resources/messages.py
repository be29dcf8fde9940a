"""Messages: reading them in pages, and the three ways to make a session work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.errors import WRONG_SERVER_HINT, UnreadableAnswer
from sprintagen.opencode.ids import MessageID, PartID, SessionID, message_id, part_id, session_id
from sprintagen.opencode.models.message import MessagePage, MessageWithParts, ModelRef, PlainPage
from sprintagen.opencode.resources.base import Resource, given, many, one
from sprintagen.opencode.resources.sessions import BLOCKING

if TYPE_CHECKING:
    import builtins

    from sprintagen.opencode.models.prompt import FilePrompt, PromptPart
    from sprintagen.opencode.transport import Answer


class Messages(Resource):
    """`client.messages`."""

    async def list(self, id: SessionID, *, limit: int | None = None, before: str | None = None) -> MessagePage:
        """Messages, oldest first.

        A text that is being written reads as empty here; only the event stream has it.

        Args:
            id: The session's.
            limit: The newest so many; None: all, which for an old session is megabytes.
            before: A page's `cursor`: the newest so many older than that page. Needs a limit.
        """
        answer = await self._page(id, limit, before)
        items = many(MessageWithParts, answer.data)
        return MessagePage(items=items, cursor=_cursor(answer))

    async def list_plain(self, id: SessionID, *, limit: int | None = None, before: str | None = None) -> PlainPage:
        """The same as the server sent it, nothing checked, for who reads many pages and keeps a little of each.

        Raises:
            UnreadableAnswer: It is no list.
        """
        answer = await self._page(id, limit, before)
        if not isinstance(answer.data, list):
            raise UnreadableAnswer("The opencode server's answer is not a list.", hint=WRONG_SERVER_HINT)
        return PlainPage([item for item in answer.data if isinstance(item, dict)], _cursor(answer))

    async def _page(self, id: SessionID, limit: int | None, before: str | None) -> Answer:
        if before is not None and limit is None:
            raise ValueError("before needs a limit")
        return await self._call("GET", "session", session_id(id), "message", query={"limit": limit, "before": before})

    async def get(self, id: SessionID, message: MessageID) -> MessageWithParts:
        return one(MessageWithParts, await self._get("session", session_id(id), "message", message_id(message)))

    async def delete(self, id: SessionID, message: MessageID) -> None:
        """Unknown ones are fine. Raises Busy while the session works."""
        await self._call("DELETE", "session", session_id(id), "message", message_id(message))

    async def delete_part(self, id: SessionID, message: MessageID, part: PartID) -> None:
        """Unknown ones are fine."""
        await self._call("DELETE", "session", session_id(id), "message", message_id(message), "part", part_id(part))

    async def prompt_async(
        self,
        sid: SessionID,
        *,
        parts: builtins.list[PromptPart],
        message_id: MessageID | None = None,
        agent: str | None = None,
        model: ModelRef | None = None,
        variant: str | None = None,
        no_reply: bool = False,
    ) -> None:
        """Hand over a prompt and return at once; everything else arrives as events, errors of the model included.

        The server answers before it has stored anything. A prompt sent while the session works is answered together
        with every other such prompt, once. Sending it again is harmless only with ids on the message and on each part.

        Args:
            sid: The session's.
            parts: The prompt.
            message_id: The id the user message shall have; None: the server makes one.
            agent: From now on the session's agent; None: as before. An unknown one arrives as an event.
            model: Likewise; its own `variant` counts if `variant` is None.
            variant: How hard the model shall think, by the names in `Model.variants`.
            no_reply: Only store it.
        """
        body = given(
            parts=[part.body() for part in parts],
            messageID=_message_id(message_id) if message_id is not None else None,
            agent=agent,
            model=_model(model),
            variant=variant if variant is not None or model is None else model.variant,
            noReply=True if no_reply else None,
        )
        await self._call("POST", "session", session_id(sid), "prompt_async", body=body)

    async def command(
        self,
        sid: SessionID,
        command: str,
        arguments: str = "",
        *,
        message_id: MessageID | None = None,
        agent: str | None = None,
        model: ModelRef | None = None,
        variant: str | None = None,
        parts: builtins.list[FilePrompt] | None = None,
        timeout: float = BLOCKING,
    ) -> MessageWithParts:
        """Run a slash command; returns the last message of its turn. The turn goes on if the wait is given up.

        It is not safe to repeat: the command's own shell lines would run twice, and its text would be stored twice.
        opencode reads what `@path` in the arguments names, inside the project or not.
        """
        body = given(
            command=command,
            arguments=arguments,
            messageID=_message_id(message_id) if message_id is not None else None,
            agent=agent,
            model=f"{model.provider_id}/{model.model_id}" if model else None,
            variant=variant,
            parts=[part.body() for part in parts] if parts else None,
        )
        answer = await self._call("POST", "session", session_id(sid), "command", body=body, timeout=timeout)
        return one(MessageWithParts, answer.data)

    async def shell(
        self,
        sid: SessionID,
        command: str,
        *,
        agent: str,
        model: ModelRef | None = None,
        message_id: MessageID | None = None,
        timeout: float = BLOCKING,
    ) -> MessageWithParts:
        """Run a shell line as a message. No permission is asked, and 1.18 expands `$variables` before it runs."""
        body = given(
            agent=agent,
            command=command,
            model=_model(model),
            messageID=_message_id(message_id) if message_id is not None else None,
        )
        answer = await self._call("POST", "session", session_id(sid), "shell", body=body, timeout=timeout)
        return one(MessageWithParts, answer.data)


_message_id = message_id


def _cursor(answer: Answer) -> str | None:
    return answer.headers.get("x-next-cursor") or None


def _model(model: ModelRef | None) -> dict[str, str] | None:
    return {"providerID": model.provider_id, "modelID": model.model_id} if model else None
