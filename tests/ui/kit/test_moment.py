from __future__ import annotations

import pytest

from sprintagen.ui.kit.moment import duration_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10.0 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (185, "3 min 5 s"),
        (3700, "1 h 1 min"),
    ],
)
def test_a_duration_is_said_as_exactly_as_is_of_use(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
