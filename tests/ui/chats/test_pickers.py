from __future__ import annotations

from typing import Any

import pytest

from sprintagen.services.catalog import ModelRow
from sprintagen.ui.chats.pickers import Choice, foreseen_model


def test_a_choice_survives_being_remembered() -> None:
    choice = Choice("plan", "anthropic", "claude", "high")
    assert Choice.from_json(choice.to_json()) == choice
    assert choice.model is not None
    assert choice.model.variant == "high"


@pytest.mark.parametrize("value", [None, 3, [], {"agent": 4}, {"provider": "x"}, {"model": "y", "variant": "z"}])
def test_what_cannot_be_understood_counts_as_not_chosen(value: Any) -> None:
    assert Choice.from_json(value) == Choice()
    assert Choice.from_json(value).model is None


def row(provider: str, model: str, *, default: bool = False) -> ModelRow:
    return ModelRow(provider, provider, model, model, 0, 0, False, False, True, (), 0.0, 0.0, (), default)


FREE, PAID, OTHER = row("opencode", "pickle", default=True), row("openrouter", "auto", default=True), row("x", "y")


def test_with_one_provider_its_default_is_what_a_prompt_goes_to() -> None:
    assert foreseen_model([FREE, OTHER], Choice(), ("", "")) is FREE


def test_with_several_providers_no_model_is_named_that_opencode_might_not_take() -> None:
    assert foreseen_model([FREE, PAID, OTHER], Choice(), ("", "")) is None


def test_a_session_stays_with_the_model_of_its_last_answer_unless_another_is_chosen() -> None:
    assert foreseen_model([FREE, PAID, OTHER], Choice(), ("x", "y")) is OTHER
    assert foreseen_model([FREE, PAID, OTHER], Choice(None, "openrouter", "auto"), ("x", "y")) is PAID
