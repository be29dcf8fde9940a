"""A log line is one line, whatever others have put into its words."""

from __future__ import annotations

import logging
import sys

import pytest

from sprintagen.log_lines import LineFormatter, printable

FORMATTER = LineFormatter("%(levelname)s %(name)s: %(message)s")


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("test", logging.WARNING, "", 0, message, arguments, info)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nERROR forged", "a\\nERROR forged"),
        ("a\r\n\tb", "a\\r\\n\\tb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("half \ud83d", "half \\ud83d"),
        ("Grüße, 東京 🎉", "Grüße, 東京 🎉"),
    ],
)
def test_what_is_not_seen_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert FORMATTER.format(record("%s", text)) == f"WARNING test: {shown}"


def test_a_name_is_text_of_others_too() -> None:
    forged = record("x")
    forged.name = "a\nb"
    assert FORMATTER.format(forged) == "WARNING a\\nb: x"


def test_no_line_of_a_traceback_can_pass_for_a_record() -> None:
    try:
        raise ValueError("one\n2026-01-01 ERROR forged\x1b[2J")
    except ValueError:
        text = FORMATTER.format(record("it failed", error=sys.exc_info()[1]))
    first, *others = text.split("\n")
    assert first == "WARNING test: it failed"
    assert all(line.startswith("    | ") and line.isprintable() for line in others)
    assert "forged\\x1b[2J" in text
