"""`edit`, `write`, `multiedit`, `apply_patch`: what became of which file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, items, metadata_of, number, output_of, table, words
from sprintagen.ui.kit.code_block import CodeBlock, language_of
from sprintagen.ui.kit.diff_view import DiffView

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext


class Edit(Tool):
    names = ("edit", "multiedit")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        added, removed = counts(part)
        path = words(input_of(part).get("filePath"))
        return ToolLook(icon="edit", verb="Edit", target=context.relative(path), added=added, removed=removed)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        given = input_of(part)
        path = context.relative(words(given.get("filePath")))
        patch = patch_of(part)
        if patch:
            DiffView(patch, title=path)
            return
        for label, key in (("replace", "oldString"), ("with", "newString")):
            if words(given.get(key)):
                CodeBlock(words(given.get(key)), language_of(path), title=f"{path}: {label}")


class Write(Tool):
    names = ("write",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        added, removed = counts(part)
        content = words(input_of(part).get("content"))
        if not added and not removed and content:
            added = content.count("\n") + (not content.endswith("\n"))
        path = words(input_of(part).get("filePath"))
        return ToolLook(icon="file-plus", verb="Write", target=context.relative(path), added=added, removed=removed)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        path = words(input_of(part).get("filePath"))
        CodeBlock(words(input_of(part).get("content")), language_of(path), title=context.relative(path))


class ApplyPatch(Tool):
    names = ("apply_patch", "patch")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        added, removed = counts(part)
        files = [
            words(table(file).get("relativePath") or table(file).get("filePath"))
            for file in items(metadata_of(part).get("files"))
        ]
        if not files:
            text = words(input_of(part).get("patchText"))
            files = re.findall(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", text, re.MULTILINE)
        target = ", ".join(context.relative(file) for file in files[:3]) + (
            f" and {len(files) - 3} more" if len(files) > 3 else ""
        )
        return ToolLook(icon="edit", verb="Patch", target=target, added=added, removed=removed)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        patch = patch_of(part)
        if patch:
            DiffView(patch)
        else:
            CodeBlock(words(input_of(part).get("patchText")), "diff", title="patch")
        if output_of(part):
            CodeBlock(output_of(part), title="output", wrap=True)


def patch_of(part: ToolPart) -> str:
    """The unified diff opencode made of the change, if there is one yet."""
    known = metadata_of(part)
    return words(known.get("diff")) or words(table(known.get("filediff")).get("patch"))


def counts(part: ToolPart) -> tuple[int, int]:
    """Lines added and removed."""
    filediff = table(metadata_of(part).get("filediff"))
    if filediff:
        return number(filediff.get("additions")), number(filediff.get("deletions"))
    lines = patch_of(part).splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    return added, sum(line.startswith("-") and not line.startswith("---") for line in lines)
