"""Prompts that wait: visible, in order, each with a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.tools.base import first_line
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sprintagen.services.prompts import PromptState, QueuedPrompt


class QueueList:
    """The prompts that are not messages yet.

    Args:
        on_remove: Take one out again, by its id.
        on_retry: Try a failed one again.
    """

    def __init__(self, on_remove: Callable[[str], Awaitable[bool]], on_retry: Callable[[str], Awaitable[bool]]) -> None:
        self._on_remove = on_remove
        self._on_retry = on_retry
        self._shown: list[tuple[str, PromptState, str]] = []
        self._box = Region("queue").mark("queue")
        self._box.props["data-testid"] = "queue"

    def update(self, prompts: Sequence[QueuedPrompt]) -> None:
        """Draw these, if they are others than before."""
        shown = [(prompt.id, prompt.state, prompt.reason) for prompt in prompts]
        if shown == self._shown:
            return
        self._shown = shown
        self._box.clear()
        place = 0
        with self._box:
            for prompt in prompts:
                place += prompt.state == "queued"
                self._draw(prompt, place)

    def _draw(self, prompt: QueuedPrompt, place: int) -> None:
        with ui.element("div").classes("queued") as box:
            box.props["data-testid"] = "queued-prompt"
            box.props["data-state"] = prompt.state
            ui.label(first_line(prompt.draft.text, 400)).classes("bubble__text queued__text")
            with ui.element("div").classes("queued__line"):
                if prompt.state == "failed":
                    ui.label(f"Not sent: {prompt.reason}" if prompt.reason else "Not sent").classes("queued__failed")
                    if prompt.hint:
                        ui.label(prompt.hint)
                    ActionButton("Try again", icon="refresh", on_click=lambda id_=prompt.id: self._on_retry(id_))
                elif prompt.state == "queued":
                    ui.label(
                        prompt.reason or (f"Waiting, number {place} in line" if place > 1 else "Waiting, next in line")
                    )
                else:
                    ui.label("Sending")
                if prompt.state in ("queued", "failed"):
                    ActionButton("Remove", icon="close", on_click=lambda id_=prompt.id: self._on_remove(id_))
