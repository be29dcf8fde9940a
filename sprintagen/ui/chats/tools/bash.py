"""`bash`: the command and what it printed; while it runs, what it has printed so far."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.tools.base import Tool, ToolLook, first_line, input_of, metadata_of, output_of, words
from sprintagen.ui.kit.terminal import Terminal

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext, Update

_NOTE = re.compile(r"\s*<(?:shell|bash)_metadata>\s*(.*?)\s*</(?:shell|bash)_metadata>\s*\Z", re.DOTALL)
_CUT = re.compile(r"\A\.\.\.output truncated\.\.\.\s+Full output saved to: (.+)\s+")


class Bash(Tool):
    names = ("bash", "shell")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        code = metadata_of(part).get("exit")
        failed = isinstance(code, int) and code != 0
        return ToolLook(
            icon="terminal",
            verb="Run",
            target=first_line(words(input_of(part).get("command"))),
            note=f"exit {code}" if failed else "",
            tone="red" if failed else "",
        )

    def build(self, part: ToolPart, context: RenderContext) -> Update:
        given = input_of(part)
        command = words(given.get("command"))
        shown, notes = printed(part)
        terminal = Terminal(command, shown, title=words(given.get("description")), live=is_running(part))
        for note in notes:
            ui.label(note).classes("tool__hint")

        def update(part: ToolPart) -> bool:
            shown, now = printed(part)
            if words(input_of(part).get("command")) != command or now != notes:
                return False
            terminal.set_output(shown, live=is_running(part))
            return True

        return update


def is_running(part: ToolPart) -> bool:
    return part.state.status == "running"


def printed(part: ToolPart) -> tuple[str, list[str]]:
    """What the command printed, and what opencode has to say about it."""
    text = output_of(part) or words(metadata_of(part).get("output"))
    notes: list[str] = []
    if note := _NOTE.search(text):
        notes += [line for line in note[1].splitlines() if line.strip()]
        text = text[: note.start()]
    if cut := _CUT.match(text):
        notes.append(f"Only the end was kept; all of it is on the server in {cut[1].strip()}")
        text = text[cut.end() :]
    return ("" if text.strip() == "(no output)" else text), notes
