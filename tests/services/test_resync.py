"""After a gap everything is as a fresh load would have it, whatever happened meanwhile."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.opencode.ids import MessageID, PartID, PermissionID, QuestionID
from sprintagen.opencode.models import (
    AssistantMessage,
    MessageError,
    MessageTime,
    MessageWithParts,
    PartTime,
    PermissionRequest,
    QuestionRequest,
    Revert,
    SessionStatus,
    TextPart,
    Todo,
    ToolCompleted,
    ToolPart,
    ToolRunning,
    UserMessage,
)
from sprintagen.services.history import Histories
from sprintagen.services.loading import Loader
from sprintagen.services.reader import Reader
from sprintagen.services.refs import OPERATOR
from sprintagen.services.resync import Resync
from sprintagen.services.session_store import SessionStore
from tests.services.fakes import until
from tests.services.replay import outline

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

numbers = itertools.count(1)


def turn(fake: FakeOpencode, session_id: SessionID, **answer: Any) -> None:
    """A prompt and its answer, stored without an event."""
    number = next(numbers)
    made = datetime.fromtimestamp(1_700_000_000 + number, UTC)
    asked = UserMessage(id=MessageID(f"msg_{number:05d}a"), session_id=session_id, time=MessageTime(created=made))
    said = AssistantMessage(
        id=MessageID(f"msg_{number:05d}b"),
        session_id=session_id,
        parent_id=asked.id,
        time=MessageTime(created=made, completed=answer.pop("completed", made)),
        error=answer.pop("error", None),
    )
    place: dict[str, Any] = {"session_id": session_id, "message_id": said.id}
    words = TextPart(
        id=PartID(f"prt_{number:05d}"), text=f"answer {number}", time=PartTime(start=made, end=made), **place
    )
    parts: list[Any] = [words]
    if "tool" in answer:
        parts.append(
            ToolPart(
                id=PartID(f"prt_{number:05d}t"),
                call_id="call_1",  # type: ignore[arg-type]
                tool="bash",
                state=answer["tool"],
                **place,
            )
        )
    fake.history[session_id] += [MessageWithParts(info=asked, parts=[]), MessageWithParts(info=said, parts=parts)]


def last(fake: FakeOpencode, session_id: SessionID) -> MessageWithParts:
    return fake.history[session_id][-1]


def answer_well(fake: FakeOpencode, session_id: SessionID) -> None:
    turn(fake, session_id)


def fail(fake: FakeOpencode, session_id: SessionID) -> None:
    turn(fake, session_id, error=MessageError(name="APIError", data={"message": "no"}))


def end_the_tool(fake: FakeOpencode, session_id: SessionID) -> None:
    fake.busy.pop(session_id, None)
    done = last(fake, session_id)
    part = done.parts[-1].model_copy(update={"state": ToolCompleted(output="fine")})
    fake.history[session_id][-1] = MessageWithParts(info=done.info, parts=[*done.parts[:-1], part])


def die(fake: FakeOpencode, session_id: SessionID) -> None:
    fake.busy.clear()
    fake.asked.clear()


def delete_messages(fake: FakeOpencode, session_id: SessionID) -> None:
    del fake.history[session_id][5:9]
    del fake.history[session_id][-2:]


def revert(fake: FakeOpencode, session_id: SessionID) -> None:
    point = Revert(message_id=fake.history[session_id][-4].info.id)
    fake.stored[session_id] = fake.stored[session_id].model_copy(update={"revert": point})


def plan(fake: FakeOpencode, session_id: SessionID) -> None:
    fake.todos[session_id] = [Todo(content="think", status="completed"), Todo(content="act", status="pending")]


def ask_in_a_subagent(fake: FakeOpencode, session_id: SessionID) -> None:
    child = next(id_ for id_, session in fake.stored.items() if session.parent_id == session_id)
    fake.busy[child] = SessionStatus(type="busy")
    fake.asked = {"que_9": QuestionRequest(id=QuestionID("que_9"), session_id=child, questions=[])}


def delete_subagent(fake: FakeOpencode, session_id: SessionID) -> None:
    child = next(id_ for id_, session in fake.stored.items() if session.parent_id == session_id)
    del fake.stored[child]


def retry(fake: FakeOpencode, session_id: SessionID) -> None:
    fake.busy[session_id] = SessionStatus(type="retry", attempt=2, message="Too many requests")


def go_far_on(fake: FakeOpencode, session_id: SessionID) -> None:
    for _ in range(150):
        turn(fake, session_id)


MEANWHILE = (
    answer_well,
    fail,
    end_the_tool,
    die,
    delete_messages,
    revert,
    plan,
    ask_in_a_subagent,
    delete_subagent,
    retry,
    go_far_on,
)


@pytest.mark.parametrize("turns", [3, 120])
@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda work: work.__name__)
async def test_a_view_that_lived_through_a_gap_is_as_one_loaded_freshly(
    turns: int, meanwhile: Any, services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session("x")
    fake.add_session("sub", parent_id=session_id)
    for _ in range(turns + 3):
        turn(fake, session_id)
    turn(fake, session_id, error=MessageError(name="APIError", data={"message": "earlier"}))
    turn(fake, session_id, completed=None, tool=ToolRunning(input={}))
    fake.status(session_id, "busy")
    fake.ask(PermissionRequest(id=PermissionID("per_1"), session_id=session_id, permission="bash"))
    await until(services.asks.pending)
    reader = Reader(services.histories.of(await services.sessions.open(OPERATOR, session_id)))
    while await reader.read_older():
        pass
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    meanwhile(fake, session_id)
    fake.connect()
    await until(services.feed.is_connected)

    fresh = SessionStore("fresh")
    loader = Loader(services.server, fresh)
    await Resync(services.server, fresh, loader).run(after_gap=False)
    wanted = Reader(Histories(loader.page, loader.plain_page).of(await loader.open(session_id)))
    while await wanted.read_older():
        pass
    reader.check()
    while await reader.read_older():
        pass
    assert list(reader.messages) == list(wanted.messages)
    # where the live end begins and older pages stop is a matter of memory, not of what a person sees
    newest = fresh.views[session_id].messages if session_id in fresh.views else {}
    reader.view.messages = {id_: message for id_, message in reader.view.messages.items() if id_ in newest}
    assert outline(services.store) == outline(fresh)
