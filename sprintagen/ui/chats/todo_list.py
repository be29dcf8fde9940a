"""Todos as a check list: in the plan tool's row and above the composer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Iterable

MARKS = {"completed": ("✓", "Done"), "in_progress": ("●", "In progress"), "cancelled": ("–", "Cancelled")}


def draw_todos(todos: Iterable[tuple[str, str]]) -> None:
    """Draw (content, status) pairs where we are."""
    with ui.element("ul").classes("todos"):
        for content, status in todos:
            mark, name = MARKS.get(status, ("○", "Open"))
            with ui.element("li").classes("todos__item") as item:
                item.props["data-status"] = status
                sign = ui.label(mark).classes("todos__mark")
                sign.props["aria-label"] = name
                ui.label(content).classes("todos__text")
