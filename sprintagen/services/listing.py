"""`Listing`: one question's sessions in the order people see them, and each step by which that order changes.

What a person pinned stands first, then what was last used; a subagent's session stands below the one it works for.
Whoever shows a list knows where every row stands and how high it is without having the rows: it takes the `outline`
once and follows with steps, so that a change costs a few bytes however long the list is.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from sprintagen.opencode.ids import SessionID

if TYPE_CHECKING:
    from collections.abc import Mapping

TICK = 900_000
"""Milliseconds: how exactly an outline tells times. Every zone's midnight is a multiple of a quarter of an hour."""
KEPT_STEPS = 400
"""Whoever is further behind takes the outline again."""

PINNED = 444_444_444 * TICK
"""Milliseconds: a pinned row counts as of this time and the moment it was pinned, far after all times there are, so
that one number still tells its place."""

Key = tuple[int, tuple[SessionID, ...]]
"""Sorts what people see first: minus the milliseconds, then the way down to the session from the one that counts."""

Step = tuple[int] | tuple[int, int, int] | tuple[int, int, int, str]
"""`(position,)`: the row there goes. `(position, milliseconds, is_tall)`: the row there is of that time and height.
`(position, milliseconds, is_tall, id)`: a row comes to stand there. Each counts on those before it. The milliseconds of
pinned rows count from `PINNED`."""


class RowFacts(NamedTuple):
    """What decides whether and where a session stands in a list."""

    updated: int
    """Milliseconds: when the session was last used, or the one at the top of those it works for."""
    path: tuple[SessionID, ...]
    """The sessions above it, the topmost first, then itself."""
    pins: tuple[tuple[str, int], ...]
    """Who keeps it at the top, and since when in milliseconds; for a subagent's session that of the topmost."""
    directory: str
    ticket: str | None
    origin: Literal["created", "found"]
    is_archived: bool
    """It, or the one at the top of those it works for."""
    is_recorded: bool
    """False: there is no record of it yet, and when there is one, these may be different without a change."""
    is_tall: bool
    """Its row has a second line."""
    text: str
    """What the search looks through, case folded."""

    @property
    def is_child(self) -> bool:
        """Whether it is a subagent's session."""
        return len(self.path) > 1


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which sessions are wanted."""

    search: str = ""
    """Words that must all be in title, ticket or id."""
    directory: str | None = None
    """Only sessions of exactly this directory."""
    ticket: str | None = None
    """Only sessions of this ticket."""
    origin: Literal["all", "created"] = "all"
    """`created`: only those made through sprintagen."""
    archived: bool = False
    """Only the archived ones instead of only the others."""
    children: bool = False
    """Subagents' sessions, too, each below the one it works for."""
    pinned_by: str = ""
    """What this person keeps at the top stands first; empty: nobody's pins count."""


class Listing:
    """One question's sessions, sorted.

    Args:
        query: The question.
        facts: Of every session; kept up by somebody else.
    """

    def __init__(self, query: ListQuery, facts: Mapping[SessionID, RowFacts]) -> None:
        self._query = query
        self._words = query.search.casefold().split()
        self._facts = facts
        self._steps: list[Step] = []
        self._outline: tuple[int, str] = (-1, "")
        self.keys: list[Key] = []
        self.version = 0
        """Counts the steps."""

    def fill(self, wider: Listing | None = None) -> None:
        """Find the sessions; among those of a list that has all of them, if there is one, which is sorted already."""
        if wider is None:
            self.keys = sorted(self.key(one) for one in self._facts.values() if self._fits(one))
        else:
            self.keys = [key for key in wider.keys if self._fits(self._facts[key[1][-1]])]

    def key(self, facts: RowFacts) -> Key:
        """What a session is sorted by in this list."""
        for name, since in facts.pins if self._query.pinned_by else ():
            if name == self._query.pinned_by:
                return -(PINNED + since), facts.path
        return -facts.updated, facts.path

    def move(self, before: RowFacts | None, after: RowFacts | None) -> None:
        """Take over that a session is different, new (no `before`) or gone (no `after`)."""
        old = self.position(before) if before is not None and self._fits(before) else None
        if after is None or not self._fits(after):
            if old is not None:
                del self.keys[old]
                self._note((old,))
            return
        key = self.key(after)
        when, is_tall, session_id = -key[0], int(after.is_tall), key[1][-1]
        if old is not None:
            del self.keys[old]
        new = bisect_left(self.keys, key)
        self.keys.insert(new, key)
        if old is None:
            self._note((new, when, is_tall, session_id))
        elif old != new:
            self._note((old,))
            self._note((new, when, is_tall, session_id))
        elif before is not None and (self.key(before), before.is_tall) != (key, after.is_tall):
            self._note((new, when, is_tall))

    def position(self, facts: RowFacts) -> int | None:
        """Where a session stands; None: it does not."""
        key = self.key(facts)
        at = bisect_left(self.keys, key)
        return at if at < len(self.keys) and self.keys[at] == key else None

    def steps(self, version: int) -> tuple[Step, ...] | None:
        """What happened since a version; None: too much to tell it in steps."""
        behind = self.version - version
        if behind > len(self._steps):
            return None
        return tuple(self._steps[len(self._steps) - behind :])

    def outline(self) -> str:
        """One number for each row: twice the quarters of an hour by which it is older than the one before it, and one
        more for a row with two lines. The first counts from 1970 forwards."""
        if self._outline[0] != self.version:
            numbers: list[int] = []
            last: int | None = None
            for key in self.keys:
                tick = -key[0] // TICK
                numbers.append(2 * (tick if last is None else last - tick) + self._facts[key[1][-1]].is_tall)
                last = tick
            self._outline = (self.version, " ".join(map(str, numbers)))
        return self._outline[1]

    def _note(self, step: Step) -> None:
        self.version += 1
        self._steps.append(step)
        if len(self._steps) > KEPT_STEPS:
            del self._steps[: KEPT_STEPS // 2]

    def _fits(self, facts: RowFacts) -> bool:
        query = self._query
        return (
            (query.children or not facts.is_child)
            and facts.is_archived == query.archived
            and (query.directory is None or facts.directory == query.directory)
            and (query.ticket is None or facts.ticket == query.ticket)
            and (query.origin == "all" or facts.origin == "created")
            and all(word in facts.text for word in self._words)
        )
