"""What sessions used, on a recorded stream of a session that sent a subagent."""

from __future__ import annotations

import pytest

from sprintagen.opencode.models import CacheTokens, Tokens
from sprintagen.services import usage
from sprintagen.services.usage import Spent
from tests.services.replay import events_of, replay


def test_a_session_counts_its_own_and_its_subagents_tokens_and_cost_apart() -> None:
    store = replay(events_of("18-tool-task-subagent"))
    parent = next(id_ for id_, session in store.sessions.items() if session.parent_id is None)
    used = usage.of_session(store, parent)
    assert used.own == Spent(input=200, output=1, cost=0.000202)
    [child] = used.children
    assert (child.title, child.depth, child.spent) == (
        "Sub job (@general subagent)",
        1,
        Spent(input=100, output=3, cost=0.000106),
    )
    assert used.total.tokens == 304
    assert used.total.cost == pytest.approx(0.000308)


def test_a_subagent_of_a_subagent_stands_deeper() -> None:
    store = replay(events_of("18-tool-task-subagent"))
    parent, child = (
        next(id_ for id_, one in store.sessions.items() if bool(one.parent_id) is has) for has in (False, True)
    )
    below = store.sessions[child].model_copy(update={"id": "ses_below", "parent_id": child})
    store.put_session(below)
    assert [one.depth for one in usage.of_session(store, parent).children] == [1, 2]
    assert usage.of_session(store, below.id).children == ()


def test_each_turn_says_what_its_steps_used_and_how_full_the_context_was() -> None:
    store = replay(events_of("18-tool-task-subagent"))
    parent = next(id_ for id_, session in store.sessions.items() if session.parent_id is None)
    view = store.view(parent)
    [turn] = usage.of_turns(view, 20)
    assert turn.message_id == next(iter(view.messages))
    assert turn.text.startswith("/x tool task")
    assert turn.spent == Spent(input=200, output=1, cost=0.000202)
    assert turn.context == 101
    assert usage.of_turns(view, 0) == []


def test_a_context_holds_what_came_from_the_cache_and_a_session_nobody_knows_used_nothing() -> None:
    tokens = Tokens(input=1, output=2, reasoning=4, cache=CacheTokens(read=8, write=16))
    assert usage.spent(tokens, 0.5) == Spent(1, 2, 4, 8, 16, 0.5)
    assert usage.spent(tokens, 0.5).tokens == 31
    assert usage.spent(None, 0.5) == Spent(cost=0.5)
