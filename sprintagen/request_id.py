"""One id for all that one request, or one action on a page, causes: in our log, in its answer and at opencode.

Tasks that are begun meanwhile have it too. What goes on beside them (the event stream, the watches) has none.
"""

from __future__ import annotations

import random
import re
import string
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER: Final = "X-Request-ID"
_VALID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_current: ContextVar[str] = ContextVar("sprintagen_request_id", default="")


def current() -> str:
    """Of what is being done here; empty: of nothing in particular."""
    return _current.get()


def new() -> str:
    """One that nobody had: letters only, so that no search for a number or a word finds it by chance."""
    return "".join(random.choices(string.ascii_lowercase, k=16))


def is_valid(text: str) -> bool:
    """Whether a proxy's id can be taken over: 8 to 64 letters, digits, dots, dashes and underscores."""
    return _VALID.fullmatch(text) is not None


@contextmanager
def given(id: str) -> Iterator[None]:
    """Everything within has this id."""
    token = _current.set(id)
    try:
        yield
    finally:
        _current.reset(token)
