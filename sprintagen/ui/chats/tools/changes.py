"""`edit`, `write`, `multiedit`, `apply_patch`: what became of which file, and what the language server says to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nicegui import ui

from sprintagen.ui.chats.tools.base import (
    Tool,
    ToolLook,
    input_of,
    items,
    listed,
    metadata_of,
    number,
    output_of,
    table,
    words,
)
from sprintagen.ui.kit.code_block import CodeBlock, language_of
from sprintagen.ui.kit.diff_view import DiffView
from sprintagen.ui.kit.icons import Icon

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext

SEVERITIES = {1: "error", 2: "warning", 3: "info", 4: "hint"}
MOST_DIAGNOSTICS = 20
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d{1,7})(?:,\d+)? @@")


class FilePatch(NamedTuple):
    """What a call did to one file."""

    path: str
    patch: str
    added: int
    removed: int
    verb: str = ""


class Edit(Tool):
    names = ("edit", "multiedit")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        added, removed = counts(part)
        path = words(input_of(part).get("filePath"))
        return ToolLook(
            icon="edit",
            verb="Edit",
            target=context.relative(path),
            added=added,
            removed=removed,
            note=trouble_words(part),
            tone="red",
            file=context.inside(path),
            line=first_line_of(patches_of(part)),
        )

    def build(self, part: ToolPart, context: RenderContext) -> None:
        given = input_of(part)
        path = context.relative(words(given.get("filePath")))
        if not draw_patches(part, context):
            for edit in [table(edit) for edit in items(given.get("edits"))] or [given]:
                for label, key in (("replace", "oldString"), ("with", "newString")):
                    if words(edit.get(key)):
                        CodeBlock(words(edit.get(key)), language_of(path), title=f"{path}: {label}")
        draw_diagnostics(part, context)


class Write(Tool):
    names = ("write",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        added, removed = counts(part)
        content = words(input_of(part).get("content"))
        if not added and not removed and content:
            added = content.count("\n") + (not content.endswith("\n"))
        path = words(input_of(part).get("filePath"))
        verb = "Create" if metadata_of(part).get("exists") is False else "Write"
        return ToolLook(
            icon="file-plus",
            verb=verb,
            target=context.relative(path),
            added=added,
            removed=removed,
            note=trouble_words(part),
            tone="red",
            file=context.inside(path),
        )

    def build(self, part: ToolPart, context: RenderContext) -> None:
        path = words(input_of(part).get("filePath"))
        if not draw_patches(part, context) and words(input_of(part).get("content")):
            CodeBlock(words(input_of(part).get("content")), language_of(path), title=context.relative(path))
        draw_diagnostics(part, context)


class ApplyPatch(Tool):
    names = ("apply_patch", "patch")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        added, removed = counts(part)
        files = [patch.path for patch in patches_of(part) if patch.path]
        if not files:
            text = words(input_of(part).get("patchText"))
            files = re.findall(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", text, re.MULTILINE)
        target = listed([context.relative(file) for file in files])
        return ToolLook(
            icon="edit",
            verb="Patch",
            target=target,
            added=added,
            removed=removed,
            note=trouble_words(part),
            tone="red",
            file=context.inside(files[0]) if len(files) == 1 else "",
        )

    def build(self, part: ToolPart, context: RenderContext) -> None:
        if not draw_patches(part, context):
            CodeBlock(words(input_of(part).get("patchText")), "diff", title="patch")
            if output_of(part):
                CodeBlock(output_of(part), title="output", wrap=True)
        draw_diagnostics(part, context)


def patches_of(part: ToolPart) -> list[FilePatch]:
    """The unified diffs opencode made of the change, as far as there are any yet."""
    known = metadata_of(part)
    path = words(input_of(part).get("filePath"))
    files = [table(file) for file in items(known.get("files"))]
    if files:
        named = [(words(file.get("relativePath") or file.get("filePath") or file.get("file")), file) for file in files]
        return [
            _patch(name, words(file.get("diff") or file.get("patch")), file, words(file.get("type")))
            for name, file in named
        ]
    filediff = table(known.get("filediff"))
    whole = words(known.get("diff")) or words(filediff.get("patch"))
    if whole:
        return [_patch(path, whole, filediff)]
    results = [table(result) for result in items(known.get("results"))]
    found = [words(result.get("diff")) or words(table(result.get("filediff")).get("patch")) for result in results]
    return [_patch(path, patch, {}) for patch in found if patch]


def _patch(path: str, patch: str, counted: dict[str, object], verb: str = "") -> FilePatch:
    if counted.get("additions") is not None or counted.get("deletions") is not None:
        return FilePatch(path, patch, number(counted.get("additions")), number(counted.get("deletions")), verb)
    lines = patch.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    return FilePatch(
        path, patch, added, sum(line.startswith("-") and not line.startswith("---") for line in lines), verb
    )


def draw_patches(part: ToolPart, context: RenderContext) -> bool:
    """Draw a diff for each file that has one; returns whether there is any."""
    patches = [patch for patch in patches_of(part) if patch.patch]
    for patch in patches:
        DiffView(
            patch.patch,
            title=context.relative(patch.path),
            added=patch.added,
            removed=patch.removed,
            file=context.inside(patch.path),
            line=first_line_of([patch]),
        )
    return bool(patches)


def first_line_of(patches: list[FilePatch]) -> int:
    """The line the first change begins at, as the file is afterwards; 0: not known."""
    lines = patches[0].patch.splitlines() if patches else []
    at = 0
    for line in lines:
        if found := _HUNK.match(line):
            at = int(found[1])
        elif at and line.startswith(("+", "-")):
            return max(at, 1)
        elif at:
            at += 1
    return at


def counts(part: ToolPart) -> tuple[int, int]:
    """Lines added and removed."""
    patches = patches_of(part)
    return sum(patch.added for patch in patches), sum(patch.removed for patch in patches)


class Diagnostic(NamedTuple):
    """What a language server said about a place in a file."""

    path: str
    severity: str
    line: int
    """0: it is not said."""
    column: int
    message: str


def diagnostics_of(part: ToolPart) -> list[Diagnostic]:
    """Errors first, then warnings; other files than the call's own come with it when they broke."""
    found = [
        _diagnostic(words(path), table(one))
        for path, listed in table(metadata_of(part).get("diagnostics")).items()
        for one in items(listed)
    ]
    order = list(SEVERITIES.values())
    return sorted((one for one in found if one.message), key=lambda one: order.index(one.severity))


def _diagnostic(path: str, one: dict[str, object]) -> Diagnostic:
    start = table(table(one.get("range")).get("start"))
    line, column = (number(start.get(key)) + 1 if start else 0 for key in ("line", "character"))
    severity = SEVERITIES.get(number(one.get("severity")), "error")
    return Diagnostic(path, severity, line, column, words(one.get("message")))


def trouble_words(part: ToolPart) -> str:
    """`2 errors`, when the language server found any."""
    errors = sum(one.severity == "error" for one in diagnostics_of(part))
    return f"{errors} error{'s' if errors != 1 else ''}" if errors else ""


def draw_diagnostics(part: ToolPart, context: RenderContext) -> None:
    """What the language server says, drawn where we are."""
    found = diagnostics_of(part)
    if not found:
        return
    own = words(input_of(part).get("filePath"))
    with ui.element("div").classes("diagnostics") as box:
        box.props["role"] = "list"
        box.props["aria-label"] = "Diagnostics"
        for one in found[:MOST_DIAGNOSTICS]:
            with ui.element("div").classes("diagnostics__one") as row:
                row.props["role"] = "listitem"
                row.props["data-severity"] = one.severity
                Icon("info" if one.severity in ("info", "hint") else "alert")
                ui.label(one.severity).classes("unseen")
                _draw_place(one, own, context)
                ui.label(one.message).classes("diagnostics__text")
    if len(found) > MOST_DIAGNOSTICS:
        ui.label(f"and {len(found) - MOST_DIAGNOSTICS} more").classes("tool__hint")


def _draw_place(one: Diagnostic, own: str, context: RenderContext) -> None:
    """Where it is: a way there, unless it leads out of the directory."""
    name = "" if one.path == own else context.relative(one.path)
    place = ":".join([*([name] if name else []), *([f"{one.line}:{one.column}"] if one.line else [])])
    file = context.inside(one.path)
    if not place or not file:
        ui.label(place).classes("diagnostics__place")
        return
    with ui.element("button").classes("diagnostics__place") as button:
        button.props.update({"type": "button", "title": "Open in the files", "data-file": file})
        if one.line:
            button.props["data-line"] = one.line
        ui.label(place)
