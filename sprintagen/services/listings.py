"""`Listings`: the sessions in the order people see them, once for everybody who looks.

A change costs one session's worth of work, however many sessions there are and however many pages show them: sorted
lists are kept per question asked, rows are made only for what is shown, and a window of a list is one object that all
pages showing the same rows share.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sprintagen.services.changes import (
    AsksChanged,
    Change,
    MessageChanged,
    Reloaded,
    SessionChanged,
    SessionRemoved,
    StatusChanged,
)
from sprintagen.services.listing import Listing, ListQuery, RowFacts

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import Session
    from sprintagen.services.listing import Step
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_row import SessionRow
    from sprintagen.services.session_store import SessionStore

    PlacedRow = tuple[int, SessionRow]

KEPT_LISTS = 48
"""So many questions are kept answered; each costs about 150 KB with 10,000 sessions."""
KEPT_WINDOWS = 256
LOOK_AGAIN = 0.25
"""Seconds between two looks whether sessions without a record have got one; there may be thousands."""
MANY = 500
"""With more changes than these at once, sorting anew is quicker than moving one by one."""


class RowSource(Protocol):
    """Makes what is listed of a session."""

    def row(self, actor: Actor, session: Session) -> SessionRow: ...

    def facts(self, session: Session) -> RowFacts | None: ...

    def is_recorded(self, session_id: SessionID) -> bool: ...


@dataclass(eq=False, slots=True)
class ListWindow:
    """Rows of a list from position `start` on, as they were at one moment; shared, never changed."""

    start: int
    stop: int
    """The position after the last that was asked for, whether there are so many or not."""
    total: int
    """How many rows the whole list has."""
    rows: tuple[SessionRow, ...]
    _last: tuple[ListWindow, tuple[PlacedRow, ...]] | None = field(default=None, repr=False)

    def placed(self) -> tuple[PlacedRow, ...]:
        """The rows with their positions."""
        return tuple(enumerate(self.rows, self.start))

    def since(self, before: ListWindow) -> tuple[PlacedRow, ...]:
        """The rows that were not in an earlier window or were different there; worked out once for all who come from
        the same one."""
        if self._last is None or self._last[0] is not before:
            known = {row.session_id: row for row in before.rows}
            changed = tuple(placed for placed in self.placed() if known.get(placed[1].session_id) != placed[1])
            before._last = None  # or each would keep all that were before it
            self._last = (before, changed)
        return self._last[1]


class ListMark(NamedTuple):
    """A moment of a list."""

    listing: Listing
    version: int

    def since(self, before: ListMark) -> tuple[Step, ...] | None:
        """What happened after an earlier moment; None: it was another list, or too much happened."""
        return self.listing.steps(before.version) if before.listing is self.listing else None

    def outline(self) -> str:
        """Where every row stands now; see `Listing.outline`."""
        return self.listing.outline()


class Listings:
    """The lists of one store.

    Args:
        store: Whose sessions.
        source: What a session looks like in a list.
    """

    def __init__(self, store: SessionStore, source: RowSource) -> None:
        self._store = store
        self._source = source
        self._facts: dict[SessionID, RowFacts] = {}
        self._rows: dict[str, dict[SessionID, SessionRow]] = {}
        self._lists: OrderedDict[ListQuery, Listing] = OrderedDict()
        self._windows: OrderedDict[tuple[str, ListQuery, int, int], tuple[int, ListWindow]] = OrderedDict()
        self._directories: Counter[str] = Counter()
        self._tickets: Counter[str] = Counter()
        self._asking: set[SessionID] = set()
        self._unrecorded: set[SessionID] = set()
        self._dirty: set[SessionID] = set()
        self._revision = 0
        self._look_again = 0.0

    def start(self) -> None:
        """Follow the store."""
        self._dirty |= {*self._store.sessions, *self._facts}
        self._store.changed.subscribe(self._handle_change)

    def stop(self) -> None:
        """Follow it no more."""
        self._store.changed.unsubscribe(self._handle_change)

    # -- reading ------------------------------------------------------------------------------------------------------

    def window(self, actor: Actor, query: ListQuery, start: int = 0, stop: int | None = None) -> ListWindow:
        """The rows at these positions, as far as there are so many; the same object for as long as nothing differs.

        Args:
            actor: Who looks: decides what is unread.
            query: Which sessions.
            start: The first position.
            stop: The position after the last; None: to the end.
        """
        keys = self._list(query).keys
        start = max(0, min(start, len(keys)))
        stop = len(keys) if stop is None else stop
        at = (actor.name, query, start, stop)
        revision, known = self._windows.get(at, (-1, None))
        if known is not None and revision == self._revision:
            return known
        rows = tuple(self._row(actor, key[1][-1]) for key in keys[start:stop])
        if known is None or (known.total, known.rows) != (len(keys), rows):
            known = ListWindow(start, stop, len(keys), rows)
        self._windows[at] = (self._revision, known)
        self._windows.move_to_end(at)
        if len(self._windows) > KEPT_WINDOWS:
            self._windows.popitem(last=False)
        return known

    def mark(self, query: ListQuery) -> ListMark:
        """This moment of a list, to tell later what has happened since."""
        listing = self._list(query)
        return ListMark(listing, listing.version)

    def row(self, actor: Actor, session_id: SessionID) -> SessionRow | None:
        """One session's row, whatever lists it is in; None for one that is not known here."""
        self._settle()
        return self._row(actor, session_id) if session_id in self._facts else None

    def ids(self, query: ListQuery, start: int = 0, stop: int | None = None) -> list[SessionID]:
        """The sessions at these positions, without making rows of them."""
        return [key[1][-1] for key in self._list(query).keys[start:stop]]

    def position(self, query: ListQuery, session_id: SessionID) -> int | None:
        """Where a session stands in a list; None: it does not."""
        listing = self._list(query)
        facts = self._facts.get(session_id)
        return listing.position(facts) if facts is not None else None

    def directories(self) -> list[str]:
        """The directories that have sessions, in order."""
        self._settle()
        return sorted(self._directories)

    def tickets(self) -> list[str]:
        """The tickets of sessions that are not archived, in order."""
        self._settle()
        return sorted(self._tickets)

    def count_asking(self) -> int:
        """How many sessions wait for the person; a subagent's counts for the session it works for."""
        self._settle()
        return len({next(reversed(self._store.ancestors(id_)), id_) for id_ in self._asking})

    # -- keeping up ---------------------------------------------------------------------------------------------------

    def _handle_change(self, change: Change) -> None:
        match change:
            case (
                SessionChanged(session_id)
                | StatusChanged(session_id)
                | AsksChanged(session_id)
                | SessionRemoved(session_id)
                | Reloaded(session_id)
                | MessageChanged(session_id)
            ):
                self._dirty.add(session_id)

    def _list(self, query: ListQuery) -> Listing:
        self._settle()
        listing = self._lists.get(query)
        if listing is None:
            listing = self._lists[query] = Listing(query, self._facts)
            listing.fill(self._wider(query))
            if len(self._lists) > KEPT_LISTS:
                self._lists.popitem(last=False)
        self._lists.move_to_end(query)
        return listing

    def _wider(self, query: ListQuery) -> Listing | None:
        """A list kept that has all this one can have: of the same question when less of it was typed."""
        for length in reversed(range(len(query.search))):
            wider = self._lists.get(replace(query, search=query.search[:length]))
            if wider is not None:
                return wider
        return None

    def _row(self, actor: Actor, session_id: SessionID) -> SessionRow:
        rows = self._rows.setdefault(actor.name, {})
        row = rows.get(session_id)
        if row is None:
            row = rows[session_id] = self._source.row(actor, self._store.sessions[session_id])
        return row

    def _settle(self) -> None:
        """Take over what changed since the last look."""
        if self._unrecorded and time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + LOOK_AGAIN
            recorded = {id_ for id_ in self._unrecorded if self._source.is_recorded(id_)}
            self._unrecorded -= recorded
            self._dirty |= recorded
        if not self._dirty:
            return
        self._revision += 1
        dirty, self._dirty = self._dirty, set()
        if len(dirty) > MANY:
            self._lists.clear()
        for session_id in dirty:
            if self._take(session_id):
                for member in self._store.family(session_id)[1:]:  # they stand where it stands
                    self._take(member)

    def _take(self, session_id: SessionID) -> bool:
        """Take over how a session is now; says whether that makes a difference to any list."""
        session = self._store.sessions.get(session_id)
        before = self._facts.pop(session_id, None)
        after = self._source.facts(session) if session is not None else None
        stale = [session_id]
        if after is not None:
            self._facts[session_id] = after
            if not after.is_recorded:
                self._unrecorded.add(session_id)
            if after.is_child:
                stale += self._store.ancestors(session_id)  # a subagent's ask is theirs, too
        else:
            self._unrecorded.discard(session_id)
        for rows in self._rows.values():
            for one in stale:
                rows.pop(one, None)
        if before != after:
            for listing in self._lists.values():
                listing.move(before, after)
            self._count(before, -1)
            self._count(after, 1)
        view = self._store.views.get(session_id)
        if view is not None and (view.permissions or view.questions):
            self._asking.add(session_id)
        else:
            self._asking.discard(session_id)
        return before != after

    def _count(self, facts: RowFacts | None, by: int) -> None:
        if facts is None:
            return
        _add(self._directories, facts.directory, by)
        if facts.ticket and not facts.is_archived and not facts.is_child:
            _add(self._tickets, facts.ticket, by)


def _add(counter: Counter[str], key: str, by: int) -> None:
    counter[key] += by
    if counter[key] <= 0:
        del counter[key]
