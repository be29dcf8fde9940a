"""What one browser page has selected, and what waits to be drawn on it. Nothing here outlives the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sprintagen.services.changes import (
    AsksChanged,
    MessageChanged,
    MessageRemoved,
    PartAppended,
    PartChanged,
    PartRemoved,
    QueueChanged,
    Reloaded,
    StatusChanged,
    TodosChanged,
)

if TYPE_CHECKING:
    from sprintagen.opencode.ids import MessageID, PartID, SessionID
    from sprintagen.services.changes import Change


@dataclass(slots=True)
class ListFilter:
    """Which sessions the list shows."""

    search: str = ""
    origin: Literal["all", "created"] = "all"
    directory: str | None = None
    ticket: str | None = None
    archived: bool = False
    children: bool = False
    """Subagents' sessions, too, below those they work for."""

    @property
    def is_set(self) -> bool:
        """Whether something other than the search narrows the list."""
        return (
            self.origin != "all"
            or self.archived
            or self.children
            or self.directory is not None
            or self.ticket is not None
        )


@dataclass(slots=True)
class Growth:
    """Text that arrived at the end of a part since the last flush: `deltas` belong at character `at` of it."""

    at: int
    deltas: list[str]
    end: int


@dataclass(slots=True)
class Dirty:
    """What changed in the open session since the last flush, in the order it has to be drawn in."""

    messages: dict[MessageID, None] = field(default_factory=dict)
    parts: dict[tuple[MessageID, PartID], None] = field(default_factory=dict)
    everything: bool = False
    state: bool = False
    queue: bool = False
    todos: bool = False
    grown: dict[tuple[MessageID, PartID], Growth] = field(default_factory=dict)

    def grow(self, change: PartAppended) -> None:
        """Take words down; those of one part come one after the other, else the part is drawn anew."""
        part = (change.message_id, change.part_id)
        growth = self.grown.get(part)
        if growth is None:
            self.grown[part] = Growth(change.at, [change.delta], change.at + len(change.delta))
        elif change.at == growth.end:
            growth.deltas.append(change.delta)
            growth.end += len(change.delta)
        else:
            self.parts[part] = None

    def note(self, change: Change) -> bool:
        """Take a change of the open session down; False for one that is not drawn by a flush."""
        match change:
            case PartAppended():
                self.grow(change)
            case PartChanged() | PartRemoved():
                self.parts[change.message_id, change.part_id] = None
            case MessageChanged() | MessageRemoved():
                self.messages[change.message_id] = None
            case Reloaded():
                self.everything = True
            case QueueChanged():
                self.queue = True
            case TodosChanged():
                self.todos = True
            case StatusChanged() | AsksChanged():
                self.state = True
            case _:
                return False
        return True

    def __bool__(self) -> bool:
        return bool(
            self.grown or self.messages or self.parts or self.everything or self.state or self.queue or self.todos
        )


@dataclass(slots=True)
class PageState:
    """The selection of one page."""

    selected: SessionID | None = None
    opening: int = 0
    """Counts what was opened, so that an answer that comes too late is known as such."""
    is_missing: bool = False
    """The selected session cannot be shown."""
    list_filter: ListFilter = field(default_factory=ListFilter)
    dirty: Dirty = field(default_factory=Dirty)
