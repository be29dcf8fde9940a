"""A permission the agent needs: what exactly it wants to do, and the three answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.tools.base import words
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.diff_view import DiffView
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.ids import PermissionID
    from sprintagen.opencode.models import PermissionReply, PermissionRequest

TITLES = {
    "bash": "run this command",
    "edit": "change this file",
    "read": "read this file",
    "webfetch": "fetch this page",
    "websearch": "search the web",
    "task": "start a subagent",
    "external_directory": "work outside the project's directory",
    "doom_loop": "go on although it repeats itself",
    "skill": "use this skill",
}
LABELS = {"external_directory": "path", "edit": "file", "read": "file", "webfetch": "address", "websearch": "query"}
"""What the wanted thing is called."""
EVERYTHING = {
    "bash": "every command",
    "edit": "every change to files",
    "webfetch": "every page",
    "websearch": "every search",
    "task": "every subagent",
}
"""What "always" means where it is not bound to a pattern."""
_OF_CARD = "e.target.closest('.card').querySelector('textarea').value"

_WORD_ENTERED = """(e) => {
  if (e.isComposing || e.shiftKey || !e.target.value.trim()) return;
  e.preventDefault();
  emit(e.target.value);
}"""


class PermissionCard:
    """One request.

    Args:
        request: What is wanted.
        source: Who wants it, if it is a subagent.
        on_reply: Called with the answer and the word that goes with a "no"; False: it did not work.
    """

    def __init__(
        self,
        request: PermissionRequest,
        source: str,
        on_reply: Callable[[PermissionID, PermissionReply, str], Awaitable[bool]],
    ) -> None:
        self._request = request
        self._on_reply = on_reply
        self._is_sent = False
        self.element = Region("card card--ask").mark("permission-card")
        self.element.props["data-testid"] = "permission-card"
        self.element.props["data-permission"] = request.permission
        with self.element:
            with ui.element("div").classes("card__head"):
                Icon("shield")
                wish = TITLES.get(request.permission, f"use {request.permission}")
                ui.label(f"{source or 'The agent'} wants to {wish}").classes("card__title")
            self._draw_subject()
            self._draw_answers()

    def _draw_subject(self) -> None:
        known = self._request.metadata
        diff, command = words(known.get("diff")), words(known.get("command"))
        subject = words(known.get("filepath") or known.get("url") or known.get("filePath")) or ", ".join(
            self._request.patterns
        )
        if diff:
            DiffView(diff, title=", ".join(self._request.patterns) or subject)
        elif command:
            CodeBlock(command, "bash", title=words(known.get("description")) or "command", wrap=True)
        elif subject:
            label = LABELS.get(self._request.permission, self._request.permission.replace("_", " "))
            CodeBlock(subject, title=label, wrap=True)

    def _draw_answers(self) -> None:
        always = ", ".join(self._request.always or self._request.patterns)
        with ui.element("div").classes("card__actions"):
            self._once = ActionButton(
                "Allow once", kind="primary", testid="permission-once", on_click=lambda: self._reply("once")
            )
            if always:
                self._always = ActionButton(
                    "Always allow", kind="plain", testid="permission-always", on_click=lambda: self._reply("always")
                )
            self._reject = ActionButton(
                "Deny",
                kind="plain",
                testid="permission-reject",
                on_click=lambda event: self._reply("reject", _text(event)),
                js_handler=f"(e) => emit({_OF_CARD})",
            )
            field = ui.element("textarea").classes("field card__word")
            field.props.update({"rows": 1, "placeholder": "With Deny: why, or what instead", "maxlength": 2000})
            field.props["aria-label"] = "A word to go with Deny"
            field.props["data-testid"] = "permission-message"
            field.on(
                "keydown.enter",
                lambda event: self._reply("reject", _text(event)),
                js_handler=_WORD_ENTERED,
            )
        if always:
            with ui.element("div").classes("card__hint"):
                ui.label("Always allow covers ")
                if always == "*":
                    ui.label(EVERYTHING.get(self._request.permission, "everything of this kind"))
                else:
                    ui.label(always).classes("card__pattern")
                ui.label(" in this directory until opencode restarts.")

    async def _reply(self, reply: PermissionReply, message: str = "") -> None:
        if self._is_sent:
            return
        self._is_sent = True
        button = {"once": self._once, "always": getattr(self, "_always", None), "reject": self._reject}[reply]
        if button:
            button.set_busy(True)
        if not await self._on_reply(self._request.id, reply, message.strip()):
            self._is_sent = False
            if button and not button.is_deleted:
                button.set_busy(False)


def _text(event: Any) -> str:
    return event.args[:2000] if isinstance(event.args, str) else ""
