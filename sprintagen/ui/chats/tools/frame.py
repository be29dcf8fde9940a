"""The row every tool call has: icon, verb, target, state, time; opened, what went in and what came out.

The inside is drawn only while somebody looks. A tool module that fails on a call it did not expect is replaced by the
generic one, so that no call is ever missing from the transcript.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from nicegui import ui

from sprintagen.ui.chats.tools.base import ToolLook, error_of, items, table, words
from sprintagen.ui.chats.tools.registry import GENERIC, tool_for
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.picture import draw_picture

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.services.session_view import ToolDisplayState
    from sprintagen.ui.chats.tools.base import RenderContext, Update

_log = logging.getLogger(__name__)


class StateLook(NamedTuple):
    """How a state is told: always in words, and for those a person has to tell apart at a glance with a sign, too."""

    words: str
    sign: str = ""
    """Its icon before the words; empty: the words are for assistive technology, the row itself shows it."""
    tone: str = ""


STATES: dict[ToolDisplayState, StateLook] = {
    "pending": StateLook("Getting ready"),
    "running": StateLook("Running"),
    "waiting": StateLook("Needs you", "bell", "amber"),
    "done": StateLook("Done"),
    "failed": StateLook("Failed", "error", "red"),
    "denied": StateLook("Denied", "shield", "amber"),
    "interrupted": StateLook("Interrupted", "square"),
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
        told = STATES[state]
        time = getattr(part.state, "time", None)
        start, end = getattr(time, "start", None), getattr(time, "end", None)
        self.element.show(
            icon=look.icon,
            title=look.verb,
            detail=look.target,
            mono=look.mono,
            note=told.words if told.sign else look.note,
            tone=told.tone if told.sign else look.tone,
            sign=told.sign,
            spoken="" if told.sign else told.words,
            spin=state in ("pending", "running"),
            start=start if state in ("running", "done", "failed") else None,
            end=end,
            added=look.added if state == "done" else 0,
            removed=look.removed if state == "done" else 0,
            file=look.file,
            line=look.line,
            last=look.last,
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
            for attachment in items(getattr(self._part.state, "attachments", None)):
                known = table(attachment)
                draw_picture(words(known.get("mime")), words(known.get("url")), words(known.get("filename")))
