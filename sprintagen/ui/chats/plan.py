"""The agent's todos above the composer, for as long as some of them are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.todo_list import draw_todos
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.opencode.models import Todo


class Plan:
    """The plan; empty unless there is something to do."""

    def __init__(self) -> None:
        self._box = Region("plan")
        self._todos: list[tuple[str, str]] = []
        self._fold: Fold | None = None

    def update(self, todos: Sequence[Todo]) -> None:
        """Show these, if they are others than before."""
        fresh = [(todo.content, todo.status) for todo in todos]
        if fresh == self._todos:
            return
        self._todos = fresh
        done = sum(status in ("completed", "cancelled") for _, status in fresh)
        if done == len(fresh):
            self._box.clear()
            self._fold = None
            return
        if self._fold is None:
            with self._box:
                self._fold = Fold(lambda: draw_todos(self._todos)).classes("plan__fold").mark("plan")
        current = next((content for content, status in fresh if status == "in_progress"), "")
        self._fold.show(icon="list-checks", title="Plan", detail=current, note=f"{done} of {len(fresh)} done")
        self._fold.rebuild()
