"""How much of a session is drawn: messages are weighed by the height they will roughly have, in CSS pixels.

Only the browser knows real heights; it says what is far from the reader. The estimate decides how many messages are
drawn at a time, so that a click shows the end of any session with about the same work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models import ReasoningPart, StepFinishPart, StepStartPart, TextPart, ToolPart, UserMessage
from sprintagen.ui.chats.reading_runs import READS, SEARCHES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sprintagen.opencode.ids import MessageID
    from sprintagen.opencode.models import Part
    from sprintagen.services.session_view import MessageView, PartView

FIRST = 1100
"""Drawn at once when a session is opened: the end of it fills most windows."""
STEP = 1600
"""Drawn at a time when the reader comes near an end of what is drawn."""
MOST = 12_000
"""Drawn at most below a reader who follows the end in a window nobody looks at, where the browser says nothing."""
LINE = 22
COLUMNS = 85


def height_of(view: MessageView) -> int:
    """About how high the message will be."""
    is_user = isinstance(view.info, UserMessage)
    return max(4, (60 if is_user else 0) + sum(_part_height(part) for part in view.parts.values()))


def newest(ids: Iterable[MessageID], messages: Mapping[MessageID, MessageView], budget: int) -> list[MessageID]:
    """The first of `ids` that together reach a height; at least one when there is one."""
    taken: list[MessageID] = []
    for message_id in ids:
        if budget <= 0:
            break
        taken.append(message_id)
        budget -= height_of(messages[message_id])
    return taken


def _part_height(view: PartView) -> int:
    part: Part = view.part
    match part:
        case TextPart(synthetic=True) | TextPart(ignored=True) | StepStartPart() | StepFinishPart():
            return 0
        case TextPart():
            return 20 + LINE * min(700, view.text.count("\n") + 1 + view.length // COLUMNS)
        case ToolPart(tool=tool) if tool in READS or tool in SEARCHES:
            return 14  # most of them stand in a folded run
        case ToolPart() | ReasoningPart():
            return 32
        case _:
            return 30
