from __future__ import annotations

import logging
import stat
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.managed import server_log
from sprintagen.managed.server_log import ServerLog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> ServerLog:
    log = ServerLog(tmp_path / "logs" / "opencode.log", secrets=[SecretStr("pass-word-1")])
    log.begin()
    return log


def write(log: ServerLog, text: str) -> None:
    with log.path.open("a") as file:
        file.write(text)


def test_only_complete_lines_since_the_last_call_are_read(log: ServerLog) -> None:
    write(log, "one\ntw")
    assert log.read() == ["one"]
    write(log, "o\n\nthree\n")
    assert log.read() == ["two", "three"]
    assert log.read() == []
    assert log.tail == ("one", "two", "three")


def test_a_new_child_starts_with_an_empty_tail_in_the_same_file(log: ServerLog) -> None:
    write(log, "opencode server listening on http://127.0.0.1:1\n")
    log.read()
    assert log.says_listening
    log.begin()

    assert not log.says_listening
    assert log.read() == []
    assert log.tail == ()
    assert "listening" in log.path.read_text()


def test_a_line_that_only_quotes_the_listening_line_does_not_count(log: ServerLog) -> None:
    write(log, 'level=INFO message="opencode server listening on http://127.0.0.1:1"\n')
    log.read()

    assert not log.says_listening


def test_a_file_of_an_earlier_run_becomes_readable_by_its_owner_only(log: ServerLog) -> None:
    log.path.chmod(0o644)
    log.begin()

    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_a_big_file_of_an_earlier_run_is_moved_aside(log: ServerLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_log, "_KEEP_BYTES", 100)
    write(log, "x" * 60)
    log.begin()

    assert log.path.stat().st_size == 0
    assert log.path.with_name("opencode.log.1").stat().st_size == 60


def test_a_file_that_grows_too_big_is_emptied_and_read_on(log: ServerLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_log, "_KEEP_BYTES", 100)
    write(log, "x" * 120 + "\n")
    assert len(log.read()) == 1
    write(log, "after\n")

    assert log.path.read_text() == "after\n"
    assert log.read() == ["after"]
    old = log.path.with_name("opencode.log.1")
    assert old.read_text() == "x" * 120 + "\n"
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


def test_warnings_and_errors_go_to_our_log_as_warnings(log: ServerLog, caplog: pytest.LogCaptureFixture) -> None:
    write(log, 'timestamp=2026 level=INFO message="all is well"\n')
    write(log, 'timestamp=2026 level=ERROR run=1 message="Failed to fetch" cause=offline\n')
    log.read()

    assert [record.getMessage() for record in caplog.records] == ["Failed to fetch cause=offline"]
    assert caplog.records[0].levelno == logging.WARNING
    assert caplog.records[0].name == "sprintagen.opencode-server"


def test_a_flood_of_warnings_is_counted_instead(log: ServerLog, caplog: pytest.LogCaptureFixture) -> None:
    write(log, "level=WARN message=again\n" * 500)
    log.read()

    assert len(caplog.records) == 21
    assert "480 more warnings" in caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("password is pass-word-1!", "password is ***!"),
        ('body={"type":"api","key":"abc def"}', 'body={"type":"api","key":***}'),
        (r'message="{\"key\":\"abc\"}"', r'message="{\"key\":***}"'),
        ("Authorization: Bearer abc.def next", "Authorization: *** next"),
        ("used sk-or-v1-0123456789abcdef here", "used *** here"),
        ("clone https://me:tok@host/x.git", "clone https://***@host/x.git"),
        ("tokens=120 keyboard=qwerty path=/home/key", "tokens=120 keyboard=qwerty path=/home/key"),
        ("\x1b[91m\x1b[1mError: \x1b[0mUnexpected\x07", "Error: Unexpected"),
        ("x" * 500, "x" * 400 + "…"),
    ],
)
def test_what_leaves_the_file_is_short_plain_and_without_secrets(log: ServerLog, line: str, shown: str) -> None:
    write(log, f"{line}\n")

    assert log.read() == [shown]


def test_a_file_that_was_taken_away_is_no_trouble(log: ServerLog) -> None:
    log.path.unlink()

    assert log.read() == []
