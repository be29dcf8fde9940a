"""`SessionSearch`: finds words in everything that can be read in a session, newest first, as it is read.

A message is a hit when it has every word somewhere, in capitals or not. What was read stays for a while after the last
search, so that the next one need not ask opencode again.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sprintagen.errors import InvalidInput
from sprintagen.services.readable import words_of_view
from sprintagen.services.session_texts import MessageText
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from sprintagen.services.history import Histories, History
    from sprintagen.services.message_view import MessageView
    from sprintagen.services.session_view import SessionView

LINGER = 300.0
"""Seconds that the words of a session stay after the last search in it."""
SESSIONS = 4
"""Sessions whose words are in memory at a time."""
LONGEST = 200
"""Characters that are searched for at most."""
MOST_WORDS = 10
SLICE = 0.004
"""Seconds after which a search lets others have their turn."""
EXCERPT = 160


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that has all the words."""

    message_id: str
    role: str
    at: datetime
    part_ids: tuple[str, ...]
    """The parts that have at least one of the words."""
    excerpt: str
    """One line around the first word; empty if nobody asked for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a further piece of the session brought."""

    hits: list[Hit]
    """Newest first."""
    back_to: datetime | None
    """Everything since then has been searched; None: everything."""
    is_kept: bool = True
    """Whether the next search finds this piece in memory."""


def words_in(query: str) -> tuple[str, ...]:
    """The words of a query, in small letters.

    Raises:
        InvalidInput: There are none, or too many.
    """
    words = tuple(dict.fromkeys(query.lower().split()))
    if not words:
        raise InvalidInput("Say what to look for.", field="q")
    if len(query) > LONGEST or len(words) > MOST_WORDS:
        raise InvalidInput(f"At most {MOST_WORDS} words and {LONGEST} characters can be looked for.", field="q")
    return words


class SessionSearch:
    """Searches in the sessions of one server.

    Args:
        histories: Where the messages before the live ends are.
    """

    def __init__(self, histories: Histories) -> None:
        self._histories = histories
        self._lingering: dict[History, asyncio.TimerHandle] = {}

    async def run(self, view: SessionView, words: tuple[str, ...], *, excerpts: bool = False) -> AsyncGenerator[Found]:
        """Look through a session; the first piece is its live end.

        Args:
            view: The session.
            words: As `words_in` gives them.
            excerpts: Whether the hits shall have any.

        Raises:
            OpencodeError: Older messages cannot be read.
        """
        history = self._histories.of(view)
        self._touch(history)
        live = [_text_of(message) for message in reversed(view.messages.values())]
        before = view.older_cursor
        hidden = bool(view.reverted)
        cut = view.session.revert.message_id if view.session is not None and view.session.revert is not None else None
        yield Found(await _hits(live, words, excerpts=excerpts), _since(live) if before else None)
        async with aclosing(history.texts.pages(before)) as pages:
            async for page in pages:
                shown = page.messages
                if cut is not None and hidden and not view.messages:  # the revert reaches beyond the live end
                    shown = [message for message in shown if message.message_id < cut]
                hits = await _hits(shown, words, excerpts=excerpts)
                yield Found(hits, _since(page.messages) if page.older else None, page.is_kept)
        self._touch(history)

    def stop(self) -> None:
        """Let go of everything."""
        for history, timer in self._lingering.items():
            timer.cancel()
            history.texts.clear()
        self._lingering.clear()

    def _touch(self, history: History) -> None:
        timer = self._lingering.pop(history, None)
        if timer is not None:
            timer.cancel()
        self._lingering[history] = asyncio.get_running_loop().call_later(LINGER, self._let_go, history)
        if len(self._lingering) > SESSIONS:
            self._let_go(next(iter(self._lingering)))

    def _let_go(self, history: History) -> None:
        self._lingering.pop(history).cancel()
        history.texts.clear()


async def _hits(messages: Iterable[MessageText], words: tuple[str, ...], *, excerpts: bool) -> list[Hit]:
    hits: list[Hit] = []
    since = time.perf_counter()
    for message in messages:
        if (hit := _match(message, words, excerpts=excerpts)) is not None:
            hits.append(hit)
        if time.perf_counter() - since > SLICE:
            await asyncio.sleep(0)
            since = time.perf_counter()
    return hits


def _match(message: MessageText, words: tuple[str, ...], *, excerpts: bool) -> Hit | None:
    small = [part.text.lower() for part in message.parts]
    if not all(any(word in text for text in small) for word in words):
        return None
    where = [n for n, text in enumerate(small) if any(word in text for word in words)]
    excerpt = _excerpt(message.parts[where[0]].text, small[where[0]], words) if excerpts else ""
    parts = tuple(message.parts[n].part_id for n in where)
    return Hit(message.message_id, message.role, _moment(message.at), parts, excerpt)


def _excerpt(text: str, small: str, words: tuple[str, ...]) -> str:
    at = min(place for word in words if (place := small.find(word)) >= 0)
    start = max(0, at - EXCERPT // 4)
    return ("…" if start else "") + one_line(text[start : start + 2 * EXCERPT], EXCERPT)


def _text_of(view: MessageView) -> MessageText:
    created = getattr(getattr(view.info, "time", None), "created", None)
    at = round(created.timestamp() * 1000) if isinstance(created, datetime) else 0
    return MessageText(view.info.id, view.info.role, at, words_of_view(view))


def _since(messages: list[MessageText]) -> datetime | None:
    return _moment(messages[-1].at) if messages else None


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
