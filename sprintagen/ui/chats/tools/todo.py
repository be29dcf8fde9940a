"""`todowrite` and `todoread`: the plan as a check list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.todo_list import draw_todos
from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, items, metadata_of, table, words

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext


class TodoTool(Tool):
    names = ("todowrite", "todoread")

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        todos = _todos(part)
        done = sum(status == "completed" for _, status in todos)
        current = next((content for content, status in todos if status == "in_progress"), "")
        note = f"{done} of {len(todos)} done" if todos else ""
        verb = "Plan" if part.tool == "todowrite" else "Read the plan"
        return ToolLook(icon="list-checks", verb=verb, target=current, mono=False, note=note)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        draw_todos(_todos(part))


def _todos(part: ToolPart) -> list[tuple[str, str]]:
    listed = items(metadata_of(part).get("todos")) or items(input_of(part).get("todos"))
    return [(words(table(todo).get("content")), words(table(todo).get("status"))) for todo in listed]
