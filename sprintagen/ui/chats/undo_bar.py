"""`UndoBar`: above the composer while messages are undone: how many, which, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nicegui import ui

from sprintagen.opencode.ids import MessageID
from sprintagen.ui.chats.tools.base import first_line
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.reverting import Undone, UndonePrompt

Wanted = MessageID | Literal["next", "all"]
"""What to bring back: up to the end of a prompt's turn, the first prompt's turn, or everything."""


class UndoBar:
    """The bar; empty while nothing is undone.

    Args:
        on_redo: Bring these back.
    """

    def __init__(self, on_redo: Callable[[Wanted], Any]) -> None:
        self._on_redo = on_redo
        self._shown: Undone | None = None
        self._box = Region("undone").mark("undone")
        self._box.props["data-testid"] = "undone"

    def update(self, undone: Undone | None) -> None:
        """Show what is undone."""
        if undone == self._shown:
            return
        self._shown = undone
        self._box.clear()
        if undone is None:
            return
        several = len(undone.prompts) > 1
        with self._box:
            with ui.element("div").classes("undone__line") as line:
                line.props["role"] = "status"
                Icon("undo")
                with ui.element("div").classes("undone__words"):
                    ui.label(_words(undone)).classes("undone__count")
                    ui.label("The next message you send removes them for good.").classes("undone__soft")
                if several:
                    ActionButton("Redo all", on_click=lambda: self._on_redo("all"), testid="redo-all")
                ActionButton("Redo", icon="redo", kind="plain", on_click=lambda: self._on_redo("next"), testid="redo")
            if several:
                self._draw_list(undone.prompts)

    def _draw_list(self, prompts: tuple[UndonePrompt, ...]) -> None:
        def build() -> None:
            for prompt in prompts:
                with ui.element("div").classes("undone__prompt"):
                    ui.label(first_line(prompt.text, 200)).classes("undone__text")
                    ActionButton(
                        "Redo up to here", on_click=lambda message_id=prompt.message_id: self._on_redo(message_id)
                    )

        Fold(build).classes("undone__list").show(icon="list-checks", title="Which", detail="", testid="undone-list")


def _words(undone: Undone) -> str:
    count = len(undone.prompts)
    if count == 0:
        return "The end of the conversation is undone"
    more = "" if undone.is_whole else "More than "
    return f"{more}{count} message{'s' if count != 1 else ''} undone"
