from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sprintagen.errors import Conflict
from sprintagen.opencode.errors import ServerUnreachable
from sprintagen.ui import report

if TYPE_CHECKING:
    import pytest


def test_expected_trouble_is_told_in_its_own_words_and_logged_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    words = report.describe(ServerUnreachable("The server is away.", hint="Start it."), "open the session")
    assert words == ("The server is away.", "Start it.")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert report.describe(Conflict("Too late."), "answer").message == "Too late."


def test_a_mistake_of_ours_shows_nothing_of_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    words = report.describe(ValueError("secret=123"), "send the message")
    assert "secret" not in words.message + words.hint
    assert words.message.startswith("Could not send the message")
    assert caplog.records[0].levelno == logging.ERROR
    assert caplog.records[0].exc_info
