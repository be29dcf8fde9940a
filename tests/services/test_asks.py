"""Answers: they reach the right request, count once, and say in words when they come too late."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import Conflict, InvalidInput, NotFound
from sprintagen.opencode import events
from sprintagen.opencode.ids import PermissionID, QuestionID, SessionID
from sprintagen.opencode.models import PermissionRequest, Question, QuestionOption, QuestionRequest
from sprintagen.services.refs import OPERATOR
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

PER, QUE = PermissionID("per_1"), QuestionID("que_1")


@pytest.fixture
async def session_id(services: Services, fake: FakeOpencode) -> SessionID:
    """A session that asks for a permission and two answers."""
    session_id = fake.add_session("x")
    fake.status(session_id, "busy")
    fake.ask(PermissionRequest(id=PER, session_id=session_id, permission="bash"))
    options = [QuestionOption(label="Red"), QuestionOption(label="Blue")]
    questions = [Question(question="Colour?", options=options), Question(question="Sizes?", multiple=True)]
    fake.ask(QuestionRequest(id=QUE, session_id=session_id, questions=questions))
    await until(lambda: len(services.asks.pending(session_id)) == 2)
    return session_id


async def test_a_reply_takes_the_request_away_at_once(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    await services.asks.reply_permission(OPERATOR, PER, "always")
    assert "reply per_1 always None" in fake.calls
    assert [request.id for request in services.asks.pending()] == [QUE]


async def test_a_word_goes_with_a_denial_only(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    await services.asks.reply_permission(OPERATOR, PER, "reject", message=" use make ")
    assert "reply per_1 reject use make" in fake.calls
    fake.ask(PermissionRequest(id=PermissionID("per_2"), session_id=session_id, permission="bash"))
    await until(lambda: len(services.asks.pending()) == 2)
    await services.asks.reply_permission(OPERATOR, PermissionID("per_2"), "once", message="ignored")
    assert "reply per_2 once None" in fake.calls


async def test_the_second_reply_is_a_conflict(services: Services, session_id: SessionID) -> None:
    await services.asks.reply_permission(OPERATOR, PER, "once")
    with pytest.raises(Conflict, match="Already answered: allowed once, by operator"):
        await services.asks.reply_permission(OPERATOR, PER, "reject")


async def test_a_request_answered_elsewhere_a_moment_ago_is_a_conflict(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.asked.clear()
    with pytest.raises(Conflict):
        await services.asks.reply_permission(OPERATOR, PER, "once")
    with pytest.raises(Conflict):
        await services.asks.reply_question(OPERATOR, QUE, [["Red"], ["S"]])
    assert services.asks.pending() == []


async def test_what_nobody_asked_is_not_found(services: Services) -> None:
    with pytest.raises(NotFound):
        await services.asks.reply_permission(OPERATOR, PER, "once")
    with pytest.raises(NotFound):
        await services.asks.reject_question(OPERATOR, QUE)


async def test_a_question_is_answered(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    await services.asks.reply_question(OPERATOR, QUE, [["Red"], ["S", "own words"]])
    assert "answer que_1 [['Red'], ['S', 'own words']]" in fake.calls
    assert [request.id for request in services.asks.pending()] == [PER]


@pytest.mark.parametrize("answers", [[], [["Red"]], [["Red"], []], [["Red"], [" "]], [["Red", "Blue"], ["S"]]])
async def test_answers_have_to_fit_the_questions(
    services: Services, session_id: SessionID, answers: list[list[str]]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await services.asks.reply_question(OPERATOR, QUE, answers)
    assert caught.value.field == "answers"


async def test_a_question_can_be_left_unanswered(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    await services.asks.reject_question(OPERATOR, QUE)
    assert QUE not in fake.asked


async def test_an_answer_in_another_client_is_told_from_a_turn_that_ended(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.asked.pop(PER)
    fake.emit(events.PermissionReplied(session_id=session_id, request_id=PER, reply="always"))
    await until(lambda: len(services.asks.pending()) == 1)
    with pytest.raises(Conflict, match="Already answered: always allowed, in another client"):
        await services.asks.reply_permission(OPERATOR, PER, "once")
    fake.asked.clear()
    fake.status(session_id, "idle")
    await until(lambda: services.asks.pending() == [])
    with pytest.raises(Conflict, match="no longer waits"):
        await services.asks.reply_question(OPERATOR, QUE, [["Red"], ["S"]])


async def test_of_two_who_answer_at_the_same_time_the_second_hears_who_was_first(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    both = [services.asks.reply_permission(OPERATOR, PER, answer) for answer in ("reject", "once")]
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert first is None
    assert isinstance(second, Conflict)
    assert "denied, by operator" in second.message
    assert [call for call in fake.calls if call.startswith("reply ")] == ["reply per_1 reject None"]
