from __future__ import annotations

from typing import Any

import pytest

from sprintagen.services.catalog import ModelRow
from sprintagen.ui.chats.model_picker import ModelMemory, about
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


def test_the_models_chosen_last_come_first_and_each_once() -> None:
    memory = ModelMemory()
    for key in ("a", "b", "a", "c", "d", "e", "f"):
        memory = memory.with_recent(key)
    assert memory.recents == ("f", "e", "d", "c", "a")
    assert memory.with_star("x").with_star("y").with_star("x").favourites == ("y",)
    assert ModelMemory.from_json(memory.to_json()) == memory


@pytest.mark.parametrize("value", [None, 3, [], {"favourites": 3, "recents": [4]}])
def test_a_taste_that_cannot_be_understood_is_none(value: Any) -> None:
    assert ModelMemory.from_json(value) == ModelMemory()


def test_a_model_is_described_by_room_price_and_abilities() -> None:
    known = ModelRow("p", "P", "m", "M", 200_000, 0, True, True, True, ("image", "pdf"), 1.25, 10.0, (), False)
    assert about(known) == "200k context · $1.25 in, $10 out per million · reasons · pictures · PDF"
    assert about(ModelRow("p", "P", "m", "M", 0, 0, False, False, False, (), 0, 0, (), False)) == "no tools"
