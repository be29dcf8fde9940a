"""`read`: the file, and the lines that were read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, metadata_of, number, output_of, table, words
from sprintagen.ui.kit.code_block import CodeBlock, language_of

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext

_NUMBERED = re.compile(r"^\s*\d+[:|] ?", re.MULTILINE)


class Read(Tool):
    names = ("read",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        given = input_of(part)
        offset, limit = number(given.get("offset")), number(given.get("limit"))
        lines = f"from line {offset}" if offset else ""
        if limit:
            lines = f"lines {max(offset, 1)}–{max(offset, 1) + limit - 1}"
        shown = table(metadata_of(part).get("display"))
        first, last, total = (number(shown.get(key)) for key in ("lineStart", "lineEnd", "totalLines"))
        if first and last and total:
            whole = f"{total} line{'s' if total != 1 else ''}"
            lines = whole if (first, last) == (1, total) else f"lines {first}–{last} of {total}"
        path = words(given.get("filePath") or given.get("path"))
        return ToolLook(
            icon="file-text",
            verb="Read",
            target=context.relative(path),
            note=lines,
            file=context.inside(path),
            line=offset,
            last=offset + limit - 1 if offset and limit else 0,
        )

    def build(self, part: ToolPart, context: RenderContext) -> None:
        path = words(input_of(part).get("filePath"))
        shown = words(table(metadata_of(part).get("display")).get("text")) or words(metadata_of(part).get("preview"))
        text = shown or _NUMBERED.sub("", output_of(part))
        first = number(table(metadata_of(part).get("display")).get("lineStart")) or number(input_of(part).get("offset"))
        if text:
            CodeBlock(text, language_of(path), title=context.relative(path), first=max(1, first))
