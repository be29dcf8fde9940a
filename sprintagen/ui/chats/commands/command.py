"""`Command`: one thing the page can do, and `Now`: what decides whether it can be done at the moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sprintagen.ui.theme import Density, Keys, Theme

Group = Literal["Session", "Go to", "Next message", "View", "sprintagen"]
"""Headings in the palette and in the help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How the page stands. The defaults are those of an open session about which nothing else is known."""

    has_session: bool = True
    has_messages: bool = True
    is_working: bool = False
    is_undone: bool = True
    is_archived: bool = False
    is_pinned: bool = False
    is_shared: bool = False
    can_share: bool = True
    can_choose: frozenset[str] = frozenset({"model", "agent", "effort"})
    """Which of these there is more than one of."""
    panels: frozenset[str] = frozenset()
    """Those the side panel has."""
    theme: Theme = "system"
    density: Density = "comfortable"
    keys: Keys = "all"


Refusal = Callable[[Now], str | None]
"""Why a command cannot be given now: a sentence. Empty: it means nothing now, and is not offered. None: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing the page can do.

    Whether it can be done now is for who offers it; what does it looks again.
    """

    id: str
    words: str
    """What it is called everywhere."""
    group: Group
    icon: str
    keys: str = ""
    """As in `Mod+Shift+K`; `Mod` is Command on a Mac and Control elsewhere."""
    listens: bool = True
    """False: `keys` are only told; who they mean something to takes them."""
    also: str = ""
    """Other words a person may look for."""
    slash: str = ""
    """What the composer says of it when a `/` is typed; empty: it is none of the composer's own commands."""
    event: str = ""
    """The event of the browser's window that does it; empty: the server does. A part of the page that listens takes
    a key for its own by cancelling the event; else the key stays the browser's."""
    into: str = ""
    """It leads on to a list of such choices."""
    danger: bool = False
    in_palette: bool = True
    refusal: Refusal = lambda _: None


def without_session(now: Now) -> str | None:
    return None if now.has_session else "Open a session first"


def without_messages(now: Now) -> str | None:
    return without_session(now) or (None if now.has_messages else "The session has no messages yet")


def while_working(now: Now) -> str | None:
    return without_messages(now) or ("Wait until the turn has ended, or stop it" if now.is_working else None)


def unless(fact: Callable[[Now], bool], else_because: str = "", before: Refusal = without_session) -> Refusal:
    """Refuses when the fact does not hold, or `before` refuses; what means nothing now need not say why."""

    def refusal(now: Now) -> str | None:
        holds = fact(now)
        if not holds and not else_because:
            return ""
        why = before(now)
        return why if why is not None or holds else else_because

    return refusal


def unless_in_use(kind: str, value: str) -> Refusal:
    """A choice that is in use need not be made."""
    return lambda now: "" if getattr(now, kind) == value else None
