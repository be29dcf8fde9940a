"""The form of a log line: one record, one line, whatever others have put into its words.

Paths, titles and what a browser says end up in records. A line break in them would forge a second record, an escape
sequence would repaint the reader's terminal, a direction mark would turn the line around; so all of these are shown
as escapes. Lines of a traceback are set in, so that none of them can pass for a record.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from typing import Final

_SUSPICIOUS: Final = re.compile(r"[^\x20-\x7e]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_INDENT: Final = "    | "


class LineFormatter(logging.Formatter):
    """Writes control characters as escapes."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record))

    def formatException(self, ei: object) -> str:
        return _inset(super().formatException(ei))  # type: ignore[arg-type]

    def formatStack(self, stack_info: str) -> str:
        return _inset(super().formatStack(stack_info))


def printable(text: str) -> str:
    """`text` on one line, with everything that is not seen written out."""
    return _SUSPICIOUS.sub(lambda found: _escaped(found[0]), text)


def _inset(text: str) -> str:
    return "\n".join(f"{_INDENT}{printable(line)}" for line in text.split("\n"))


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
