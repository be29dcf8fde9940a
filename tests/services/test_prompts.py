"""The queue: every prompt arrives once, in order, with an answer of its own, whatever happens on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import Conflict, InvalidInput, NotFound, TooLarge
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode.ids import new_message_id, new_part_id
from sprintagen.opencode.models import AssistantMessage, MessageError, TextPart, UserMessage
from sprintagen.services.changes import Change, QueueChanged
from sprintagen.services.prompts import PromptDraft, PromptFile, TookTooLong
from sprintagen.services.refs import OPERATOR
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

HELLO = PromptDraft(text="hello")


@pytest.fixture
async def session_id(services: Services) -> SessionID:
    return (await services.sessions.create(OPERATOR)).session_id


def said(fake: FakeOpencode, session_id: SessionID) -> list[str]:
    """What the server has stored: each message's role and text."""
    lines = []
    for item in fake.history[session_id]:
        words = "".join(part.text for part in item.parts if isinstance(part, TextPart))
        lines.append(f"{item.info.role}: {words}")
    return lines


def posts(fake: FakeOpencode) -> int:
    return fake.calls.count("messages.prompt_async")


async def test_a_prompt_is_answered(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    assert prompt.state == "queued"
    answer = await services.prompts.answer(session_id, prompt.id, 5)
    assert answer.message_id == prompt.message_id
    assert [part.text for message in answer.messages for part in message.parts if isinstance(part, TextPart)] == [
        "echo"
    ]
    assert answer.error is None
    assert services.prompts.queue(session_id) == []
    assert posts(fake) == 1


async def test_prompts_sent_while_the_agent_works_wait_and_get_one_answer_each(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    prompts = [await services.prompts.send(OPERATOR, session_id, PromptDraft(text=word)) for word in ("a", "b", "c")]
    await until(lambda: [p.state for p in services.prompts.queue(session_id)] == ["sent", "queued", "queued"])
    assert posts(fake) == 1
    fake.finish(session_id, "A")
    answers = [await services.prompts.answer(session_id, prompt.id, 5) for prompt in prompts]
    assert said(fake, session_id) == [
        "user: a",
        "assistant: A",
        "user: b",
        "assistant: echo",
        "user: c",
        "assistant: echo",
    ]
    parents = [m.info.parent_id for a in answers for m in a.messages if isinstance(m.info, AssistantMessage)]
    assert parents == [prompt.message_id for prompt in prompts]


@pytest.mark.parametrize("steps", range(5))
async def test_a_stop_in_the_moment_of_an_event_ends_the_work(
    services: Services, fake: FakeOpencode, session_id: SessionID, steps: int
) -> None:
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, HELLO)
    await until(lambda: [p.state for p in services.prompts.queue(session_id)] == ["sent"])
    worker = services.prompts._workers[session_id]
    await asyncio.sleep(0.05)  # nothing happens in the session
    services.prompts._delivery.wake(session_id)
    for _ in range(steps):
        await asyncio.sleep(0)
    worker.cancel()
    await asyncio.wait([worker], timeout=5)
    assert worker.cancelled()


async def test_a_prompt_waits_for_a_turn_somebody_else_started(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.status(session_id, "busy")
    await until(lambda: services.store.state(session_id) == "working")
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await asyncio.sleep(0.05)
    assert posts(fake) == 0
    fake.status(session_id, "idle")
    await services.prompts.answer(session_id, prompt.id, 5)


async def test_the_same_key_is_the_same_prompt(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    first, second = await asyncio.gather(
        services.prompts.send(OPERATOR, session_id, HELLO, client_key="k"),
        services.prompts.send(OPERATOR, session_id, HELLO, client_key="k"),
    )
    assert first.id == second.id
    await services.prompts.answer(session_id, first.id, 5)
    again = await services.prompts.send(OPERATOR, session_id, HELLO, client_key="k")
    assert again.id == first.id
    other = await services.prompts.send(OPERATOR, session_id, HELLO, client_key="another")
    await services.prompts.answer(session_id, other.id, 5)
    assert said(fake, session_id).count("user: hello") == 2


async def test_a_megabyte_arrives_whole(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    text = "äöü€😀" * 100_000 + " end"
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
    await services.prompts.answer(session_id, prompt.id, 5)
    assert said(fake, session_id)[0] == f"user: {text}"


@pytest.mark.parametrize("text", ["", "  \n\t "])
async def test_nothing_is_not_sent(services: Services, session_id: SessionID, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
    assert caught.value.field == "text"


async def test_too_much_is_refused(services: Services, session_id: SessionID) -> None:
    with pytest.raises(TooLarge):
        await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x" * 4_200_000))
    big = PromptFile("a.bin", "application/octet-stream", b"x" * (10 * 1024 * 1024 + 1))
    with pytest.raises(TooLarge):
        await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x", files=(big,)))
    small = PromptFile("a.txt", "text/plain", b"x")
    with pytest.raises(TooLarge):
        await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x", files=(small,) * 21))


async def test_the_queue_has_an_end(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    fake.waiting.add(session_id)
    for _ in range(50):
        await services.prompts.send(OPERATOR, session_id, HELLO)
    with pytest.raises(Conflict):
        await services.prompts.send(OPERATOR, session_id, HELLO)


async def test_an_unknown_session_is_said_so(services: Services) -> None:
    with pytest.raises(NotFound):
        await services.prompts.send(OPERATOR, "ses_nope", HELLO)  # type: ignore[arg-type]


async def test_a_prompt_the_server_lost_is_sent_again_under_the_same_id(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.prompts_lost = 2
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await services.prompts.answer(session_id, prompt.id, 5)
    assert posts(fake) == 3
    assert said(fake, session_id) == ["user: hello", "assistant: echo"]
    assert fake.history[session_id][0].info.id == prompt.message_id


async def test_a_prompt_the_server_loses_for_good_fails_in_words_and_the_next_goes_on(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.prompts_lost = 5
    lost = await services.prompts.send(OPERATOR, session_id, HELLO)
    after = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="next"))
    with pytest.raises(Conflict, match="did not store"):
        await services.prompts.answer(session_id, lost.id, 5)
    await services.prompts.answer(session_id, after.id, 5)
    assert [(p.id, p.state) for p in services.prompts.queue(session_id)] == [(lost.id, "failed")]
    await services.prompts.retry(OPERATOR, session_id, lost.id)
    await services.prompts.answer(session_id, lost.id, 5)
    assert said(fake, session_id) == ["user: next", "assistant: echo", "user: hello", "assistant: echo"]


async def test_an_answer_lost_on_its_way_back_does_not_double_the_prompt(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    original = fake.messages.prompt_async

    async def takes_it_and_breaks(*args: object, **more: object) -> None:
        await original(*args, **more)  # type: ignore[arg-type]
        fake.messages.prompt_async = original  # type: ignore[method-assign]
        raise opencode_errors.ServerTimeout("No answer in time.")

    fake.messages.prompt_async = takes_it_and_breaks  # type: ignore[method-assign]
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await services.prompts.answer(session_id, prompt.id, 5)
    assert said(fake, session_id) == ["user: hello", "assistant: echo"]


async def test_what_the_server_will_never_take_fails_at_once_with_its_words(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.broken["messages.prompt_async"] = [opencode_errors.InvalidRequest("Not like this.", status=400)]
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    with pytest.raises(opencode_errors.InvalidRequest):
        await services.prompts.answer(session_id, prompt.id, 5)
    assert services.prompts.queue(session_id)[0].reason == "Not like this."
    assert posts(fake) == 1


async def test_an_unknown_agent_is_named(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    fake.refuses_agent = "nope"
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x", agent="nope"))
    with pytest.raises(Conflict, match="Agent not found: nope"):
        await services.prompts.answer(session_id, prompt.id, 5)
    assert posts(fake) == 1


async def test_a_failed_turn_is_an_answer_with_a_reason_and_the_queue_goes_on(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    first = await services.prompts.send(OPERATOR, session_id, HELLO)
    second = await services.prompts.send(OPERATOR, session_id, HELLO)
    await until(lambda: session_id in fake.busy)
    fake.finish(session_id, error=MessageError(name="APIError", data={"message": "no credit"}))
    answer = await services.prompts.answer(session_id, first.id, 5)
    assert answer.error is not None
    assert answer.error.message == "no credit"
    assert (await services.prompts.answer(session_id, second.id, 5)).error is None


async def test_stopping_a_turn_keeps_the_prompts_that_wait(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    first = await services.prompts.send(OPERATOR, session_id, HELLO)
    second = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="next"))
    await until(lambda: services.store.state(session_id) == "working")
    await services.sessions.abort(OPERATOR, session_id)
    answer = await services.prompts.answer(session_id, first.id, 5)
    assert answer.error is not None
    assert answer.error.is_abort
    assert (await services.prompts.answer(session_id, second.id, 5)).error is None
    assert services.store.state(session_id) == "idle"


async def test_a_waiting_prompt_can_be_taken_back_and_a_sent_one_not(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    first = await services.prompts.send(OPERATOR, session_id, HELLO)
    second = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="never"))
    await until(lambda: services.prompts.queue(session_id)[0].state == "sent")
    await services.prompts.remove(OPERATOR, session_id, second.id)
    with pytest.raises(Conflict):
        await services.prompts.answer(session_id, second.id, 5)
    with pytest.raises(Conflict):
        await services.prompts.remove(OPERATOR, session_id, first.id)
    with pytest.raises(Conflict):
        await services.prompts.retry(OPERATOR, session_id, first.id)
    with pytest.raises(NotFound):
        await services.prompts.remove(OPERATOR, session_id, second.id)
    fake.finish(session_id)
    await services.prompts.answer(session_id, first.id, 5)
    assert "user: never" not in said(fake, session_id)


async def test_waiting_for_an_answer_ends_when_patience_does_and_the_turn_goes_on(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    with pytest.raises(TookTooLong) as caught:
        await services.prompts.answer(session_id, prompt.id, 0.01)
    assert caught.value.status == 504
    await until(lambda: session_id in fake.busy)
    fake.finish(session_id)
    assert (await services.prompts.answer(session_id, prompt.id, 5)).messages


async def test_deleting_the_session_ends_its_queue(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    prompts = [await services.prompts.send(OPERATOR, session_id, HELLO) for _ in range(2)]
    await until(lambda: session_id in fake.busy)
    fake.forget_session(session_id)
    for prompt in prompts:
        with pytest.raises(NotFound):
            await services.prompts.answer(session_id, prompt.id, 5)
    assert services.prompts.queue(session_id) == []
    await until(lambda: not services.prompts._workers)


async def test_without_a_connection_a_prompt_waits_and_says_why(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await until(lambda: services.prompts.queue(session_id)[0].reason != "")
    assert "connection" in services.prompts.queue(session_id)[0].reason
    assert posts(fake) == 0
    fake.connect()
    await services.prompts.answer(session_id, prompt.id, 5)
    assert posts(fake) == 1


async def test_a_turn_that_ended_while_the_connection_was_away_is_found_ended(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await until(lambda: services.store.state(session_id) == "working")
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    events_lost, fake.stream.items = fake.stream.items, asyncio.Queue()
    fake.finish(session_id, "in the dark")
    fake.stream.items = events_lost
    fake.connect()
    answer = await services.prompts.answer(session_id, prompt.id, 5)
    assert len(answer.messages) == 1
    assert posts(fake) == 1


async def test_a_prompt_a_dying_server_forgot_is_sent_again(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await until(lambda: services.store.state(session_id) == "working")
    fake.disconnect()
    fake.history[session_id].clear()
    fake.busy.clear()
    fake.waiting.clear()
    fake.connect()
    answer = await services.prompts.answer(session_id, prompt.id, 5)
    assert len(answer.messages) == 1
    assert posts(fake) == 2


async def test_a_turn_the_server_died_in_ends_as_interrupted_and_is_not_repeated(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.waiting.add(session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await until(lambda: session_id in fake.busy)
    user = fake.history[session_id][0].info
    assert isinstance(user, UserMessage)
    half = AssistantMessage(id=new_message_id(), session_id=session_id, parent_id=user.id, time=user.time)
    text = TextPart(id=new_part_id(), session_id=session_id, message_id=half.id, text="")  # what had streamed is lost
    fake._store(session_id, half, [text])
    await until(lambda: half.id in services.store.views[session_id].messages)
    fake.disconnect()
    fake.busy.clear()
    fake.waiting.clear()
    fake.connect()
    answer = await services.prompts.answer(session_id, prompt.id, 5)
    assert answer.error is not None
    assert answer.error.name == "Interrupted"
    assert posts(fake) == 1


async def test_files_travel_inside_the_prompt(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    file = PromptFile("../../etc/notes.txt", "text/plain; charset=utf-8", b"hello")
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="", files=(file,)))
    await services.prompts.answer(session_id, prompt.id, 5)
    part = fake.history[session_id][0].parts[0]
    assert (part.type, part.url, part.filename) == ("file", "data:text/plain;base64,aGVsbG8=", "notes.txt")  # type: ignore[union-attr]


async def test_every_step_of_a_prompt_is_told(services: Services, session_id: SessionID) -> None:
    heard: list[list[str]] = []

    def listen(change: Change) -> None:
        if isinstance(change, QueueChanged):
            heard.append([prompt.state for prompt in services.prompts.queue(change.session_id)])

    services.store.changed.subscribe(listen)
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await services.prompts.answer(session_id, prompt.id, 5)
    assert heard == [["queued"], ["sending"], ["sent"], []]


async def test_a_view_nobody_opened_carries_a_prompt_to_its_end(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    prompt = await services.prompts.send(OPERATOR, session_id, HELLO)
    await services.prompts.answer(session_id, prompt.id, 5)
    assert not services.store.view(session_id).loaded
    assert "messages.get" not in fake.calls
