"""Turns as the browser gets them."""

from __future__ import annotations

from typing import Any

import pytest

from sprintagen.services.session_index import Turn
from sprintagen.ui.chats.turn_rows import CELLS, ROWS, chosen, marks, rows, turn_at


def turns(count: int, step: int = 2, **flags: Any) -> list[Turn]:
    return [Turn(f"msg_{n}", 1000 * n, f"Question {n}", step * n, **flags) for n in range(count)]


def test_each_of_a_few_turns_has_a_mark_where_it_lies() -> None:
    assert marks(turns(4, 25), 100, is_asking=False) == [[0, 0, 1, 0], [250, 1, 1, 0], [500, 2, 1, 0], [750, 3, 1, 0]]


def test_very_many_turns_share_marks_that_say_how_many_they_stand_for() -> None:
    found = marks(turns(5000), 10_000, is_asking=False)
    assert len(found) == CELLS
    assert sum(mark[2] for mark in found) == 5000
    assert [mark[1] for mark in found] == [sum(mark[2] for mark in found[:n]) for n in range(CELLS)]
    assert found[-1][0] < 1000


def test_a_mark_says_the_worst_of_its_turns_and_that_the_last_one_needs_somebody() -> None:
    some = turns(1000)
    some[500] = some[500]._replace(is_failed=True)
    found = marks(some, 2000, is_asking=True)
    assert [mark[3] for mark in found if mark[3]] == [1, 2]
    assert found[-1][3] == 2


@pytest.mark.parametrize("wanted", [None, [], [1], ["0", "5"], [5, 2], [-1, 3], {"first": 0}, [0.5, 2]])
def test_rows_that_cannot_be_meant_are_none(wanted: Any) -> None:
    assert rows(turns(10), wanted) == (0, [])


def test_rows_are_handed_out_from_where_they_are_wanted_and_never_too_many() -> None:
    assert rows(turns(10), [8, 40]) == (8, [[8000, "Question 8", False], [9000, "Question 9", False]])
    assert len(rows(turns(500), [0, 10_000])[1]) == ROWS
    assert rows(turns(10), [50, 60]) == (50, [])


def test_only_a_turn_that_is_there_can_be_chosen() -> None:
    gone: list[str] = []
    for number in (-1, 10, "3", None, True, 3):
        chosen(turns(10), number, gone.append)
    assert gone == ["msg_3"]


def test_a_message_belongs_to_the_turn_that_began_before_it() -> None:
    some = turns(3, 10)
    assert [turn_at(some, place) for place in (0, 9, 10, 29)] == [0, 0, 1, 2]
    assert turn_at([], 5) == 0
