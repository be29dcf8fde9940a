"""Prompts on their way: seen below the last message from the moment they are sent until they are messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.tools.base import first_line
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.services.prompts import QueuedPrompt
    from sprintagen.services.session_view import SessionView


def waiting(prompts: Sequence[QueuedPrompt], view: SessionView) -> list[QueuedPrompt]:
    """Those of a session's prompts that stay where they are for now; the rest is on its way, or a message already."""
    return [
        prompt
        for index, prompt in enumerate(prompts)
        if prompt.message_id not in view.messages
        and (prompt.state == "failed" or (prompt.state == "queued" and (prompt.reason or view.is_active or index > 0)))
    ]


class QueueList:
    """The prompts that are about to be messages."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._box = Region("queue").mark("queue")
        self._box.props["data-testid"] = "queue"

    def update(self, prompts: Sequence[QueuedPrompt], view: SessionView) -> None:
        """Draw those of them that are on their way, if they are others than before."""
        waits = {prompt.id for prompt in waiting(prompts, view)}
        going = [one for one in prompts if one.message_id not in view.messages and one.id not in waits]
        if (shown := [prompt.id for prompt in going]) == self._shown:
            return
        self._shown = shown
        self._box.clear()
        with self._box:
            for prompt in going:
                with ui.element("div").classes("queued") as box:
                    box.props["data-testid"] = "queued-prompt"
                    box.props["data-state"] = prompt.state
                    ui.label(first_line(prompt.draft.text, 400) or "Attached files").classes(
                        "bubble__text queued__text"
                    )
                    with ui.element("div").classes("queued__line"):
                        ui.label("Sending")
