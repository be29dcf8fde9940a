"""A session's turns as the browser gets them: marks for a line of any length, and rows where somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sprintagen.services.session_index import Turn

FEWEST = 3
"""Turns from which on there is anything to find one's way in."""
CELLS = 120
"""Marks on a line of turns at most."""
ROWS = 100
"""Rows that are handed out at a time at most."""

Rows = list[list[Any]]


def marks(turns: Sequence[Turn], count: int, *, is_asking: bool) -> list[list[int]]:
    """Marks for a line from the first message to the last: place in thousandths, number of the first turn, how many
    turns, and 0, 1 (one failed) or 2 (the last one needs somebody).

    Args:
        turns: Oldest first.
        count: How many messages there are.
        is_asking: The last turn waits for an answer.
    """
    found: list[list[int]] = []
    cell = -1
    for number, turn in enumerate(turns):
        flag = 2 if is_asking and number == len(turns) - 1 else 1 if turn.is_failed else 0
        at = turn.place * CELLS // max(1, count)
        if at == cell:
            found[-1][2] += 1
            found[-1][3] = max(found[-1][3], flag)
        else:
            found.append([round(1000 * turn.place / max(1, count)), number, 1, flag])
            cell = at
    return found


def rows(turns: Sequence[Turn], wanted: Any) -> tuple[int, Rows]:
    """The rows a browser asked for, `[first, last]`: from which on, and of each when, what, and whether it failed."""
    match wanted:
        case [int() as first, int() as last] if 0 <= first <= last:
            some = turns[first : min(last + 1, first + ROWS)]
            return first, [[turn.at, turn.line, turn.is_failed] for turn in some]
    return 0, []


def chosen(turns: Sequence[Turn], number: Any, go: Callable[[str], object]) -> None:
    """Go to the turn a browser names by its number."""
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(turns):
        go(turns[number].message_id)


def turn_at(turns: Sequence[Turn], place: int) -> int:
    """The number of the turn a message belongs to; 0 for one before the first prompt."""
    low, high = 0, len(turns)
    while low < high:
        middle = (low + high) // 2
        if turns[middle].place <= place:
            low = middle + 1
        else:
            high = middle
    return max(0, low - 1)
