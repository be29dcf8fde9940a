from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sprintagen.opencode.ids import MessageID, SessionID
from sprintagen.opencode.models import AssistantMessage, MessageTime, Tokens, UserMessage
from sprintagen.ui.chats.turn_facts import cost_words, count_words, turn_facts, used_context

START = datetime(2026, 1, 1, tzinfo=UTC)
PROMPT = UserMessage(id=MessageID("msg_u"), session_id=SessionID("ses_a"), time=MessageTime(created=START))


def step(seconds: float | None, finish: str | None = "stop", **fields: Any) -> AssistantMessage:
    return AssistantMessage(
        id=MessageID("msg_a"),
        session_id=SessionID("ses_a"),
        time=MessageTime(created=START, completed=START + timedelta(seconds=seconds) if seconds is not None else None),
        provider_id="p",
        model_id="maker/model",
        agent="build",
        finish=finish,
        tokens=Tokens(input=100, output=50, reasoning=10),
        cost=0.02,
        **fields,
    )


def name(provider: str, model: str) -> str:
    return model.rpartition("/")[2]


def test_a_finished_turn_says_model_agent_tokens_cost_and_time_of_all_its_steps() -> None:
    facts = turn_facts([step(2, "tool-calls"), step(12)], PROMPT, active=False, model_name=name)
    assert facts == ("model", "build", "120 tokens", "$0.040", "12 s")


def test_a_turn_that_goes_on_says_nothing() -> None:
    assert turn_facts([step(None)], PROMPT, active=True, model_name=name) == ()
    assert turn_facts([step(2, "tool-calls")], PROMPT, active=True, model_name=name) == ()
    assert turn_facts([], PROMPT, active=False, model_name=name) == ()


def test_an_answer_whose_end_a_dead_server_never_wrote_down_says_all_but_how_long_it_took() -> None:
    assert turn_facts([step(None)], PROMPT, active=False, model_name=name) == ("model", "build", "60 tokens", "$0.020")
    assert turn_facts([step(None, None)], PROMPT, active=False, model_name=name) == ()
    assert turn_facts([step(None, "tool-calls")], PROMPT, active=False, model_name=name) == ()


def test_a_stopped_turn_says_what_there_was() -> None:
    assert turn_facts([step(2, None)], None, active=False, model_name=name)[-1] == "2.0 s"


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0"), (950, "950"), (12_345, "12.3k"), (123_456, "123k"), (1_234_567, "1.2M")]
)
def test_tokens_are_counted_in_round_numbers(count: float, words: str) -> None:
    assert count_words(count) == words


@pytest.mark.parametrize(("cost", "words"), [(0, ""), (0.00123, "$0.0012"), (0.0873, "$0.087"), (12.5, "$12.50")])
def test_costs_are_as_exact_as_is_of_use(cost: float, words: str) -> None:
    assert cost_words(cost) == words


def test_the_context_is_what_the_newest_step_filled() -> None:
    assert used_context([PROMPT, step(1), PROMPT]) == (160, "p", "maker/model")
    assert used_context([PROMPT]) == (0, "", "")
