"""`MessageView` and `PartView`: one message as it stands, and how its parts take in newer news.

A part's text while it streams is only here; the rules that keep it through repeated and late news are the functions
below the classes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sprintagen.opencode.models import AssistantMessage, FilePart, ReasoningPart, SubtaskPart, TextPart, ToolPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sprintagen.opencode.ids import MessageID, PartID
    from sprintagen.opencode.models import Message, MessageWithParts, Part

HOLE = " […] "
"""Stands in a text where words are missing that were said while nobody heard them."""

GOES_ON = ("tool-calls", "unknown")
"""What a step has finished with after which the same turn has another."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_TOOL_ORDER = {"pending": 0, "running": 1, "completed": 2, "error": 2}


class PartView:
    """One part, with its text as far as it has been said.

    Args:
        part: The part as opencode last described it.
        text: Its text so far; omitted: the part's own.
    """

    __slots__ = ("_chunks", "_is_torn", "_length", "_text", "is_partial", "part")

    def __init__(self, part: Part, text: str | None = None) -> None:
        self.part = part
        self.is_partial = False
        """Deltas were missed: the text has a hole until opencode sends the finished part."""
        self._is_torn = False
        self._text = _own_text(part) if text is None else text
        self._chunks: list[str] = []
        self._length = len(self._text)

    def __repr__(self) -> str:
        return f"PartView({self.part.type} {self.part.id}, {self._length} characters)"

    @property
    def text(self) -> str:
        """Text of a text or reasoning part; may run ahead of `part.text` while it streams."""
        if self._chunks:
            self._text += "".join(self._chunks)
            self._chunks.clear()
        return self._text

    @property
    def length(self) -> int:
        """Characters in `text`, without putting it together."""
        return self._length

    @property
    def is_finished(self) -> bool:
        """Whether opencode has closed the part: nothing will be appended to it."""
        if isinstance(self.part, TextPart | ReasoningPart):
            return self.part.time is None or self.part.time.end is not None
        return not isinstance(self.part, ToolPart) or self.part.state.status in ("completed", "error")

    def tear(self) -> None:
        """What comes next does not join what is here."""
        self.is_partial = self._is_torn = True

    def append(self, delta: str) -> tuple[int, str]:
        """Add streamed text; returns the character at which it was put, and what was put there: after a tear `HOLE`
        comes first."""
        at = self._length
        if self._is_torn:
            delta, self._is_torn = HOLE + delta, False
        self._chunks.append(delta)
        self._length = at + len(delta)
        return at, delta

    def after(self, part: Part) -> PartView:
        """The same text under a newer description of the part."""
        view = PartView(part, self.text)
        view.is_partial, view._is_torn = self.is_partial, self._is_torn
        return view


class MessageView:
    """One message and its parts in opencode's order."""

    __slots__ = ("info", "parts")

    def __init__(self, info: Message, parts: dict[PartID, PartView] | None = None) -> None:
        self.info = info
        self.parts: dict[PartID, PartView] = {} if parts is None else parts

    def __repr__(self) -> str:
        return f"MessageView({self.info.role} {self.info.id}, {len(self.parts)} parts)"


def order(info: Message) -> tuple[datetime, str]:
    """What messages are sorted by: time, then id."""
    time = getattr(info, "time", None)
    return (getattr(time, "created", None) or _EARLIEST, info.id)


def in_order(messages: dict[MessageID, MessageView]) -> dict[MessageID, MessageView]:
    return dict(sorted(messages.items(), key=lambda item: order(item[1].info)))


def split(
    messages: dict[MessageID, MessageView], point: MessageID
) -> tuple[dict[MessageID, MessageView], dict[MessageID, MessageView]]:
    """The messages before a point, and it and those after it."""
    ids = list(messages)
    if point in messages:
        cut = ids.index(point)
    else:  # the point lies in a page that is not here: ids ascend with time
        cut = next((number for number, id_ in enumerate(ids) if id_ > point), len(ids))
    return {id_: messages[id_] for id_ in ids[:cut]}, {id_: messages[id_] for id_ in ids[cut:]}


def insert(parts: dict[PartID, PartView], part_id: PartID, view: PartView) -> None:
    """Add a part where its id says; they come in order but for a few."""
    last = next(reversed(parts), None)
    parts[part_id] = view
    if last is not None and part_id < last:
        ordered = sorted(parts.items())
        parts.clear()
        parts.update(ordered)


def is_regress(known: PartView, part: Part) -> bool:
    """Whether an update is older than what is known (a replay around a snapshot)."""
    if isinstance(part, ToolPart) and isinstance(known.part, ToolPart):
        if part.call_id != known.part.call_id:
            return False
        return _TOOL_ORDER.get(part.state.status, 1) < _TOOL_ORDER.get(known.part.state.status, 1)
    if isinstance(part, TextPart | ReasoningPart) and part.time is not None and part.time.end is None:
        return known.is_finished and known.part.type == part.type
    return False


def advanced(known: PartView, part: Part) -> PartView:
    """The part after an update: the update's text, except that an unfinished part never loses what it has said."""
    view = PartView(part)
    if not view.is_finished and (known.length > view.length or known.text == view.text):
        return known.after(part)
    return view


def from_snapshot(known: PartView, part: Part) -> PartView:
    """The part after a snapshot, which may be older or (for text in flight) emptier than what is known."""
    return known if is_regress(known, part) else advanced(known, part)


def merged(
    message: MessageWithParts, known: MessageView | None, said: Mapping[PartID, str] | None = None
) -> MessageView:
    """A message read over REST with the text that has been streamed since, as far as it is known here.

    Args:
        message: As it was read.
        known: As it stands here.
        said: Text that was heard before the message was unloaded, and that opencode has never stored.
    """
    view = MessageView(message.info)
    for part in message.parts:
        before = known.parts.get(part.id) if known is not None else None
        if before is None and said and part.id in said:
            before = PartView(part, said[part.id])
            before.tear()
        now = PartView(part) if before is None else from_snapshot(before, part)
        if before is None and isinstance(part, TextPart | ReasoningPart) and not now.is_finished:
            now.tear()  # its beginning was said before anybody listened
        view.parts[part.id] = now
    return view


def unstored_text(messages: Iterable[MessageView]) -> dict[PartID, str]:
    """What was said and can be read nowhere but here: the text of parts opencode has not finished."""
    return {
        part_id: part.text
        for message in messages
        for part_id, part in message.parts.items()
        if not part.is_finished and part.length > len(_own_text(part.part))
    }


def is_whole(info: AssistantMessage) -> bool:
    """Whether the answer has been said to its end. A server that is killed between the last word and the end of the
    turn leaves a message that is whole and never `completed`."""
    return info.error is None and info.finish is not None and info.finish not in GOES_ON


def has_visible_text(message: MessageWithParts | MessageView) -> bool:
    """Whether a message carries something a person said or attached, not only what opencode put in for itself."""
    parts = message.parts.values() if isinstance(message, MessageView) else message.parts
    for item in parts:
        part = item.part if isinstance(item, PartView) else item
        if isinstance(part, TextPart) and not part.synthetic:
            return True
        if isinstance(part, FilePart | SubtaskPart):
            return True
    return False


def _own_text(part: Part) -> str:
    return part.text if isinstance(part, TextPart | ReasoningPart) else ""
