"""Who asks, and about which session: the two values every service call carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID


@dataclass(frozen=True, slots=True)
class Actor:
    """The person on whose behalf something is done."""

    name: str


OPERATOR = Actor("operator")
"""The only person there is until sprintagen knows users: whoever holds the token."""


@dataclass(frozen=True, slots=True)
class SessionRef:
    """One session of one opencode server."""

    server: str
    session_id: SessionID
