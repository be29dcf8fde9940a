"""`lsp`: what a language server was asked about which place, and what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sprintagen.ui.chats.tools.base import (
    Tool,
    ToolLook,
    input_of,
    items,
    metadata_of,
    number,
    output_of,
    table,
    words,
)
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.json_tree import JsonTree, parsed
from sprintagen.ui.kit.path_list import PathList, PathRow

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext

VERBS = {
    "goToDefinition": "Find the definition",
    "findReferences": "Find references",
    "hover": "Look up",
    "documentSymbol": "List symbols",
    "workspaceSymbol": "Search symbols",
    "goToImplementation": "Find implementations",
    "prepareCallHierarchy": "Find calls",
    "incomingCalls": "Find callers",
    "outgoingCalls": "Find callees",
}
"""What opencode 1.18 can ask a language server."""


class Lsp(Tool):
    names = ("lsp",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        given = input_of(part)
        operation = words(given.get("operation"))
        file, line = context.relative(words(given.get("filePath"))), number(given.get("line"))
        place = f"{file}:{line}" if line and operation not in ("documentSymbol", "workspaceSymbol") else file
        found = len(_results(part))
        return ToolLook(
            icon="folder-search",
            verb=VERBS.get(operation, "Ask the language server"),
            target=words(given.get("query")) or place,
            note=f"{found} found" if found else "",
        )

    def build(self, part: ToolPart, context: RenderContext) -> None:
        file = words(input_of(part).get("filePath"))
        found = [one for one in (_place(result, file, context) for result in _results(part)) if one is not None]
        if found:
            PathList(found, title=context.relative(file), text=output_of(part))
            return
        output = output_of(part)
        value = parsed(output)
        if value:
            JsonTree(value, title="answer")
        elif output:
            CodeBlock(output, title="answer", wrap=True)


def _results(part: ToolPart) -> list[Any]:
    return items(metadata_of(part).get("result")) or items(parsed(output_of(part)))


def _path_of(uri: str) -> str:
    """The file it names; empty: it names none."""
    try:
        return unquote(urlsplit(uri).path) if uri.startswith("file:") else ""
    except ValueError:
        return ""


def _place(result: Any, file: str, context: RenderContext) -> PathRow | None:
    """Where a result lies: locations, symbols and calls name it each in their own way."""
    known = table(result)
    known = table(known.get("from")) or table(known.get("to")) or known
    location = table(known.get("location")) or known
    uri = words(location.get("uri") or location.get("targetUri"))
    path = _path_of(uri) if uri else file
    span = location.get("range") or location.get("targetRange") or location.get("selectionRange")
    start = table(table(span).get("start"))
    if not context.inside(path) or "line" not in start:
        return None
    name = words(known.get("name"))
    text = f"{name}  {context.relative(path)}" if name else context.relative(path)
    return PathRow(text, context.inside(path), number(start.get("line")) + 1)
