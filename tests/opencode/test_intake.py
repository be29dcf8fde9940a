from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode import PartDelta, PartRemoved, ServerHeartbeat
from sprintagen.opencode.errors import UnreadableAnswer
from sprintagen.opencode.ids import MessageID, PartID, SessionID
from sprintagen.opencode.intake import MOST, Intake, joined

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from sprintagen.opencode import Event


def delta(text: str, part: str = "prt_1", field: str = "text") -> PartDelta:
    return PartDelta(
        session_id=SessionID("ses_1"), message_id=MessageID("msg_1"), part_id=PartID(part), field=field, delta=text
    )


def told(*events: Event) -> list[str]:
    return [
        event.delta if isinstance(event, PartDelta) else event.type for _, event in joined((None, e) for e in events)
    ]


async def pieces(*given: bytes | Exception | None) -> AsyncGenerator[bytes, None]:
    """Pieces that are there at once; None: a wait for the loop; an exception is raised."""
    for piece in given:
        if isinstance(piece, Exception):
            raise piece
        if piece is None:
            await asyncio.sleep(0.01)
        else:
            yield piece


def test_deltas_of_one_part_in_a_row_become_one():
    assert told(delta("a"), delta("b"), delta("c")) == ["abc"]


def test_a_delta_of_another_part_or_field_begins_anew():
    assert told(delta("a"), delta("b", "prt_2"), delta("c"), delta("d", field="input")) == ["a", "b", "c", "d"]


def test_an_event_between_two_deltas_keeps_its_place():
    removed = PartRemoved(session_id=SessionID("ses_1"), message_id=MessageID("msg_1"), part_id=PartID("prt_1"))
    assert told(delta("a"), removed, delta("b"), ServerHeartbeat()) == ["a", removed.type, "b", "server.heartbeat"]


def test_a_delta_alone_is_the_one_that_came():
    event = delta("a")
    assert [got for _, got in joined([("/repo", event)])] == [event]


def test_deltas_before_an_event_that_cannot_be_read_are_told_first():
    def broken() -> Iterator[tuple[str | None, Event]]:
        yield from ((None, delta(text)) for text in "ab")
        raise UnreadableAnswer("It is not JSON.")

    heard: list[Event] = []
    with pytest.raises(UnreadableAnswer):
        heard.extend(event for _, event in joined(broken()))
    assert heard == [delta("ab")]


async def test_what_arrived_together_is_taken_together():
    async with Intake(pieces(b"a", b"b", None, b"c", b"d")) as intake:
        assert [await intake.take(), await intake.take(), await intake.take()] == [b"ab", b"cd", None]


async def test_what_came_before_a_failure_is_taken_first():
    async with Intake(pieces(b"a", OSError("gone"))) as intake:
        assert await intake.take() == b"a"
        with pytest.raises(OSError, match="gone"):
            await intake.take()


async def test_no_more_is_read_ahead_than_the_limit():
    read = 0

    async def endless() -> AsyncGenerator[bytes, None]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * (MOST // 2)

    async with Intake(endless()) as intake:
        await asyncio.sleep(0.01)
        assert read == 3
        assert len(await intake.take() or b"") == 3 * (MOST // 2)
        await asyncio.sleep(0.01)
        assert read == 6


async def test_leaving_ends_the_reading_and_a_failure_nobody_took_is_no_warning():
    async with Intake(pieces(b"a", OSError("gone"))) as intake:
        assert await intake.take() == b"a"
    before = len(asyncio.all_tasks())
    async with Intake(pieces(None, None, None)):
        assert len(asyncio.all_tasks()) == before + 1
    assert len(asyncio.all_tasks()) == before
