"""`webfetch` and `websearch`: an address or a query, and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, output_of, words
from sprintagen.ui.kit.code_block import CodeBlock

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext


class Web(Tool):
    names = ("webfetch", "websearch")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        given = input_of(part)
        verb = "Fetch" if part.tool == "webfetch" else "Search the web"
        return ToolLook(icon="globe", verb=verb, target=words(given.get("url") or given.get("query")))

    def build(self, part: ToolPart, context: RenderContext) -> None:
        if output_of(part):
            CodeBlock(output_of(part), "markdown", title=words(input_of(part).get("url")) or "result", wrap=True)
