"""Every tool nobody wrote a module for, such as those of MCP servers: its name, its arguments, its output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.tools.base import Tool, ToolLook, first_line, input_of, output_of, words
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.json_tree import JsonTree, parsed

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext


class Generic(Tool):
    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        given = input_of(part)
        title = words(getattr(part.state, "title", None)) or next(
            (words(value) for value in given.values() if words(value)), ""
        )
        if part.tool == "invalid":
            return ToolLook(
                icon="wrench",
                verb="Unknown tool",
                target=words(given.get("tool")),
                note="not carried out",
                tone="amber",
            )
        name = part.tool.replace("_", " ").strip() or "tool"
        return ToolLook(icon="wrench", verb=name[:1].upper() + name[1:], target=first_line(title), mono=True)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        given = input_of(part)
        if given:
            JsonTree(given, title="input")
        output = output_of(part)
        value = parsed(output)
        if value:
            JsonTree(value, title="output")
        elif output:
            CodeBlock(output, title="output", wrap=True)
