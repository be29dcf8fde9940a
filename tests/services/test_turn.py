"""How far a prompt's turn is: by the events, and by the server's own records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.opencode.ids import MessageID
from sprintagen.opencode.models import MessageError, MessageWithParts, SessionStatus, TextPart
from sprintagen.services import turn
from tests.services.fakes import FakeOpencode
from tests.services.test_session_view import BUSY, IDLE, assistant, at, folded, text, updated, user

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID

PROMPT = MessageID("msg_001")
STEP = assistant(2, parent_id=PROMPT)
STEP_DONE = assistant(2, parent_id=PROMPT, completed=at(3))
NEXT_STEP = assistant(4, parent_id=PROMPT)


@pytest.mark.parametrize(
    ("sequence", "ended"),
    [
        ([BUSY, updated(user(1))], False),
        ([updated(user(1))], False),
        ([BUSY, updated(user(1)), updated(STEP_DONE)], False),
        ([BUSY, updated(user(1)), updated(STEP), IDLE], False),  # the first of two, before the last message
        ([BUSY, updated(user(1)), updated(STEP), IDLE, updated(STEP_DONE)], True),
        ([BUSY, updated(user(1)), updated(STEP_DONE), updated(NEXT_STEP), IDLE], False),
        ([BUSY, updated(user(1)), updated(STEP_DONE), IDLE], True),
        ([updated(STEP_DONE)], True),
    ],
)
def test_a_turn_has_ended_when_the_session_is_idle_and_its_last_step_complete(sequence: list[Any], ended: bool) -> None:
    assert turn.has_ended(folded(*sequence), PROMPT) is ended


@pytest.fixture
def fake() -> FakeOpencode:
    return FakeOpencode()


def stored(fake: FakeOpencode, *infos: Any) -> SessionID:
    session_id = fake.add_session()
    for info in infos:
        parts: list[Any] = [text(1, 1, "said", end=True)] if info.role == "user" else []
        fake.history[session_id].append(MessageWithParts(info=info, parts=parts))
    return session_id


@pytest.mark.parametrize(
    ("infos", "busy", "how_far"),
    [
        ([], False, "absent"),
        ([], True, "absent"),
        ([user(1)], True, "working"),
        ([user(1), STEP], True, "working"),
        ([user(1)], False, "unanswered"),
        ([user(1), STEP], False, "dead"),
        ([user(1), STEP_DONE], False, "ended"),
        ([user(1), STEP, STEP_DONE], False, "ended"),
        ([assistant(0), user(1)], False, "unanswered"),
    ],
)
async def test_the_server_says_how_far_a_turn_is(
    fake: FakeOpencode, infos: list[Any], busy: bool, how_far: str
) -> None:
    session_id = stored(fake, *infos)
    if busy:
        fake.busy[session_id] = SessionStatus(type="busy")
    assert (await turn.look_up(fake, session_id, PROMPT)).turn == how_far  # type: ignore[arg-type]


async def test_a_prompt_far_back_is_found(fake: FakeOpencode) -> None:
    session_id = stored(fake, user(1), *(assistant(number) for number in range(2, 120)))
    assert (await turn.look_up(fake, session_id, PROMPT)).turn == "ended"  # type: ignore[arg-type]
    assert len(await turn.answer(fake, session_id, PROMPT)) == 118  # type: ignore[arg-type]


async def test_an_answer_goes_on_over_what_opencode_said_to_itself_and_ends_at_the_next_prompt(
    fake: FakeOpencode,
) -> None:
    session_id = stored(fake, user(1), STEP_DONE, user(5), NEXT_STEP, user(7), assistant(8))
    synthetic = TextPart.model_validate({**text(9, 5, "Continue", end=True).model_dump(), "synthetic": True})
    fake.history[session_id][2] = MessageWithParts(info=user(5), parts=[synthetic])
    answer = await turn.answer(fake, session_id, PROMPT)  # type: ignore[arg-type]
    assert [item.info.id for item in answer] == ["msg_002", "msg_004"]


def test_an_answer_without_an_end_was_interrupted() -> None:
    error = turn.error_of([MessageWithParts(info=STEP, parts=[])])
    assert error is not None
    assert error.name == "Interrupted"
    assert turn.error_of([MessageWithParts(info=STEP_DONE, parts=[])]) is None
    unsigned = assistant(2, finish="stop")  # the server died between its last word and its end
    assert turn.error_of([MessageWithParts(info=unsigned, parts=[])]) is None
    failed = assistant(2, completed=at(3), error=MessageError(name="APIError"))
    assert turn.error_of([MessageWithParts(info=failed, parts=[])]) == failed.error
    assert turn.error_of([]) is None
