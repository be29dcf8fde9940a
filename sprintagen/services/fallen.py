"""`Fallen`: what the turns changed that fell out of a session's live end, in numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models import FileDiff, UserMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.opencode.ids import MessageID
    from sprintagen.services.message_view import MessageView


class Fallen:
    """Of one session, for as long as its live end goes on from there."""

    def __init__(self) -> None:
        self._cursor: str | None = None
        """Where the live end begins."""
        self._diffs: dict[MessageID, list[FileDiff]] = {}

    def take(self, messages: Iterable[MessageView], cursor: str | None) -> None:
        """Messages fell out; the live end begins where opencode's cursor says. Without one they were only overheard
        and come again."""
        self._cursor = cursor
        for message in messages if cursor is not None else ():
            if isinstance(message.info, UserMessage) and (diffs := message.info.diffs):
                self._diffs[message.info.id] = [diff.model_copy(update={"patch": None}) for diff in diffs]

    def check(self, cursor: str | None) -> None:
        """The live end has been read anew and begins here: if that is elsewhere, nothing is known of what is before."""
        if cursor != self._cursor:
            self._diffs.clear()

    def remove(self, message_id: MessageID) -> None:
        """The message is gone."""
        self._diffs.pop(message_id, None)

    def diffs(self, point: MessageID | None) -> list[FileDiff]:
        """What they changed, up to a message that is undone with all after it."""
        return [one for id_, diffs in self._diffs.items() if point is None or id_ < point for one in diffs]
