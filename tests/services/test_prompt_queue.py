"""What a person does with prompts that wait, and with those that are no words to the agent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.errors import Conflict, DatabaseError, InvalidInput, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.services import turn
from sprintagen.services.prompts import PromptDraft, PromptMention
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import build
from tests.services.fakes import FakeStream, until
from tests.services.test_prompts import said, session_id

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

__all__ = ["session_id"]


async def line_up(services: Services, fake: FakeOpencode, session_id: SessionID, *texts: str) -> list[str]:
    """A turn that goes on, and prompts behind it; their ids."""
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="first"))
    await until(lambda: [p.state for p in services.prompts.queue(session_id)] == ["sent"])
    return [(await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))).id for text in texts]


def texts(services: Services, session_id: SessionID) -> list[str]:
    return [prompt.draft.text for prompt in services.prompts.queue(session_id)]


async def drained(services: Services, session_id: SessionID) -> None:
    await until(lambda: not services.prompts.queue(session_id))


def asked(fake: FakeOpencode, session_id: SessionID) -> list[str]:
    """What a person is seen to have said."""
    return [line.removeprefix("user: ") for line in said(fake, session_id) if line.startswith("user")]


def held(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> asyncio.Event:
    """A method waits for this before it does its work."""
    may_go, method = asyncio.Event(), getattr(owner, name)

    async def wait(*args: object) -> object:
        await may_go.wait()
        return await method(*args)

    monkeypatch.setattr(owner, name, wait)
    return may_go


async def test_a_waiting_prompt_can_be_moved(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    a, _, c = await line_up(services, fake, session_id, "a", "b", "c")
    await services.prompts.line.move(OPERATOR, session_id, c, 0)
    assert texts(services, session_id) == ["first", "c", "a", "b"]
    await services.prompts.line.move(OPERATOR, session_id, a, 99)
    assert texts(services, session_id) == ["first", "c", "b", "a"]
    fake.finish(session_id)
    await drained(services, session_id)
    assert [line for line in said(fake, session_id) if line.startswith("user")] == [
        "user: first", "user: c", "user: b", "user: a",
    ]  # fmt: skip


async def test_a_prompt_that_waits_for_somebody_elses_turn_is_overtaken_too(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.status(session_id, "busy")
    await until(lambda: services.store.state(session_id) == "working")
    for text in ("a", "b"):
        last = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
    await asyncio.sleep(0.02)  # the first is held by the delivery
    await services.prompts.line.move(OPERATOR, session_id, last.id, 0)
    fake.status(session_id, "idle")
    await drained(services, session_id)
    assert [line for line in said(fake, session_id) if line.startswith("user")] == ["user: b", "user: a"]


async def test_the_order_and_the_words_survive_the_process(
    services: Services, fake: FakeOpencode, session_id: SessionID, tmp_path: Path
) -> None:
    a, b = await line_up(services, fake, session_id, "a", "b")
    await services.prompts.line.move(OPERATOR, session_id, b, 0)
    await services.prompts.line.edit(OPERATOR, session_id, a, "a, and more")
    later = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="later"))
    await services.stop()
    again = build(fake, tmp_path)
    await again.start()
    try:
        assert texts(again, session_id) == ["first", "b", "a, and more", "later"]
        assert again.prompts.queue(session_id)[-1].id == later.id
    finally:
        await again.stop()


async def test_an_edited_prompt_says_the_new_words_and_names_what_they_still_name(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    await line_up(services, fake, session_id)
    draft = PromptDraft(
        "@a.py and @src", mentions=(PromptMention("file", "a.py", 0, 5), PromptMention("directory", "src", 10, 14))
    )
    prompt = await services.prompts.send(OPERATOR, session_id, draft)
    changed = await services.prompts.line.edit(OPERATOR, session_id, prompt.id, "only @src")
    assert changed.draft.mentions == (PromptMention("directory", "src", 5, 9),)
    with pytest.raises(InvalidInput):
        await services.prompts.line.edit(OPERATOR, session_id, prompt.id, "  ")
    fake.finish(session_id)
    await drained(services, session_id)
    assert "user: only @src" in said(fake, session_id)


async def test_what_is_on_its_way_is_neither_moved_nor_edited(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    await line_up(services, fake, session_id)
    [first] = services.prompts.queue(session_id)
    for act in (
        services.prompts.line.move(OPERATOR, session_id, first.id, 0),
        services.prompts.line.edit(OPERATOR, session_id, first.id, "x"),
        services.prompts.line.send_now(OPERATOR, session_id, first.id),
    ):
        with pytest.raises(Conflict, match="on its way"):
            await act
    fake.finish(session_id)


async def test_what_may_have_gone_out_before_a_restart_is_not_edited_and_what_stood_behind_it_is(
    services: Services, fake: FakeOpencode, session_id: SessionID, tmp_path: Path
) -> None:
    fake.status(session_id, "busy")
    await until(lambda: services.store.state(session_id) == "working")
    a, b = [(await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))).id for text in ("a", "b")]
    await services.stop()
    fake.stream = FakeStream()
    again = build(fake, tmp_path)
    await again.start()
    try:
        with pytest.raises(Conflict, match="on its way"):
            await again.prompts.line.edit(OPERATOR, session_id, a, "x")
        await again.prompts.line.edit(OPERATOR, session_id, b, "b, and more")
        fake.status(session_id, "idle")
        fake.connect()
        await drained(again, session_id)
        assert asked(fake, session_id) == ["a", "b, and more"]
    finally:
        await again.stop()


async def test_behind_a_turn_that_outlived_a_restart_the_others_are_moved_and_edited(
    services: Services, fake: FakeOpencode, session_id: SessionID, tmp_path: Path
) -> None:
    a, b = await line_up(services, fake, session_id, "a", "b")
    await services.stop()
    fake.stream = FakeStream()
    again = build(fake, tmp_path)
    await again.start()
    try:
        fake.connect()
        await until(again.feed.is_connected)
        await again.prompts.line.move(OPERATOR, session_id, b, 0)
        await again.prompts.line.edit(OPERATOR, session_id, a, "a, and more")
        assert texts(again, session_id) == ["first", "b", "a, and more"]
        fake.finish(session_id)
        await drained(again, session_id)
        assert asked(fake, session_id) == ["first", "b", "a, and more"]
    finally:
        await again.stop()


async def test_a_prompt_the_server_holds_already_is_not_edited_though_it_waits_again(
    services: Services, fake: FakeOpencode, session_id: SessionID, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = turn.look_up

    async def before_somebody_elses_turn(*args: Any) -> turn.Found:
        found = await look_up(*args)
        if found.turn == "unanswered":
            fake.status(session_id, "busy")
            await until(lambda: services.store.state(session_id) == "working")
        return found

    await line_up(services, fake, session_id)
    monkeypatch.setattr(turn, "look_up", before_somebody_elses_turn)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.busy.clear()  # it died before it said anything
    fake.connect()
    await until(lambda: [prompt.state for prompt in services.prompts.queue(session_id)] == ["queued"])
    [prompt] = services.prompts.queue(session_id)
    with pytest.raises(Conflict, match="on its way"):
        await services.prompts.line.edit(OPERATOR, session_id, prompt.id, "x")
    monkeypatch.undo()
    fake.waiting.clear()
    fake.status(session_id, "idle")
    await drained(services, session_id)
    assert said(fake, session_id) == ["user: first", "assistant: echo"]


async def test_a_prompt_that_is_being_taken_back_is_neither_moved_nor_edited(
    services: Services, fake: FakeOpencode, session_id: SessionID, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, b = await line_up(services, fake, session_id, "a", "b")
    may_go = held(monkeypatch, services.prompts._outbox, "end_now")
    removing = asyncio.create_task(services.prompts.remove(OPERATOR, session_id, b))
    await until(lambda: services.prompts._queue.get(session_id, b).is_leaving)
    for act in (
        services.prompts.line.edit(OPERATOR, session_id, b, "x"),
        services.prompts.line.move(OPERATOR, session_id, b, 0),
        services.prompts.line.send_now(OPERATOR, session_id, b),
    ):
        with pytest.raises(Conflict, match="on its way"):
            await act
    may_go.set()
    await removing
    fake.finish(session_id)
    await drained(services, session_id)
    assert asked(fake, session_id) == ["first", "a"]


async def test_a_prompt_that_is_taken_back_while_it_is_edited_stays_away(
    services: Services, fake: FakeOpencode, session_id: SessionID, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, b = await line_up(services, fake, session_id, "a", "b")
    may_go = held(monkeypatch, services.prompts._outbox, "edit_now")
    editing = asyncio.create_task(services.prompts.line.edit(OPERATOR, session_id, b, "b, and more"))
    await until(lambda: services.prompts._queue.get(session_id, b).is_leaving)
    await services.prompts.remove(OPERATOR, session_id, b)
    may_go.set()
    with pytest.raises(NotFound, match="not in the queue"):
        await editing
    assert texts(services, session_id) == ["first", "a"]
    fake.finish(session_id)
    await drained(services, session_id)
    assert asked(fake, session_id) == ["first", "a"]


async def test_send_now_stops_the_turn_and_goes_before_the_others(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    _, b = await line_up(services, fake, session_id, "a", "b")
    await services.prompts.line.send_now(OPERATOR, session_id, b)
    await drained(services, session_id)
    assert [line for line in said(fake, session_id) if line.startswith("user")] == [
        "user: first", "user: b", "user: a",
    ]  # fmt: skip


async def test_send_now_does_not_stop_the_turn_of_the_prompt_it_was_to_make_room_for(
    services: Services, fake: FakeOpencode, session_id: SessionID, monkeypatch: pytest.MonkeyPatch
) -> None:
    [a] = await line_up(services, fake, session_id, "a")
    move_now = services.prompts._outbox.move_now

    async def while_the_turn_ends_by_itself(places: dict[str, int]) -> None:
        await move_now(places)
        fake.finish(session_id)
        fake.waiting.add(session_id)
        await until(lambda: [prompt.state for prompt in services.prompts.queue(session_id)] == ["sent"])

    monkeypatch.setattr(services.prompts._outbox, "move_now", while_the_turn_ends_by_itself)
    await services.prompts.line.send_now(OPERATOR, session_id, a)
    assert "sessions.abort" not in fake.calls
    fake.finish(session_id)
    await drained(services, session_id)
    assert said(fake, session_id) == ["user: first", "assistant: done", "user: a", "assistant: done"]


async def test_an_order_that_cannot_be_stored_is_not_taken(
    services: Services, fake: FakeOpencode, session_id: SessionID, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = await line_up(services, fake, session_id, "a", "b")

    async def refuse(*_: object) -> None:
        raise DatabaseError("It is full.")

    monkeypatch.setattr(services.prompts._outbox, "move_now", refuse)
    monkeypatch.setattr(services.prompts._outbox, "edit_now", refuse)
    with pytest.raises(DatabaseError):
        await services.prompts.line.move(OPERATOR, session_id, b, 0)
    with pytest.raises(DatabaseError):
        await services.prompts.line.edit(OPERATOR, session_id, a, "x")
    assert texts(services, session_id) == ["first", "a", "b"]
    fake.finish(session_id)
    await drained(services, session_id)
    assert "user: a" in said(fake, session_id)


@pytest.mark.parametrize("name", ["/etc/passwd", "..", "../x", "~", "src/../../x", "C:/x", "a\nb", "link", "gone.py"])
async def test_a_prompt_names_nothing_outside_of_the_project(
    services: Services, fake: FakeOpencode, session_id: SessionID, name: str
) -> None:
    draft = PromptDraft(f"@{name}", mentions=(PromptMention("file", name, 0, 1 + len(name)),))
    with pytest.raises(InvalidInput, match="not in the project"):
        await services.prompts.send(OPERATOR, session_id, draft)
    assert services.prompts.queue(session_id) == []
    assert "messages.prompt_async" not in fake.calls


async def test_a_prompt_names_only_agents_there_are(services: Services, session_id: SessionID) -> None:
    draft = PromptDraft("@nobody", mentions=(PromptMention("agent", "nobody", 0, 7),))
    with pytest.raises(InvalidInput, match="no agent"):
        await services.prompts.send(OPERATOR, session_id, draft)


@pytest.mark.parametrize("arguments", ["@/etc/passwd", "see @~/x", "@../x", "@src/../../x", "@link"])
async def test_a_commands_arguments_name_nothing_outside_of_the_project(
    services: Services, fake: FakeOpencode, session_id: SessionID, arguments: str
) -> None:
    with pytest.raises(InvalidInput, match="not in the project"):
        await services.prompts.send(OPERATOR, session_id, PromptDraft(f"/review {arguments}", kind="command"))
    assert "messages.command" not in fake.calls


async def test_a_command_waits_in_line_and_is_run_once(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    await line_up(services, fake, session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft("/review all\nof it", kind="command"))
    fake.finish(session_id, "A")
    answer = await services.prompts.answer(session_id, prompt.id, 5)
    assert answer.message_id == prompt.message_id
    assert said(fake, session_id)[2:] == ["user: template of review: all\nof it", "assistant: echo"]
    assert fake.calls.count("messages.command") == 1


async def test_a_command_whose_connection_broke_is_not_run_again(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.broken["messages.command"] = [opencode_errors.ServerUnreachable("It is away.")]
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft("/review", kind="command"))
    with pytest.raises(Conflict, match="The connection broke"):
        await services.prompts.answer(session_id, prompt.id, 5)
    assert fake.calls.count("messages.command") == 1
    await services.prompts.retry(OPERATOR, session_id, prompt.id)
    await services.prompts.answer(session_id, prompt.id, 5)
    assert fake.calls.count("messages.command") == 2


async def test_an_unknown_command_fails_in_words_and_those_behind_it_go_on(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.broken["messages.command"] = [opencode_errors.ServerFault("Unexpected server error.", status=500)]
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft("/nothing", kind="command"))
    after = await services.prompts.send(OPERATOR, session_id, PromptDraft("next"))
    with pytest.raises(Conflict, match="did not run /nothing"):
        await services.prompts.answer(session_id, prompt.id, 5)
    await services.prompts.answer(session_id, after.id, 5)


async def test_a_command_that_may_have_run_before_a_restart_is_not_run_again(
    services: Services, fake: FakeOpencode, session_id: SessionID, tmp_path: Path
) -> None:
    hanging = asyncio.Event()

    async def hang(*_: object, **__: object) -> None:
        fake.calls.append("messages.command")
        await hanging.wait()

    fake.messages.command = hang  # type: ignore[method-assign]
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft("/review", kind="command"))
    await until(lambda: "messages.command" in fake.calls)
    await services.stop()
    fake.stream = FakeStream()
    again = build(fake, tmp_path)
    await again.start()
    try:
        fake.connect()
        await until(lambda: [p.state for p in again.prompts.queue(session_id)] == ["failed"])
        [failed] = again.prompts.queue(session_id)
        assert failed.id == prompt.id
        assert "The connection broke" in failed.reason
        assert fake.calls.count("messages.command") == 1
    finally:
        await again.stop()


async def test_a_shell_line_is_run(services: Services, fake: FakeOpencode, session_id: SessionID) -> None:
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft("!ls -l", kind="shell"))
    await services.prompts.answer(session_id, prompt.id, 5)
    assert said(fake, session_id) == ["user: ran ls -l", "assistant: echo"]
    with pytest.raises(InvalidInput):
        await services.prompts.send(OPERATOR, session_id, PromptDraft("!  ", kind="shell"))


async def test_files_and_folders_are_found(services: Services, fake: FakeOpencode) -> None:
    assert [path.path for path in await services.files.find("src")] == ["src", "src/b.py"]
    assert [(path.path, path.kind) for path in await services.files.find(" ")] == [
        ("src", "directory"), ("a.py", "file"), ("link", "file"),
    ]  # fmt: skip


async def test_a_prompt_that_is_tried_again_is_not_edited_though_another_stands_before_it(
    services: Services, fake: FakeOpencode, session_id: SessionID
) -> None:
    fake.broken["messages.prompt_async"] = [opencode_errors.InvalidRequest("Refused.", status=400)]
    first = await services.prompts.send(OPERATOR, session_id, PromptDraft("first"))
    await until(lambda: services.prompts.queue(session_id)[0].state == "failed")
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    await services.prompts.retry(OPERATOR, session_id, first.id)
    second = await services.prompts.send(OPERATOR, session_id, PromptDraft("second"))
    await services.prompts.line.move(OPERATOR, session_id, second.id, 0)
    with pytest.raises(Conflict):
        await services.prompts.line.edit(OPERATOR, session_id, first.id, "other words")


async def test_what_was_tried_again_is_in_doubt_after_a_restart_too_wherever_it_stands(
    services: Services, fake: FakeOpencode, session_id: SessionID, tmp_path: Path
) -> None:
    fake.broken["messages.prompt_async"] = [opencode_errors.InvalidRequest("Refused.", status=400)]
    tried = await services.prompts.send(OPERATOR, session_id, PromptDraft("first"))
    await until(lambda: services.prompts.queue(session_id)[0].state == "failed")
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    await services.prompts.retry(OPERATOR, session_id, tried.id)
    other = await services.prompts.send(OPERATOR, session_id, PromptDraft("second"))
    await services.prompts.line.move(OPERATOR, session_id, other.id, 0)
    await services.stop()
    fake.stream = FakeStream()
    again = build(fake, tmp_path)
    await again.start()
    try:
        assert [one.id for one in again.prompts.queue(session_id)] == [other.id, tried.id]
        with pytest.raises(Conflict):
            await again.prompts.line.edit(OPERATOR, session_id, tried.id, "other words")
    finally:
        await again.stop()
