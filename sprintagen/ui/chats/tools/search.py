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
        rows = found_files(output_of(part), context)
        if rows:
            PathList(rows, title=words(input_of(part).get("pattern")), text=output_of(part))
        else:
            super().build(part, context)


class ListFiles(_Search):
    names = ("list", "ls")
    icon = "folder"
    verb = "List"
    count = "count"
    unit = ("entry", "entries")

    def build(self, part: ToolPart, context: RenderContext) -> None:
        rows = tree_rows(output_of(part), context)
        if rows:
            PathList(rows, title=context.relative(words(input_of(part).get("path"))) or "files", text=output_of(part))
        else:
            super().build(part, context)


def found_files(output: str, context: RenderContext) -> list[PathRow]:
    """The files `glob` found, which it says with their whole paths, and what else it says; none if it found none."""
    rows = [
        PathRow(context.relative(line), context.inside(line) if context.is_whole(line) else "")
        for line in output.splitlines()
        if line.strip()
    ]
    return rows if any(row.file for row in rows) else []


def tree_rows(output: str, context: RenderContext) -> list[PathRow]:
    """A folder and what is in it, as `list` says it: each level two spaces further in; none if it says it otherwise."""
    lines = output.splitlines()
    if not lines or not lines[0].endswith("/"):
        return []
    rows = [PathRow(context.relative(lines[0]) or "./")]
    folders = [lines[0].rstrip("/")]
    for line in lines[1:]:
        name = line.lstrip(" ")
        level = (len(line) - len(name)) // 2
        if not name:
            continue
        if not 0 < level <= len(folders):
            rows.append(PathRow(line))
            continue
        path = "/".join([*folders[:level], name.rstrip("/")])
        is_folder = name.endswith("/")
        rows.append(PathRow(line, "" if is_folder else context.inside(path)))
        if is_folder:
            folders[level:] = [name.rstrip("/")]
    return rows


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
