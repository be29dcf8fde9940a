"""The checker finds what is wrong with a history, and nothing in a good one."""

from __future__ import annotations

import pytest

from tests.faults.history import History, Reading, Seen, seen_by_api, seen_by_opencode


def sent(count: int, *, acknowledged: int | None = None) -> History:
    """One session, `count` sends of which the first so many were acknowledged."""
    history = History()
    for number in range(count):
        send = history.begin("ses_1", 0)
        if number < (count if acknowledged is None else acknowledged):
            history.acknowledge(send)
    return history


def prompt(number: int, name: str = "") -> Seen:
    return Seen(name or f"m{number}u", "user", f"send-0-{number} /x say 3")


def answer(number: int, name: str = "", parent: str = "") -> Seen:
    return Seen(name or f"m{number}a", "assistant", "w0 w1 w2", parent or f"m{number}u", is_answer=True)


def kinds(history: History, *messages: Seen, aside: tuple[str, ...] = ()) -> list[str]:
    return [fault.kind for fault in history.check([Reading("api", "ses_1", messages, aside)])]


def test_a_whole_history_has_no_fault() -> None:
    assert kinds(sent(2), prompt(0), answer(0), prompt(1), answer(1)) == []


def test_an_acknowledged_prompt_that_is_nowhere_is_lost() -> None:
    assert kinds(sent(2), prompt(0), answer(0)) == ["lost"]


def test_an_acknowledged_prompt_without_its_text_is_lost() -> None:
    assert kinds(sent(1), Seen("m0u", "user", "")) == ["lost"]


def test_what_was_never_acknowledged_may_be_missing_or_there_once_but_not_twice() -> None:
    assert kinds(sent(1, acknowledged=0)) == []
    assert kinds(sent(1, acknowledged=0), prompt(0), answer(0)) == []
    assert kinds(sent(1, acknowledged=0), prompt(0), prompt(0, "x")) == ["doubled"]


def test_a_prompt_that_appears_twice_is_doubled_under_two_ids_under_one_and_within_one_message() -> None:
    assert kinds(sent(1), prompt(0), prompt(0, "x"), answer(0)) == ["doubled"]
    assert set(kinds(sent(1), prompt(0), prompt(0), answer(0))) == {"doubled"}
    assert kinds(sent(1), Seen("m0u", "user", "send-0-0\nsend-0-0"), answer(0)) == ["doubled"]


def test_prompts_in_another_order_than_they_were_sent_are_reordered() -> None:
    assert kinds(sent(2), prompt(1), answer(1), prompt(0), answer(0)) == ["reordered"]


def test_a_prompt_that_is_shown_as_not_delivered_is_not_lost_but_must_not_be_delivered_too() -> None:
    assert kinds(sent(1), aside=("send-0-0",)) == []
    assert kinds(sent(1), prompt(0), answer(0), aside=("send-0-0",)) == ["doubled"]


def test_each_acknowledged_prompt_has_one_answer() -> None:
    assert kinds(sent(1), prompt(0)) == ["answer lost"]
    assert kinds(sent(1), prompt(0), answer(0), answer(0, "b")) == ["answer doubled"]


def test_a_prompt_whose_turn_was_killed_may_lack_its_answer() -> None:
    history = sent(2)
    history.excuse_open_turns({"send-0-0"})
    assert kinds(history, prompt(0), prompt(1)) == ["answer lost"]


def test_two_prompts_answered_together_are_an_answer_lost() -> None:
    assert kinds(sent(2), prompt(0), prompt(1), answer(1)) == ["answer lost"]


def test_an_answer_after_the_next_prompt_is_misplaced() -> None:
    assert kinds(sent(2), prompt(0), prompt(1), answer(0), answer(1)) == ["answer misplaced"]


def test_a_prompt_of_another_session_is_a_stranger() -> None:
    history = sent(1)
    history.acknowledge(history.begin("ses_2", 5))
    assert kinds(history, prompt(0), answer(0), Seen("y", "user", "send-5-0")) == ["stranger"]


def test_the_account_says_what_whom_and_what_had_happened() -> None:
    history = sent(1)
    history.note("opencode killed")
    account = history.account(history.check([Reading("the page", "ses_1", ())]))
    for word in ("lost", "send-0-0", "ses_1", "the page", "opencode killed", "acknowledged"):
        assert word in account


@pytest.mark.parametrize(
    ("finish", "error", "is_answer"),
    [("stop", None, True), ("tool-calls", None, False), (None, None, False), ("stop", {"name": "x"}, False)],
)
def test_only_what_ends_a_turn_well_is_an_answer(finish: str | None, error: object, is_answer: bool) -> None:
    info = {"id": "m", "role": "assistant", "finish": finish, "error": error}
    theirs = seen_by_opencode([{"info": info | {"parentID": "p"}, "parts": [{"type": "text", "text": "a"}]}])
    ours = seen_by_api([info | {"parent_id": "p", "parts": [{"type": "text", "text": "a"}]}])
    assert theirs == ours == (Seen("m", "assistant", "a", "p", is_answer),)
