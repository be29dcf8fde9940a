"""`SessionTexts`: what can be read in a session before its live end, newest first, as far as memory is granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sprintagen.services.readable import Words, words_of
from sprintagen.services.session_index import created_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from sprintagen.opencode.models import PlainPage
    from sprintagen.services.session_index import FetchPlain
    from sprintagen.services.session_view import SessionView

KEPT = 24 * 1024 * 1024
"""Characters of a session that are kept; what is older is read again for each search."""


class MessageText(NamedTuple):
    """The words of one message."""

    message_id: str
    role: str
    at: int
    """When it was made, in epoch milliseconds."""
    parts: list[Words]


@dataclass(slots=True)
class TextPage:
    """The words of one page."""

    messages: list[MessageText]
    """Newest first."""
    older: str | None
    """The cursor of the page before; None: this is the beginning."""
    size: int
    """Characters."""
    is_kept: bool = False
    """Whether it need not be read again."""


class SessionTexts:
    """One session's.

    Args:
        live: Its end, which reaches back to `older_cursor` and is not in here.
        fetch: Reads the page before a cursor.
    """

    def __init__(self, live: SessionView, fetch: FetchPlain) -> None:
        self._live = live
        self._fetch = fetch
        self._kept: dict[str, TextPage] = {}
        self._size = 0

    @property
    def size(self) -> int:
        """Characters in memory."""
        return self._size

    async def pages(self, before: str | None) -> AsyncGenerator[TextPage]:
        """Every page before a cursor, as the live end has one, newest first; those that are not here are read.

        Raises:
            OpencodeError: One cannot be read.
        """
        cursor = before
        while cursor is not None:
            page = self._kept.get(cursor)
            if page is None:
                kept = self._kept
                page = _page_of(await self._fetch(self._live.session_id, cursor))
                if kept is self._kept and cursor not in kept and self._size + page.size <= KEPT:
                    page.is_kept = True
                    kept[cursor] = page
                    self._size += page.size
            yield page
            cursor = page.older

    def remove(self, message_id: str) -> None:
        """A message is gone."""
        for page in self._kept.values():
            page.messages = [message for message in page.messages if message.message_id != message_id]

    def clear(self) -> None:
        """Forget all of it."""
        self._kept = {}
        self._size = 0


def _page_of(page: PlainPage) -> TextPage:
    messages: list[MessageText] = []
    for item in reversed(page.items):
        info = item.get("info")
        if isinstance(info, dict) and isinstance(message_id := info.get("id"), str):
            messages.append(MessageText(message_id, str(info.get("role", "")), created_of(info), words_of(item)))
    size = sum(len(words.text) for message in messages for words in message.parts)
    return TextPage(messages, page.cursor, size)
