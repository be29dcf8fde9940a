"""`bash`: the command and what it printed; while it runs, what it has printed so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.tools.base import Tool, ToolLook, first_line, input_of, metadata_of, output_of, words
from sprintagen.ui.kit.code_block import CodeBlock

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext


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

    def build(self, part: ToolPart, context: RenderContext) -> None:
        given = input_of(part)
        CodeBlock(words(given.get("command")), "bash", title=words(given.get("description")) or "command", wrap=True)
        printed = output_of(part) or words(metadata_of(part).get("output"))
        if printed:
            CodeBlock(printed, title="output", tail=True)
