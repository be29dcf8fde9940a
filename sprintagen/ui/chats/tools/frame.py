"""The row every tool call has: icon, verb, target, state, time; opened, what went in and what came out.

The inside is drawn only while somebody looks. A tool module that fails on a call it did not expect is replaced by the
generic one, so that no call is ever missing from the transcript.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.tools.base import ToolLook, error_of
from sprintagen.ui.chats.tools.registry import GENERIC, tool_for
from sprintagen.ui.kit.fold import Fold

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.services.session_view import ToolDisplayState
    from sprintagen.ui.chats.tools.base import RenderContext, Update

_log = logging.getLogger(__name__)

STATE_WORDS: dict[ToolDisplayState, tuple[str, str]] = {
    "pending": ("", ""),
    "running": ("", ""),
    "waiting": ("Needs you", "amber"),
    "done": ("", ""),
    "failed": ("Failed", "red"),
    "denied": ("Denied", "amber"),
    "interrupted": ("Interrupted", ""),
}


class ToolRow:
    """One tool call on the page."""

    def __init__(self, part: ToolPart, context: RenderContext) -> None:
        self._part = part
        self._context = context
        self._update: Update | None = None
        self.element = Fold(self._build).classes("tool").mark("tool-call")
        self.element.props["data-testid"] = "tool-call"
        self._show()

    def update(self, part: ToolPart) -> None:
        """The call, its state, or what it waits for changed."""
        is_same = part.state == self._part.state
        is_new_error = error_of(part) != error_of(self._part)
        self._part = part
        self._show()
        if is_same or (self._update is not None and not is_new_error and self._update(part)):
            return
        self.element.rebuild()

    def _show(self) -> None:
        part = self._part
        state = self._context.view.tool_state(part.id)
        look = self._look()
        note, tone = STATE_WORDS[state]
        time = getattr(part.state, "time", None)
        start, end = getattr(time, "start", None), getattr(time, "end", None)
        self.element.show(
            icon=look.icon,
            title=look.verb,
            detail=look.target,
            mono=look.mono,
            note=note or look.note,
            tone=tone if note else look.tone,
            spin=state in ("pending", "running"),
            start=start if state in ("running", "done", "failed") else None,
            end=end,
            added=look.added if state == "done" else 0,
            removed=look.removed if state == "done" else 0,
            tool=part.tool,
            state=state,
        )

    def _look(self) -> ToolLook:
        try:
            return tool_for(self._part.tool).look(self._part, self._context)
        except Exception:  # a call of an unforeseen shape must not take the transcript down
            _log.warning("No row for a call of %s; shown plainly", self._part.tool, exc_info=True)
            return GENERIC.look(self._part, self._context)

    def _build(self) -> None:
        self._update = None
        error = error_of(self._part)
        if error:
            ui.label(error).classes("tool__error")
        with ui.element("div").classes("tool__body"):
            try:
                self._update = tool_for(self._part.tool).build(self._part, self._context)
            except Exception:  # as above
                _log.warning("No inside for a call of %s; shown plainly", self._part.tool, exc_info=True)
                GENERIC.build(self._part, self._context)
