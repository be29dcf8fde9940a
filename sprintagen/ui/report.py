"""An error as two sentences for a person: what happened and why, and what to do. No traceback ever reaches the page."""

from __future__ import annotations

import logging
from typing import NamedTuple

from sprintagen.errors import SprintagenError
from sprintagen.opencode.errors import OpencodeError

EXPECTED = (SprintagenError, OpencodeError)
"""What a click may run into without a bug being involved."""

_log = logging.getLogger(__name__)


class ErrorWords(NamedTuple):
    message: str
    hint: str


def describe(error: Exception, what: str) -> ErrorWords:
    """Words for an error, which is also logged.

    Args:
        error: Of our own kinds: its words are used. Another: a mistake of ours, whose details only the log gets.
        what: What was being done, as in "Could not <what>".
    """
    if isinstance(error, EXPECTED):
        _log.warning("Could not %s: %s", what, error.message)
        return ErrorWords(error.message, error.hint)
    _log.exception("Could not %s", what, exc_info=error)
    return ErrorWords(f"Could not {what}: sprintagen made a mistake.", "The log has the details. Try it again.")
