"""`SessionIndex`: where every message of a session lies and what each turn asked, without the messages.

A jump is one page read because of it, and the page can draw all turns of a session. It is read page by page from the
newest end to the beginning, beside everything else, and let go of with the `History` it belongs to. The live end is
never copied: it is looked at when somebody asks.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sprintagen.opencode.models import AssistantMessage, UserMessage
from sprintagen.services import tasks
from sprintagen.services.readable import line_of, line_of_view

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import PlainPage
    from sprintagen.services.message_view import MessageView
    from sprintagen.services.session_view import SessionView

    FetchPlain = Callable[[SessionID, str], Awaitable[PlainPage]]

PAUSE = 0.5
"""Seconds before the first page is read: whoever opens the session is first."""
REST = 0.01
"""Seconds between two pages at least while nobody waits for one."""
SHARE = 0.35
"""The part of the time that reading may take while nobody waits for it."""


class Turn(NamedTuple):
    """A prompt and everything it set off."""

    message_id: str
    """The prompt's."""
    at: int
    """When it was sent, in epoch milliseconds."""
    line: str
    """The first line of what was asked."""
    place: int
    """So many messages that are known come before it."""
    is_failed: bool = False


@dataclass(slots=True)
class _Found:
    """What there is in some messages that lie together; places count from the first of them."""

    ids: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """Prompts whose turn failed."""


class _Segment:
    """What is kept of one page."""

    __slots__ = ("before", "failed", "ids", "older", "turns")

    def __init__(self, before: str, older: str | None, found: _Found) -> None:
        self.before = before
        self.older = older
        self.ids = tuple(found.ids)
        self.turns = tuple(found.turns)
        self.failed = frozenset(found.failed)

    def without(self, message_id: str) -> None:
        """Forget one message."""
        at = self.ids.index(message_id)
        self.ids = self.ids[:at] + self.ids[at + 1 :]
        self.turns = tuple(
            turn._replace(place=turn.place - 1) if turn.place > at else turn
            for turn in self.turns
            if turn.message_id != message_id
        )


class SessionIndex:
    """One session's.

    Args:
        live: Its end, which reaches back to `older_cursor`.
        fetch: Reads the page before a cursor.
        link: Told that the page of the first cursor is preceded by that of the second.
    """

    def __init__(self, live: SessionView, fetch: FetchPlain, link: Callable[[str, str], None]) -> None:
        self._live = live
        self._fetch = fetch
        self._link = weakref.WeakMethod(link)
        self._segments: list[_Segment] = []
        """Newest first, without a hole."""
        self._fresh: list[_Segment] | None = None
        """What is read in their place, since they may be wrong."""
        self._removed: set[str] = set()
        """Messages that went while a page was being read."""
        self._building: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._watchers: list[weakref.WeakMethod[Callable[[], None]]] = []
        self._older: tuple[list[Turn], int] | None = None

    # -- reading it ---------------------------------------------------------------------------------------------------

    @property
    def is_complete(self) -> bool:
        """Whether it reaches to the beginning of the session."""
        return self._live.loaded and self._fresh is None and self._next() is None

    def turns(self) -> list[Turn]:
        """The turns that are known, oldest first, without the reverted ones."""
        older, count = self._older_turns()
        live = _found_in(self._live.messages.values())
        turns = [turn._replace(place=count + turn.place) for turn in live.turns]
        if failed := live.failed:
            turns = [turn._replace(is_failed=True) if turn.message_id in failed else turn for turn in turns]
            older = [turn._replace(is_failed=True) if turn.message_id in failed else turn for turn in older]
        cut = self._cut()
        if cut is not None:
            older = [turn for turn in older if turn.place < cut]
        return older + turns

    def count(self) -> int:
        """How many messages are known, without the reverted ones."""
        cut = self._cut()
        return (self._older_turns()[1] if cut is None else cut) + len(self._live.messages)

    def place_of(self, message_id: str) -> int | None:
        """So many known messages come before it; None: it is not known."""
        place = 0
        for segment in reversed(self._segments):
            if message_id in segment.ids:
                return place + segment.ids.index(message_id)
            place += len(segment.ids)
        live: list[str] = list(self._live.messages)
        return place + live.index(message_id) if message_id in live else None

    async def find(self, message_id: str) -> str | None:
        """The cursor of the page a message before the live end is in, reading on as far as needed.

        Returns:
            None: it is nowhere before the live end.

        Raises:
            OpencodeError: What is not known yet cannot be read.
        """
        while (before := self._page_of(message_id)) is None and not self.is_complete:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            self._hurry.set()
            self.start()
            await waiting
        return before

    # -- keeping it right ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read what is missing, beside everything else; nothing to do is fine."""
        if (self._building is None or self._building.done()) and not self.is_complete:
            ref = weakref.ref(self)
            self._building = tasks.create(_build(ref, self._hurry), name=f"index {self._live.session_id}")
            self._building.add_done_callback(lambda task: _ended(ref, task))

    def watch(self, on_change: Callable[[], None]) -> None:
        """Have a method called whenever more is known, for as long as its object lives."""
        self._watchers.append(weakref.WeakMethod(on_change))

    def remove(self, message_id: str) -> None:
        """A message is gone."""
        if self._building is not None and not self._building.done():
            self._removed.add(message_id)
        for segment in [*self._segments, *(self._fresh or ())]:
            if message_id in segment.ids:
                segment.without(message_id)
                self._changed()

    def take(self, before: str, fallen: Iterable[MessageView], older: str | None) -> None:
        """The live end has become shorter: what fell out of it is the page that `before` gives."""
        segment = _Segment(before, older, _found_in(fallen))
        for known in (self._segments, self._fresh):
            if known is not None and (not known or known[0].before == older):
                known.insert(0, segment)
        self._older = None

    def mark_stale(self) -> None:
        """Events were missed: read it all once more, and answer from what is known until then."""
        self._fresh = []
        self._settle()
        if self._watchers:
            self.start()

    def _page_of(self, message_id: str) -> str | None:
        return next((segment.before for segment in self._segments if message_id in segment.ids), None)

    def _next(self) -> str | None:
        """The cursor of the page to read next; None: there is none."""
        for known in (self._segments, self._fresh):
            if known and known[0].before != self._live.older_cursor:
                known.clear()  # a hole has opened between them and the live end
                self._older = None
        segments = self._segments if self._fresh is None else self._fresh
        return segments[-1].older if segments else self._live.older_cursor

    def _take(self, cursor: str, page: PlainPage) -> None:
        if cursor != self._next():
            return  # the live end has been read anew meanwhile
        segment = _Segment(cursor, page.cursor, _found_on(page, self._removed))
        (self._segments if self._fresh is None else self._fresh).append(segment)
        link = self._link()
        if link is not None and page.cursor is not None:
            link(cursor, page.cursor)
        self._settle()
        self._changed()

    def _settle(self) -> None:
        """What was read anew takes its place once it is whole."""
        if self._fresh is not None and self._next() is None:
            self._segments, self._fresh = self._fresh, None

    def _changed(self) -> None:
        self._older = None
        self._wake(None)
        for reference in list(self._watchers):
            watcher = reference()
            if watcher is None:
                self._watchers.remove(reference)
            else:
                watcher()

    def _wake(self, error: BaseException | None) -> None:
        """Whoever waits looks again, or hears what went wrong."""
        self._hurry.clear()
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.done():
                continue
            if error is not None:
                one.set_exception(error)
            else:
                one.set_result(None)

    def _older_turns(self) -> tuple[list[Turn], int]:
        """The turns before the live end, and how many messages there are."""
        self._next()
        if self._older is None:
            failed = frozenset().union(*(segment.failed for segment in self._segments))
            turns: list[Turn] = []
            place = 0
            for segment in reversed(self._segments):
                turns += [
                    Turn(turn.message_id, turn.at, turn.line, place + turn.place, turn.message_id in failed)
                    for turn in segment.turns
                ]
                place += len(segment.ids)
            self._older = (turns, place)
        return self._older

    def _cut(self) -> int | None:
        """Where a revert begins that reaches beyond the live end: ids ascend with time."""
        session = self._live.session
        point = session.revert.message_id if session is not None and session.revert is not None else None
        if point is None or self._live.messages or not self._live.reverted:
            return None
        ids = [id_ for segment in reversed(self._segments) for id_ in segment.ids]
        return next((place for place, id_ in enumerate(ids) if id_ >= point), None)


async def _build(ref: weakref.ref[SessionIndex], hurry: asyncio.Event) -> None:
    """Reads for as long as somebody has the index; holds it only between two requests."""
    pause = PAUSE
    while True:
        await _wait(hurry, pause)
        index = ref()
        if index is None:
            return
        index._settle()
        cursor = index._next()
        if cursor is None:
            return
        index._removed.clear()
        fetch, session_id = index._fetch, index._live.session_id
        del index
        began = time.perf_counter()
        page = await fetch(session_id, cursor)
        index = ref()
        if index is None:
            return
        index._take(cursor, page)
        del index
        pause = max(REST, (time.perf_counter() - began) * (1 / SHARE - 1))


async def _wait(hurry: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await hurry.wait()
    except TimeoutError:
        return


def _ended(ref: weakref.ref[SessionIndex], task: asyncio.Task[Any]) -> None:
    index = ref()
    if index is not None:
        index._wake(asyncio.CancelledError() if task.cancelled() else task.exception())


def _found_on(page: PlainPage, without: set[str]) -> _Found:
    """What there is on a page as the server sent it, some messages left out."""
    found = _Found()
    for item in page.items:
        info = item.get("info")
        message_id = info.get("id") if isinstance(info, dict) else None
        if not isinstance(info, dict) or not isinstance(message_id, str) or message_id in without:
            continue
        if info.get("role") == "user" and (line := line_of(item)) is not None:
            found.turns.append(Turn(message_id, created_of(info), line, len(found.ids)))
        if _has_failed(info) and isinstance(parent := info.get("parentID"), str):
            found.failed.add(parent)
        found.ids.append(message_id)
    return found


def _found_in(views: Iterable[MessageView]) -> _Found:
    """What there is in messages that are in memory."""
    found = _Found()
    for view in views:
        info = view.info
        if isinstance(info, UserMessage):
            if (line := line_of_view(view)) is not None:
                at = round(info.time.created.timestamp() * 1000)
                found.turns.append(Turn(info.id, at, line, len(found.ids)))
        elif isinstance(info, AssistantMessage) and info.error and not info.error.is_abort and info.parent_id:
            found.failed.add(info.parent_id)
        found.ids.append(info.id)
    return found


def _has_failed(info: dict[str, Any]) -> bool:
    error = info.get("error")
    return bool(error) and not (isinstance(error, dict) and error.get("name") == "MessageAbortedError")


def created_of(info: dict[str, Any]) -> int:
    """When a message was made, in epoch milliseconds; 0: it does not say."""
    moment = info.get("time")
    created = moment.get("created") if isinstance(moment, dict) else None
    return round(created) if isinstance(created, int | float) else 0
