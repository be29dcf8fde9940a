"""Long runs of reading and searching as one line, once they are over; the rows stand below it when it is opened.

A run goes through the agent's messages for as long as it does nothing but read, search and think. Shorter ones and
what is still going on stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sprintagen.opencode.models import (
    AssistantMessage,
    ReasoningPart,
    SnapshotPart,
    StepFinishPart,
    StepStartPart,
    TextPart,
    ToolPart,
    UserMessage,
)
from sprintagen.ui.chats.parts.notes import is_worth_a_line
from sprintagen.ui.kit.fold import Fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nicegui import ui

    from sprintagen.opencode.ids import MessageID, PartID
    from sprintagen.services.session_view import MessageView, PartView
    from sprintagen.ui.chats.message_view import MessageElement

LONG = 5
"""Calls from which on a run is folded."""
READS = frozenset({"read"})
SEARCHES = frozenset({"grep", "glob", "list", "ls", "codesearch"})

Kind = Literal["call", "open", "thought", "nothing", "other"]
Place = tuple["MessageID", "PartID"]


@dataclass(slots=True)
class Run:
    """Calls that follow each other, and the thoughts between them."""

    parts: list[Place] = field(default_factory=list)
    reads: int = 0
    searches: int = 0
    failed: int = 0
    calls_end: int = 0
    """So many of the parts reach to the last call."""
    is_open: bool = False
    """Something in it is still going on."""

    @property
    def is_long(self) -> bool:
        return self.reads + self.searches >= LONG and not self.is_open

    @property
    def words(self) -> str:
        """`7 reads, 2 searches`."""
        counts = ((self.reads, "read", "reads"), (self.searches, "search", "searches"))
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)


def find_runs(messages: Iterable[MessageView], *, active: bool) -> list[Run]:
    """The runs to fold.

    Args:
        messages: In order.
        active: A turn is running, so that the last run may go on.
    """
    runs: list[Run] = []
    run = Run()
    for message in messages:
        if isinstance(message.info, UserMessage):
            run = _ended(run, runs)
            continue
        for part_id, view in message.parts.items():
            match _kind(view):
                case "call":
                    _count(run, view)
                    run.parts.append((message.info.id, part_id))
                    run.calls_end = len(run.parts)
                case "thought" if run.parts:
                    run.parts.append((message.info.id, part_id))
                case "open":
                    run.is_open = True
                case "other":
                    run = _ended(run, runs)
        if isinstance(message.info, AssistantMessage) and message.info.error is not None:
            run = _ended(run, runs)
    if not active:
        _ended(run, runs)
    return runs


def _ended(run: Run, runs: list[Run]) -> Run:
    if run.is_long:
        del run.parts[run.calls_end :]  # a thought at the end belongs to what comes next
        runs.append(run)
    return Run()


def _kind(view: PartView) -> Kind:
    match view.part:
        case ToolPart(tool=tool, state=state) if tool in READS or tool in SEARCHES:
            return "call" if state.status in ("completed", "error") else "open"
        case ReasoningPart():
            return "thought" if view.is_finished else "nothing"
        case TextPart() as part:
            return "nothing" if part.synthetic or part.ignored or not view.text.strip() else "other"
        case StepStartPart() | SnapshotPart():
            return "nothing"
        case StepFinishPart() as part:
            return "other" if is_worth_a_line(part) else "nothing"
        case _:
            return "other"


def _count(run: Run, view: PartView) -> None:
    assert isinstance(view.part, ToolPart)
    run.reads += view.part.tool in READS
    run.searches += view.part.tool in SEARCHES
    run.failed += view.part.state.status == "error"


class FoldedRun:
    """One run on the page: the line, and the rows it hides."""

    def __init__(self, run: Run, rows: list[ui.element]) -> None:
        self.rows = rows
        assert rows[0].parent_slot is not None
        body = rows[0].parent_slot.parent
        with body:
            self.line = Fold(lambda: None).classes("tool run").mark("reading-run")
        self.line.move(target_index=body.default_slot.children.index(rows[0]))
        self.line.on("open", lambda event: self._set_open(event.args is True))
        self.line.show(
            icon="search",
            title="Explored",
            detail=run.words,
            note=f"{run.failed} failed" if run.failed else "",
            testid="reading-run",
        )
        for row in self.rows:
            row.classes("run__row")

    def is_still(self, rows: list[ui.element]) -> bool:
        """Whether it is what these rows make."""
        return not self.line.is_deleted and rows == self.rows

    def undo(self) -> None:
        """Show the rows as they were."""
        for row in self.rows:
            if not row.is_deleted:
                row.classes(remove="run__row run__row--open")
        if not self.line.is_deleted:
            self.line.delete()

    def _set_open(self, is_open: bool) -> None:
        for row in self.rows:
            if not row.is_deleted:
                row.classes("run__row--open" if is_open else "", remove="" if is_open else "run__row--open")


def rows_of(run: Run, messages: Mapping[MessageID, MessageElement]) -> list[ui.element]:
    """The elements of a run's parts, as far as they are drawn."""
    found = (messages[message_id].parts.get(part_id) for message_id, part_id in run.parts if message_id in messages)
    return [part.element for part in found if part is not None]
