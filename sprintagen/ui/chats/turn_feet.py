"""What stands at the foot of each turn: its facts and what it changed, under the last of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models import AssistantMessage
from sprintagen.services.message_view import has_visible_text
from sprintagen.ui.chats.turn_changes import changes_of
from sprintagen.ui.chats.turn_facts import turn_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sprintagen.opencode.ids import MessageID
    from sprintagen.services.session_view import MessageView
    from sprintagen.ui.chats.message_view import MessageElement


def show_facts(
    ids: Iterable[MessageID],
    stretch: dict[MessageID, MessageView],
    drawn: Mapping[MessageID, MessageElement],
    *,
    reaches_end: bool,
    active: bool,
    model_name: Callable[[str, str], str],
) -> None:
    """Bring the feet of the turns of some messages up to date.

    Args:
        ids: The messages.
        stretch: What the reader has, oldest first and without a hole.
        drawn: What of it is on the page.
        reaches_end: Whether the stretch goes on to the live end.
        active: A turn is running.
        model_name: The name for a provider id and a model id.
    """
    turns: dict[MessageID | None, list[MessageView]] = {}
    for view in stretch.values():
        if isinstance(view.info, AssistantMessage):
            turns.setdefault(view.info.parent_id, []).append(view)
    wanted: dict[MessageID | None, None] = {}
    for id_ in ids:
        info = stretch[id_].info if id_ in stretch else None
        wanted[info.parent_id if isinstance(info, AssistantMessage) else id_] = None
    last = next(reversed(stretch), None)
    for parent in wanted:
        steps = turns.get(parent, [])
        prompt = stretch.get(parent) if parent else None
        for step in steps:
            element = drawn.get(step.info.id)
            if element is None:
                continue
            is_open = step.info.id == last and (active or not reaches_end)
            facts: tuple[str, ...] = ()
            if step is steps[-1] and not (is_open and not reaches_end):
                facts = turn_facts(
                    [one.info for one in steps if isinstance(one.info, AssistantMessage)],
                    prompt.info if prompt else None,
                    active=is_open,
                    model_name=model_name,
                )
            is_last = step.info.id == last and reaches_end and prompt is not None and has_visible_text(prompt)
            element.show_facts(facts, changes_of(prompt.info) if facts and prompt else (), is_last=is_last)
