from __future__ import annotations

from typing import Any

import pytest

from sprintagen.ui.chats.pickers import Choice


def test_a_choice_survives_being_remembered() -> None:
    choice = Choice("plan", "anthropic", "claude", "high")
    assert Choice.from_json(choice.to_json()) == choice
    assert choice.model is not None
    assert choice.model.variant == "high"


@pytest.mark.parametrize("value", [None, 3, [], {"agent": 4}, {"provider": "x"}, {"model": "y", "variant": "z"}])
def test_what_cannot_be_understood_counts_as_not_chosen(value: Any) -> None:
    assert Choice.from_json(value) == Choice()
    assert Choice.from_json(value).model is None
