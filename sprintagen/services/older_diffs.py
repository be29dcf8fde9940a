"""`OlderDiffs`: what the turns before a session's live end did to its files, joined into one change for each file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sprintagen.services.changed_file import join_notes, notes_in

if TYPE_CHECKING:
    from sprintagen.opencode.models import PlainPage
    from sprintagen.services.changed_file import FileChange
    from sprintagen.services.session_index import FetchPlain
    from sprintagen.services.session_view import SessionView


class OlderDiffs:
    """One session's; read when first asked for, page by page, and let go of with the `History` it belongs to.

    Args:
        live: The session's end, which reaches back to `older_cursor` and is not in here.
        fetch: Reads the page before a cursor.
    """

    def __init__(self, live: SessionView, fetch: FetchPlain) -> None:
        self._live = live
        self._fetch = fetch
        self._known: dict[str, FileChange] = {}
        self._key: tuple[str | None, str | None] | None = None
        """The cursor and the revert it was read for."""
        self._cleared = 0
        """How often; what is being read meanwhile may be wrong."""
        self._lock = asyncio.Lock()

    async def read(self) -> dict[str, FileChange]:
        """By path; two who ask at once share the reading.

        Raises:
            OpencodeError: A page cannot be read.
        """
        async with self._lock:
            while self._key != (key := self._wanted()):  # the live end may become shorter while pages are read
                found: dict[str, FileChange] = {}
                cleared = self._cleared
                cursor, point = key
                while cursor is not None:
                    page = await self._fetch(self._live.session_id, cursor)
                    await asyncio.to_thread(_take, found, page, point)
                    cursor = page.cursor
                if cleared == self._cleared:
                    self._known, self._key = found, key
            return self._known

    def _wanted(self) -> tuple[str | None, str | None]:
        session = self._live.session
        return self._live.older_cursor, session.revert.message_id if session is not None and session.revert else None

    def clear(self) -> None:
        """Messages are gone or may be different: read again when asked."""
        self._key = None
        self._cleared += 1


def _take(found: dict[str, FileChange], page: PlainPage, point: str | None) -> None:
    for item in reversed(page.items):
        info = item.get("info")
        if isinstance(info, dict) and info.get("role") == "user":
            message_id = info.get("id")
            if point is not None and isinstance(message_id, str) and message_id >= point:
                continue  # undone; ids ascend with time
            join_notes(found, notes_in(info.get("summary")), are_older=True)
