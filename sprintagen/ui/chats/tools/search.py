"""`grep`, `glob`, `list`, `codesearch`: what was looked for, and how much was found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, metadata_of, number, output_of, words
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.path_list import PathList, PathRow

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext

_FOUND = re.compile(r"  Line (\d{1,7}): ?(.*)")


class _Search(Tool):
    icon: ClassVar[str] = "search"
    verb: ClassVar[str] = "Search"
    count: ClassVar[str] = "matches"
    unit: ClassVar[tuple[str, str]] = ("match", "matches")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        given = input_of(part)
        what = words(given.get("pattern") or given.get("query"))
        where = context.relative(words(given.get("path")))
        include = words(given.get("include"))
        target = " ".join(word for word in (what, f"in {where}" if where and what else where, include) if word)
        found = metadata_of(part).get(self.count)
        note = f"{found} {self.unit[number(found) != 1]}" if isinstance(found, int) else ""
        return ToolLook(icon=self.icon, verb=self.verb, target=target, note=note)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        if output_of(part):
            CodeBlock(output_of(part), title=words(input_of(part).get("pattern")) or "result")


class Grep(_Search):
    names = ("grep", "codesearch")

    def build(self, part: ToolPart, context: RenderContext) -> None:
        rows = found_lines(output_of(part), context)
        if rows:
            PathList(rows, title=words(input_of(part).get("pattern")), text=output_of(part))
        else:
            super().build(part, context)


class Glob(_Search):
    names = ("glob",)
    icon = "folder-search"
    verb = "Find"
    count = "count"
    unit = ("file", "files")

    def build(self, part: ToolPart, context: RenderContext) -> None:
        paths = [line for line in output_of(part).splitlines() if context.inside(line)]
        if paths:
            rows = [PathRow(context.relative(path), context.inside(path)) for path in paths]
            PathList(rows, title=words(input_of(part).get("pattern")), text=output_of(part))
        else:
            super().build(part, context)


class ListFiles(_Search):
    names = ("list", "ls")
    icon = "folder"
    verb = "List"
    count = "count"
    unit = ("entry", "entries")


def found_lines(output: str, context: RenderContext) -> list[PathRow]:
    """The lines `grep` found, under the files they are in; none if it says them in another way."""
    rows: list[PathRow] = []
    path = ""
    for line in output.splitlines():
        if found := _FOUND.match(line):
            if path:
                rows.append(PathRow(found[2], context.inside(path), int(found[1])))
        elif line.endswith(":") and not line.startswith(" ") and context.inside(line[:-1]):
            path = line[:-1]
            rows.append(PathRow(context.relative(path), context.inside(path)))
        elif line.strip():
            path = ""
    return rows
