"""opencode's identifiers: one type each, the check that a text is one, and new ones in opencode's ascending form.

Ids end up in URL paths. A text becomes an id only through the functions here, so what reaches `client.py` cannot
hold a slash, a dot segment, a query or a fragment.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from typing import Final, Literal, NewType

from sprintagen.opencode.errors import InvalidID

SessionID = NewType("SessionID", str)
MessageID = NewType("MessageID", str)
PartID = NewType("PartID", str)
CallID = NewType("CallID", str)
"""A tool call's id. The model provider makes it, so it has no form of its own and never enters a path."""
PermissionID = NewType("PermissionID", str)
QuestionID = NewType("QuestionID", str)
ProjectID = NewType("ProjectID", str)
PtyID = NewType("PtyID", str)

_REST: Final = r"[A-Za-z0-9_-]{1,125}"
_SESSION: Final = re.compile("ses" + _REST)
_MESSAGE: Final = re.compile("msg" + _REST)
_PART: Final = re.compile("prt" + _REST)
_PERMISSION: Final = re.compile("per" + _REST)
_QUESTION: Final = re.compile("que" + _REST)
_PTY: Final = re.compile("pty" + _REST)

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def form(kind: Literal["ses", "msg", "per", "que", "pty"]) -> str:
    """The pattern of a whole id of a kind, for those who are to send one."""
    return f"^{kind}{_REST}$"


def session_id(text: str) -> SessionID:
    """The text as a session id.

    Raises:
        InvalidID: It is none; likewise for the functions below.
    """
    return SessionID(_checked(text, _SESSION, "session"))


def message_id(text: str) -> MessageID:
    """The text as a message id."""
    return MessageID(_checked(text, _MESSAGE, "message"))


def part_id(text: str) -> PartID:
    """The text as a part id."""
    return PartID(_checked(text, _PART, "part"))


def permission_id(text: str) -> PermissionID:
    """The text as the id of a permission request."""
    return PermissionID(_checked(text, _PERMISSION, "permission"))


def question_id(text: str) -> QuestionID:
    """The text as the id of a question request."""
    return QuestionID(_checked(text, _QUESTION, "question"))


def pty_id(text: str) -> PtyID:
    """The text as the id of a terminal."""
    return PtyID(_checked(text, _PTY, "terminal"))


def new_message_id() -> MessageID:
    """A message id later than every one this process made before."""
    return MessageID(_ascending.new("msg"))


def new_part_id() -> PartID:
    """A part id later than every one this process made before."""
    return PartID(_ascending.new("prt"))


def _checked(text: object, form: re.Pattern[str], kind: str) -> str:
    if isinstance(text, str) and form.fullmatch(text):
        return text
    raise InvalidID(
        f"This is not the id of a {kind}.", hint=f"A {kind} id starts with “{form.pattern[:3]}”; check the link."
    )


class _Ascending:
    """opencode's form: 48 bits of (milliseconds * 4096 + counter) in hex, then 14 random characters.

    A clock that stands still or steps back only makes the counter run on, so order of making is order of sorting.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def new(self, prefix: str) -> str:
        with self._lock:
            self._last = max(time.time_ns() // 1_000_000 * 0x1000 + 1, self._last + 1)
            stamp = self._last & 0xFFFF_FFFF_FFFF
        return f"{prefix}_{stamp:012x}{''.join(secrets.choice(_BASE62) for _ in range(14))}"


_ascending: Final = _Ascending()
