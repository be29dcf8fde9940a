"""A log line is one line, whatever others have put into its words."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from pydantic import SecretStr

from sprintagen import log_lines, request_id
from sprintagen.config import Settings
from sprintagen.log_lines import JsonFormatter, LineFormatter, hide, printable

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


CANARY = "canary-5f1d8a37c2"


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "_secrets", set())


def raised(words: str) -> BaseException:
    try:
        raise ValueError(words)
    except ValueError as error:
        return error


def test_for_programs_a_record_is_one_object_on_one_line() -> None:
    line = JsonFormatter().format(record("%s\nERROR forged \u202e\x1b[2J", "a", error=raised("one\ntwo")))
    assert "\n" not in line
    assert line.isascii()
    told = json.loads(line)
    assert (told["level"], told["logger"]) == ("WARNING", "test")
    assert told["message"] == "a\nERROR forged \u202e\x1b[2J"
    assert "ValueError: one\ntwo" in told["exception"]
    assert "T" in told["time"]
    assert "request_id" not in told


def test_a_line_says_which_request_it_belongs_to() -> None:
    with request_id.given("abcdefgh"):
        assert FORMATTER.format(record("x")) == "WARNING test: x (abcdefgh)"
        assert json.loads(JsonFormatter().format(record("x")))["request_id"] == "abcdefgh"
    assert FORMATTER.format(record("x")) == "WARNING test: x"


@pytest.mark.parametrize("formatter", [FORMATTER, JsonFormatter()])
def test_no_secret_is_written_in_words_or_tracebacks(formatter: logging.Formatter) -> None:
    hide(CANARY, f"{CANARY}-and-more", "short")
    line = formatter.format(record("key %s, %s", CANARY, f"{CANARY}-and-more", error=raised(f"{CANARY} is refused")))
    assert "canary" not in line
    assert "and-more" not in line
    assert line.count("[hidden]") >= 3
    assert "short" in formatter.format(record("short"))


def test_the_secrets_of_the_settings_are_known_also_inside_of_addresses() -> None:
    settings = Settings(
        openai_api_key=SecretStr("sk-one-two-three"),
        sprintagen_token=SecretStr("a token of sixteen"),
        database_url=SecretStr("postgres://me:pass%2Fword@host/name"),
        git_repo_url="https://me:git-hub-token@host/owner/name.git",
        _env_file=None,
    )
    assert {"sk-one-two-three", "a token of sixteen", "pass%2Fword", "pass/word", "git-hub-token"} <= set(
        settings.secrets()
    )
    assert not any("host" in secret for secret in settings.secrets())


def test_an_id_of_ours_is_one_that_a_proxy_could_send() -> None:
    assert request_id.is_valid(request_id.new())
    assert request_id.new() != request_id.new()
    for bad in ("", "short", "a" * 65, "with a blank", "line\nbreak", "-dash-first", "abcdefgh\n"):
        assert not request_id.is_valid(bad)
