"""`UndoBar`: above the composer while messages are undone: how many, which, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.tools.base import first_line
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sprintagen.opencode.ids import MessageID
    from sprintagen.services.reverting import UndonePrompt


class UndoBar:
    """The bar; empty while nothing is undone.

    Args:
        on_redo: Bring back up to the end of this prompt's turn; None: everything.
    """

    def __init__(self, on_redo: Callable[[MessageID | None], Any]) -> None:
        self._on_redo = on_redo
        self._shown: tuple[UndonePrompt, ...] | None = None
        self._box = Region("undone").mark("undone")
        self._box.props["data-testid"] = "undone"

    def update(self, prompts: Sequence[UndonePrompt] | None) -> None:
        """Show these undone prompts, oldest first.

        Args:
            prompts: None: nothing is undone; empty: something is, though no message of the person is among it.
        """
        shown = tuple(prompts) if prompts is not None else None
        if shown == self._shown:
            return
        self._shown = shown
        self._box.clear()
        if shown is None:
            return
        with self._box:
            with ui.element("div").classes("undone__line") as line:
                line.props["role"] = "status"
                Icon("undo")
                with ui.element("div").classes("undone__words"):
                    ui.label(_words(len(shown))).classes("undone__count")
                    ui.label("The next message you send removes them for good.").classes("undone__soft")
                if len(shown) > 1:
                    ActionButton("Redo all", on_click=lambda: self._on_redo(None), testid="redo-all")
                first = shown[0].message_id if shown else None
                ActionButton("Redo", icon="redo", kind="plain", on_click=lambda: self._on_redo(first), testid="redo")
            if len(shown) > 1:
                self._draw_list(shown)

    def _draw_list(self, prompts: tuple[UndonePrompt, ...]) -> None:
        def build() -> None:
            for prompt in prompts:
                with ui.element("div").classes("undone__prompt"):
                    ui.label(first_line(prompt.text, 200)).classes("undone__text")
                    ActionButton(
                        "Redo up to here", on_click=lambda message_id=prompt.message_id: self._on_redo(message_id)
                    )

        Fold(build).classes("undone__list").show(icon="list-checks", title="Which", detail="", testid="undone-list")


def _words(count: int) -> str:
    if count == 0:
        return "The end of the conversation is undone"
    return f"{count} message{'s' if count != 1 else ''} undone"
