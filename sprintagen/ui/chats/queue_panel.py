"""Prompts that wait, above the composer: in order, each can be moved, changed, sent now or taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.tools.base import first_line
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sprintagen.services.prompts import QueuedPrompt

EDITABLE = 100_000
"""Characters that are edited in place; the browser's answer has to fit into one message of the socket."""


@dataclass(frozen=True, slots=True)
class QueueActions:
    """What can be done with a waiting prompt, by its id. The awaitables answer whether it worked."""

    on_remove: Callable[[str], Awaitable[bool]]
    on_retry: Callable[[str], Awaitable[bool]]
    on_move: Callable[[str, int], Awaitable[bool]]
    on_edit: Callable[[str, str], Awaitable[bool]]
    on_send_now: Callable[[str], Awaitable[bool]]


class QueueEdit(ui.element, component="queue_edit.js"):
    """A field with a waiting prompt's words."""

    def __init__(self, text: str, on_save: Callable[[str], Any], on_leave: Callable[[], Any]) -> None:
        super().__init__()
        self._props["text"] = text
        self.on("save", lambda event: on_save(event.args) if isinstance(event.args, str) else None)
        self.on("leave", on_leave, args=[])

    def let_go(self) -> None:
        """What is edited has been sent as it was."""
        self._props["gone"] = True
        self.update()


class QueuePanel:
    """The waiting prompts of the open session.

    Args:
        actions: What the person does.
        on_words: Takes words that came too late for their prompt.
    """

    def __init__(self, actions: QueueActions, on_words: Callable[[str], Any]) -> None:
        self._actions = actions
        self._on_words = on_words
        self._rows: dict[str, _Row] = {}
        self._box = Region("waitings").mark("waiting-prompts")
        self._box.props["data-testid"] = "waiting-prompts"
        self._box.props["role"] = "list"
        self._box.props["aria-label"] = "Messages that wait"

    def update(self, prompts: Sequence[QueuedPrompt]) -> None:
        """Draw what is different; a row that is being edited stays until the person is done."""
        wanted = {prompt.id for prompt in prompts}
        for id_ in [id_ for id_, row in self._rows.items() if id_ not in wanted]:
            if self._rows[id_].editor is None:
                self._rows.pop(id_).box.delete()
            else:
                self._rows[id_].let_go()
        lined = [prompt.id for prompt in prompts if prompt.state == "queued"]
        for prompt in prompts:
            if prompt.id not in self._rows:
                with self._box:
                    self._rows[prompt.id] = _Row(self, prompt.id)
            row = self._rows[prompt.id]
            row.update(prompt, lined.index(prompt.id) if prompt.state == "queued" else -1, len(lined))
        order = [id_ for id_ in self._rows if id_ not in wanted] + [prompt.id for prompt in prompts]
        if order != list(self._rows):
            self._rows = {id_: self._rows[id_] for id_ in order}
            for index, row in enumerate(self._rows.values()):
                row.box.move(self._box, index)

    def clear(self) -> None:
        """Another session."""
        self._rows.clear()
        self._box.clear()

    async def keep_words(self, row: _Row, text: str) -> None:
        """The words of a row that was edited: to its prompt or, if that has been sent, to the message field."""
        if row.is_gone or not await self._actions.on_edit(row.prompt_id, text):
            self._on_words(text)
        self.leave(row)

    def leave(self, row: _Row) -> None:
        """Nothing is edited there any more."""
        if row.box.is_deleted:  # the session was left meanwhile
            return
        if row.is_gone:
            self._rows.pop(row.prompt_id, None)
            row.box.delete()
        else:
            row.close()

    @property
    def actions(self) -> QueueActions:
        return self._actions


class _Row:
    """One waiting prompt."""

    def __init__(self, panel: QueuePanel, prompt_id: str) -> None:
        self._panel = panel
        self.prompt_id = prompt_id
        self.editor: QueueEdit | None = None
        self.is_gone = False
        self._shown: object = None
        self._prompt: QueuedPrompt | None = None
        self._place = (0, 1)
        self.box = Region("waiting")
        self.box.props["data-testid"] = "queued-prompt"
        self.box.props["role"] = "listitem"

    def update(self, prompt: QueuedPrompt, place: int, count: int) -> None:
        """Draw it, if it stands otherwise than before.

        Args:
            prompt: As it is now.
            place: Among those that go out by themselves, from 0; -1: it does not.
            count: How many those are.
        """
        self._prompt = prompt
        self._place = (place, count)
        shown = (prompt.draft.text, prompt.state, prompt.reason, place, count)
        if shown == self._shown or self.editor is not None:
            return
        self._shown = shown
        self.box.props["data-state"] = prompt.state
        self.box.update()
        self.box.clear()
        with self.box:
            self._draw(prompt, place, count)

    def let_go(self) -> None:
        """It was sent or removed while somebody edits it here."""
        if self.editor is not None and not self.is_gone:
            self.is_gone = True
            self.editor.let_go()

    def close(self) -> None:
        """Show the prompt instead of the field."""
        self.editor, self._shown = None, None
        if self._prompt is not None:
            self.box.clear()
            with self.box:
                self._draw(self._prompt, *self._place)

    def _draw(self, prompt: QueuedPrompt, place: int, count: int) -> None:
        actions, id_ = self._panel.actions, prompt.id
        files = f" (with {len(prompt.draft.files)} attached)" if prompt.draft.files else ""
        with ui.element("div").classes("waiting__words"):
            ui.label((first_line(prompt.draft.text, 400) or "Attached files") + files).classes("waiting__text")
            if prompt.state == "failed":
                ui.label(f"Not sent: {prompt.reason}" if prompt.reason else "Not sent").classes("queued__failed")
                if prompt.hint:
                    ui.label(prompt.hint).classes("waiting__note")
            else:
                words = prompt.reason or (f"Waiting, number {place + 1} in line" if place else "Waiting, next in line")
                ui.label(words).classes("waiting__note")
        with ui.element("div").classes("waiting__actions"):
            if prompt.state == "failed":
                ActionButton("Try again", icon="refresh", on_click=lambda: actions.on_retry(id_))
            elif not prompt.reason:
                ActionButton("Send now", icon="arrow-up", on_click=lambda: actions.on_send_now(id_), testid="send-now")
            if prompt.state == "queued":
                if place > 0:
                    self._button("Move up", "chevron-up", "up", lambda: self._move(place - 1, "up"))
                if place < count - 1:
                    self._button("Move down", "chevron-down", "down", lambda: self._move(place + 1, "down"))
                if len(prompt.draft.text) <= EDITABLE:
                    self._button("Edit", "edit", "edit", self._edit)
            ActionButton("Remove", icon="close", on_click=lambda: actions.on_remove(id_))

    def _button(self, label: str, icon: str, action: str, on_click: Callable[[], Any]) -> None:
        button = ActionButton(label, icon=icon, icon_only=True, on_click=on_click, testid=f"queue-{action}")
        button.props["data-action"] = action

    async def _move(self, index: int, action: str) -> None:
        if await self._panel.actions.on_move(self.prompt_id, index):
            # the buttons are drawn anew; whoever moves by keyboard goes on from the same one
            other = {"up": "down", "down": "up"}[action]
            self.box.client.run_javascript(
                f"setTimeout(() => {{ const row = getHtmlElement({self.box.id});"
                f" const at = (name) => row?.querySelector(`[data-action=${{name}}]`);"
                f" (at('{action}') ?? at('{other}'))?.focus(); }}, 150)"
            )

    def _edit(self) -> None:
        if self._prompt is None:
            return
        self.box.clear()
        with self.box:
            self.editor = QueueEdit(
                self._prompt.draft.text,
                lambda text: self._panel.keep_words(self, text),
                lambda: self._panel.leave(self),
            )
