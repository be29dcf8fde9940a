"""The form of a log line: one record, one line, whatever others have put into its words.

Paths, titles and what a browser says end up in records. A line break in them would forge a second record, an escape
sequence would repaint the reader's terminal, a direction mark would turn the line around; so all of these are shown
as escapes. Lines of a traceback are set in, so that none of them can pass for a record.

No secret that was told to `hide` is written, in whichever form. Every line says which request it belongs to.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

from sprintagen import request_id

_SUSPICIOUS: Final = re.compile(r"[^\x20-\x7e]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_INDENT: Final = "    | "


_LEAST: Final = 8
"""Characters of a secret; fewer would be found in words that have nothing to do with it."""
_HIDDEN: Final = "[hidden]"

_secrets: set[str] = set()


def hide(*secrets: str) -> None:
    """Write these as `[hidden]` from now on; those too short to be one are left alone."""
    _secrets.update(secret for secret in secrets if len(secret) >= _LEAST)


class LineFormatter(logging.Formatter):
    """For people: control characters are written as escapes."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = printable(_without_secrets(super().formatMessage(record)))
        return f"{line} ({id_})" if (id_ := request_id.current()) else line

    def formatException(self, ei: object) -> str:
        return _inset(super().formatException(ei))  # type: ignore[arg-type]

    def formatStack(self, stack_info: str) -> str:
        return _inset(super().formatStack(stack_info))


class JsonFormatter(logging.Formatter):
    """For programs: one object of plain ASCII for each record."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _without_secrets(record.getMessage()),
        }
        if id_ := request_id.current():
            line["request_id"] = id_
        if record.exc_info:
            line["exception"] = _without_secrets(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = _without_secrets(record.stack_info)
        return json.dumps(line)


def printable(text: str) -> str:
    """`text` on one line, with everything that is not seen written out."""
    return _SUSPICIOUS.sub(lambda found: _escaped(found[0]), text)


def _inset(text: str) -> str:
    return "\n".join(f"{_INDENT}{printable(line)}" for line in _without_secrets(text).split("\n"))


def _without_secrets(text: str) -> str:
    for secret in sorted(_secrets, key=len, reverse=True):  # one may begin like another
        text = text.replace(secret, _HIDDEN)
    return text


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
