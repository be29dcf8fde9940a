"""`skill`: instructions the agent loaded, as they read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, metadata_of, output_of, words
from sprintagen.ui.kit.path_list import PathList, PathRow
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext

_BEGIN = re.compile(r"<skill_content[^<>]*>\n?")
_END = re.compile(r"\nBase directory for this skill: |\n?</skill_content>")
_FILE = re.compile(r"<file>([^<\n]+)</file>")


class Skill(Tool):
    names = ("skill",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        name = words(input_of(part).get("name")) or words(metadata_of(part).get("name"))
        return ToolLook(icon="file-text", verb="Load skill", target=name, mono=False)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        output = output_of(part)
        text = content_of(output)
        if text:
            with ui.element("div").classes("tool__page") as box:
                box.props["tabindex"] = "0"
                StreamingMarkdown(text).classes("prose--soft")
        files = [file for file in _FILE.findall(output) if context.inside(file)]
        if files:
            rows = [PathRow(context.relative(file), context.inside(file)) for file in files]
            PathList(rows, title="Files of the skill", text="\n".join(files))


def content_of(output: str) -> str:
    """The instructions themselves, to where they were cut if their end is not there."""
    begin = _BEGIN.search(output)
    if begin is None:
        return output
    end = _END.search(output, begin.end())
    return output[begin.end() : end.start() if end else len(output)].strip()
