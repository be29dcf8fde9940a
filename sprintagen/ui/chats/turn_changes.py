"""What a turn changed in the project: one line under the answer, the files' diffs inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nicegui import ui

from sprintagen.opencode.models import UserMessage
from sprintagen.ui.chats.tools.base import items, listed, number, table, words
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.diff_view import DiffView
from sprintagen.ui.kit.fold import Fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.models import Message


class FileChange(NamedTuple):
    file: str
    added: int
    removed: int
    patch: str


def changes_of(prompt: Message | None) -> tuple[FileChange, ...]:
    """What opencode noted at the turn's prompt once the turn was over."""
    summary = table(prompt.summary) if isinstance(prompt, UserMessage) else {}
    diffs = [table(diff) for diff in items(summary.get("diffs"))]
    return tuple(
        FileChange(
            words(diff.get("file")),
            number(diff.get("additions")),
            number(diff.get("deletions")),
            words(diff.get("patch")),
        )
        for diff in diffs
        if words(diff.get("file"))
    )


def draw_changes(changes: tuple[FileChange, ...], on_show: Callable[[], None] | None = None) -> None:
    """The line, drawn where we are.

    Args:
        changes: The files.
        on_show: Shows them in a panel of their own; None: nothing does.
    """

    def build() -> None:
        for change in changes:
            if change.patch:
                DiffView(change.patch, title=change.file, added=change.added, removed=change.removed, file=change.file)
            else:
                ui.label(f"{change.file} +{change.added} −{change.removed}")

    with ui.element("div").classes("turn-changes"):
        Fold(build).classes("tool").mark("turn-changes").show(
            icon="patch",
            title="Changed",
            detail=listed([change.file for change in changes]),
            mono=True,
            added=sum(change.added for change in changes),
            removed=sum(change.removed for change in changes),
            testid="turn-changes",
        )
        if on_show is not None:
            ActionButton(
                "Changes of this turn", icon="panel", icon_only=True, on_click=on_show, testid="show-turn-changes"
            ).classes("btn--small")
