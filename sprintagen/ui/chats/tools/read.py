"""`read`: the file, and the lines that were read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, items, metadata_of, number, output_of, table, words
from sprintagen.ui.kit.code_block import CodeBlock, language_of
from sprintagen.ui.kit.path_list import PathList, PathRow

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
        is_folder = shown.get("type") == "directory"
        if is_folder and (count := number(shown.get("totalEntries"))):
            lines = f"{count} entr{'y' if count == 1 else 'ies'}"
        return ToolLook(
            icon="file-text",
            verb="Read",
            target=context.relative(path),
            note=lines,
            file="" if is_folder else context.inside(path),
            line=offset,
            last=offset + limit - 1 if offset and limit else 0,
        )

    def build(self, part: ToolPart, context: RenderContext) -> None:
        path = words(input_of(part).get("filePath"))
        rows = entries_of(table(metadata_of(part).get("display")), context)
        if rows:
            PathList(rows, title=context.relative(path) or "files", text="\n".join(row.text for row in rows))
            return
        shown = words(table(metadata_of(part).get("display")).get("text")) or words(metadata_of(part).get("preview"))
        text = shown or _NUMBERED.sub("", output_of(part))
        first = number(table(metadata_of(part).get("display")).get("lineStart")) or number(input_of(part).get("offset"))
        if text:
            CodeBlock(text, language_of(path), title=context.relative(path), first=max(1, first))


def entries_of(shown: dict[str, Any], context: RenderContext) -> list[PathRow]:
    """What is in the folder that was read; none if it was a file."""
    if shown.get("type") != "directory":
        return []
    folder = words(shown.get("path")).rstrip("/")
    names = [name for one in items(shown.get("entries")) if (name := words(one))]
    return [PathRow(name, "" if name.endswith("/") else context.inside(f"{folder}/{name}")) for name in names]
