"""Reading a session from its beginning, though opencode only ever hands out the page before another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.services.message_view import MessageView
    from sprintagen.services.refs import Actor
    from sprintagen.services.sessions import MessagesPage, Sessions

PAGE = 50


class Reading:
    """The way through one session: the newest page, and where each page before it begins.

    What is said after the way was found is not part of it. Each page is read when it is wanted.
    """

    def __init__(self, sessions: Sessions, actor: Actor, session_id: SessionID, end: MessageID | None) -> None:
        self._sessions = sessions
        self._actor = actor
        self._session_id = session_id
        self._end = end
        self._newest: MessagesPage | None = None
        self._older: list[str] = []

    async def find(self) -> None:
        """Find the way; with this, every trouble that can be foreseen has been met.

        Raises:
            NotFound: There is no such session.
            OpencodeError: It could not be read.
        """
        self._newest = await self._sessions.messages(self._actor, self._session_id, limit=PAGE)
        cursor = self._newest.older
        while cursor is not None:
            self._older.append(cursor)
            cursor = (await self._page(cursor)).older

    async def pages(self) -> AsyncIterator[list[MessageView]]:
        """The messages, oldest first, up to the first that is undone."""
        for cursor in reversed(self._older):
            messages, is_end = self._cut((await self._page(cursor)).messages)
            yield messages
            if is_end:
                return
        if self._newest is not None:
            yield self._cut(self._newest.messages)[0]

    async def _page(self, cursor: str) -> MessagesPage:
        return await self._sessions.messages(self._actor, self._session_id, limit=PAGE, before=cursor)

    def _cut(self, messages: list[MessageView]) -> tuple[list[MessageView], bool]:
        at = next((n for n, message in enumerate(messages) if message.info.id == self._end), None)
        return (messages, False) if at is None else (messages[:at], True)
