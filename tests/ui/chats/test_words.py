"""Small words made of what opencode says."""

from __future__ import annotations

import pytest

from sprintagen.ui.chats.parts.notes import kind_words
from sprintagen.ui.chats.session_list import ask_words


@pytest.mark.parametrize(
    ("mime", "words"),
    [
        ("image/png", "PNG"),
        ("image/svg+xml", "SVG"),
        ("application/pdf", "PDF"),
        ("text/plain", ""),
        ("text/plain;charset=utf-8", ""),
        ("text/x-python", "PYTHON"),
        ("application/x-directory", ""),
        ("application/vnd.openxmlformats-officedocument", "Application"),
        ("", ""),
        ("odd", ""),
    ],
)
def test_the_kind_of_a_file_in_a_word(mime: str, words: str) -> None:
    assert kind_words(mime) == words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("bash: python3 -m unittest", "Run python3 -m unittest?"),
        ("external_directory: /etc/*", "Work in /etc/*?"),
        ("tracker_create: x", "tracker_create: x"),
        ("What does a voucher take off?", "What does a voucher take off?"),
        ("", ""),
    ],
)
def test_a_permission_in_the_list_is_a_question(detail: str, words: str) -> None:
    assert ask_words(detail) == words
