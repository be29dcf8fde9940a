"""Prompts that were acknowledged survive the process: each arrives once, in order, with one answer."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import sqlite3
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.db import close_db
from sprintagen.db import prompt as table
from sprintagen.errors import Conflict, DatabaseError
from sprintagen.opencode.errors import ServerUnreachable
from sprintagen.opencode.ids import new_message_id, new_part_id
from sprintagen.opencode.models import AssistantMessage, MessageTime, ModelRef, TextPart, UserMessage
from sprintagen.services import prompt_draft, prompt_outbox, prompts
from sprintagen.services.prompt_queue import QueuedPrompt, Waiting
from sprintagen.services.prompts import PromptDraft, PromptFile
from sprintagen.services.refs import OPERATOR
from tests import databases
from tests.services.conftest import build, first_handshake
from tests.services.fakes import FakeOpencode, FakeStream, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services

WRITES = ("add", "set_state", "end", "claim", "remove_session")


class Machine:
    """Runs services that can die at any moment, over one database and one server."""

    def __init__(self, fake: FakeOpencode, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = fake
        self.points: list[str] = []
        self.dies_at = 0
        self.fails_at = 0
        self.dead = asyncio.Event()
        self._path = path
        self._before: set[asyncio.Task[Any]] = set()
        for name in WRITES:
            monkeypatch.setattr(table, name, self._hooked(name, getattr(table, name)))
        for noun, name in (("messages", "prompt_async"), ("messages", "list"), ("sessions", "statuses")):
            monkeypatch.setattr(getattr(fake, noun), name, self._hooked(name, getattr(getattr(fake, noun), name)))

    def _hooked(self, name: str, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def hooked(*args: Any, **more: Any) -> Any:
            await self._point(f"before {name}")
            result = await function(*args, **more)
            await self._point(f"after {name}")
            return result

        return hooked

    async def _point(self, name: str) -> None:
        self.points.append(name)
        if len(self.points) == self.fails_at:
            is_ours = name.split()[1] in WRITES
            raise DatabaseError("The disk is full.") if is_ours else ServerUnreachable("It is away.")
        if len(self.points) == self.dies_at:
            self.dead.set()
        if self.dead.is_set():
            await asyncio.Event().wait()

    async def start(self) -> Services:
        self._before = asyncio.all_tasks()
        services = build(self.fake, self._path)
        await services.start()
        self.fake.connect()
        await until(lambda: services.feed.is_connected() or self.dead.is_set())
        return services

    async def kill(self) -> None:
        """The process is gone: nothing it would do at its end is done."""
        self.dead.set()
        await asyncio.sleep(0.02)  # a transaction that runs is through, or it would be none
        tasks = asyncio.all_tasks() - self._before - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await close_db()
        self.dead.clear()
        self.dies_at = 0
        self.fake.stream = FakeStream()


@pytest.fixture
def machine(fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(fake, tmp_path, monkeypatch)


@asynccontextmanager
async def running(machine: Machine) -> AsyncIterator[Services]:
    services = await machine.start()
    try:
        await first_handshake(services)
        yield services
    finally:
        await services.stop()


def said(fake: FakeOpencode, session_id: SessionID) -> list[str]:
    lines = []
    for item in fake.history[session_id]:
        words = "".join(part.text for part in item.parts if isinstance(part, TextPart))
        lines.append(f"{item.info.role}: {words}")
    return lines


def conversation(*words: str) -> list[str]:
    return [line for word in words for line in (f"user: {word}", "assistant: echo")]


async def send(services: Services, session_id: SessionID, text: str, **more: Any) -> QueuedPrompt:
    return await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text), **more)


async def drained(services: Services, *session_ids: SessionID) -> None:
    await until(lambda: not any(services.prompts.queue(id_) for id_ in session_ids))


async def attempt(machine: Machine, sessions: list[SessionID], acknowledged: list[str]) -> None:
    """One process that takes three prompts in each session and answers them, unless it dies."""
    services = await machine.start()
    for word in ("a", "b", "c"):
        for session_id in sessions:
            await send(services, session_id, word, client_key=word)
            acknowledged.append(f"{session_id} {word}")
    await drained(services, *sessions)
    await services.stop()


async def test_a_process_that_dies_at_any_moment_loses_doubles_and_reorders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points, number = 1, 0
    while number <= points:
        fake = FakeOpencode()
        (folder := tmp_path / str(number)).mkdir()
        sessions = [fake.add_session(), fake.add_session()]
        with monkeypatch.context() as patch:
            machine = Machine(fake, folder, patch)
            machine.dies_at = number  # 0: not at all, to count the moments there are
            acknowledged: list[str] = []
            run = asyncio.ensure_future(attempt(machine, sessions, acknowledged))
            death = asyncio.ensure_future(machine.dead.wait())
            await asyncio.wait([run, death], return_when=asyncio.FIRST_COMPLETED)
            moment = machine.points[number - 1] if number and len(machine.points) >= number else "the end"
            if number == 0:
                points = len(machine.points)
                assert points > 40
            run.cancel()
            death.cancel()
            await machine.kill()
            async with running(machine) as services:
                await drained(services, *sessions)
                for session_id in sessions:
                    stored = [line.removeprefix("user: ") for line in said(fake, session_id) if line[0] == "u"]
                    promised = [line.split()[1] for line in acknowledged if line.startswith(session_id)]
                    assert stored[: len(promised)] == promised, f"died at {number}, {moment}"
                for word in ("a", "b", "c"):  # a browser that heard no acknowledgement sends again, with the same key
                    for session_id in sessions:
                        await send(services, session_id, word, client_key=word)
                await drained(services, *sessions)
                for session_id in sessions:
                    assert said(fake, session_id) == conversation("a", "b", "c"), f"died at {number}, {moment}"
        number += 1


async def test_one_call_that_fails_at_any_moment_loses_doubles_and_reorders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The k-th call to the database or to the server fails, before or after it has done its work, for every k."""
    monkeypatch.setattr(prompt_outbox, "_RETRY_AFTER", 0.01)
    points, number = 1, 0
    while number <= points:
        fake = FakeOpencode()
        (folder := tmp_path / str(number)).mkdir()
        session_id = fake.add_session()
        with monkeypatch.context() as patch:
            machine = Machine(fake, folder, patch)
            machine.fails_at = number
            try:
                services = await machine.start()
            except DatabaseError:  # refused in words; the person starts it again
                await machine.kill()
                services = await machine.start()
            for word in ("a", "b", "c"):
                try:
                    await send(services, session_id, word, client_key=word)
                except DatabaseError:
                    await send(services, session_id, word, client_key=word)
            await drained(services, session_id)
            await until(lambda services=services: not services.prompts._outbox._due)  # type: ignore[misc]
            points = len(machine.points) if number == 0 else points
            moment = machine.points[number - 1] if number and len(machine.points) >= number else "none"
            await services.stop()
        assert said(fake, session_id) == conversation("a", "b", "c"), f"failed at {number}, {moment}"
        number += 1


async def test_a_prompt_that_was_refused_though_it_was_stored_never_goes_out(
    machine: Machine, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = fake.add_session()
    services = await machine.start()
    add = table.add

    async def unsure(*args: Any) -> bool:
        await add(*args)
        raise DatabaseError("The database cannot be opened.")

    with monkeypatch.context() as patch:
        patch.setattr(table, "add", unsure)
        with pytest.raises(DatabaseError):
            await send(services, session_id, "a")
    await until(lambda: not services.prompts._outbox._due)
    await machine.kill()
    async with running(machine) as services:
        assert services.prompts.queue(session_id) == []
        prompt = await send(services, session_id, "b")
        await services.prompts.answer(session_id, prompt.id, 5)
    assert said(fake, session_id) == conversation("b")


async def test_a_prompt_that_cannot_be_taken_back_now_stays_and_says_so(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    fake.waiting.add(session_id)
    await send(services, session_id, "a")
    second = await send(services, session_id, "b")

    async def full(*_args: Any, **_more: Any) -> None:
        raise DatabaseError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(table, "end", full)
        with pytest.raises(DatabaseError):
            await services.prompts.remove(OPERATOR, session_id, second.id)
    assert [prompt.id for prompt in services.prompts.queue(session_id)][-1] == second.id
    await until(lambda: session_id in fake.busy)
    fake.finish(session_id, "echo")
    await drained(services, session_id)
    assert said(fake, session_id) == conversation("a", "b")


async def test_prompts_that_waited_go_out_in_order_after_a_restart(machine: Machine, fake: FakeOpencode) -> None:
    one, two = fake.add_session(), fake.add_session()
    services = await machine.start()
    fake.waiting |= {one, two}
    for word in ("a", "b", "c"):
        for session_id in (one, two):
            await send(services, session_id, word)
    await until(lambda: len(fake.busy) == 2)
    await machine.kill()
    for session_id in (one, two):
        fake.finish(session_id, "echo")  # while nobody listens
    async with running(machine) as services:
        await drained(services, one, two)
    assert said(fake, one) == said(fake, two) == conversation("a", "b", "c")


async def test_a_turn_that_still_runs_is_followed_to_its_end(machine: Machine, fake: FakeOpencode) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    services = await machine.start()
    first = await send(services, session_id, "a")
    await send(services, session_id, "b")
    await until(lambda: services.prompts.queue(session_id)[0].state == "sent")
    await machine.kill()
    async with running(machine) as services:
        await asyncio.sleep(0.1)
        assert [prompt.state for prompt in services.prompts.queue(session_id)] == ["sent", "queued"]
        fake.finish(session_id, "echo")
        answer = await services.prompts.answer(session_id, first.id, 5)
        assert len(answer.messages) == 1
        await drained(services, session_id)
    assert said(fake, session_id) == conversation("a", "b")
    assert fake.calls.count("messages.prompt_async") == 2


@pytest.mark.parametrize("kept", ["nothing", "a message without its text"])
async def test_a_prompt_the_server_took_and_lost_is_sent_again_after_a_restart(
    machine: Machine, fake: FakeOpencode, kept: str
) -> None:
    session_id = fake.add_session()
    fake.prompts_lost = 1
    services = await machine.start()
    services.prompts._delivery.patience = type(services.prompts._delivery.patience)()
    prompt = await send(services, session_id, "a")
    await until(lambda: "after prompt_async" in machine.points)
    await machine.kill()
    if kept != "nothing":
        info = UserMessage(id=prompt.message_id, session_id=session_id, time=MessageTime(created=prompt.created_at))
        fake._store(session_id, info, [])
    async with running(machine) as services:
        await drained(services, session_id)
    assert said(fake, session_id) == conversation("a")
    assert fake.history[session_id][0].info.id == prompt.message_id


async def test_a_turn_that_died_with_both_is_an_interrupted_answer_and_is_not_repeated(
    machine: Machine, fake: FakeOpencode
) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    services = await machine.start()
    prompt = await send(services, session_id, "a")
    await until(lambda: session_id in fake.busy)
    await machine.kill()
    user = fake.history[session_id][0].info
    assert isinstance(user, UserMessage)
    half = AssistantMessage(id=new_message_id(), session_id=session_id, parent_id=user.id, time=user.time)
    text = TextPart(id=new_part_id(), session_id=session_id, message_id=half.id, text="")  # what had streamed is lost
    fake._store(session_id, half, [text])
    fake.busy.clear()
    fake.waiting.clear()
    async with running(machine) as services:
        answer = await services.prompts.answer(session_id, prompt.id, 5)
        assert answer.error is not None
        assert answer.error.name == "Interrupted"
    assert fake.calls.count("messages.prompt_async") == 1


async def test_a_failed_prompt_is_still_there_with_its_reason_and_can_be_tried_again(
    machine: Machine, fake: FakeOpencode
) -> None:
    session_id = fake.add_session()
    fake.prompts_lost = 5
    services = await machine.start()
    prompt = await send(services, session_id, "a")
    await until(lambda: services.prompts.queue(session_id)[0].state == "failed")
    await until(lambda: not services.prompts._outbox._due)
    await machine.kill()
    async with running(machine) as services:
        (failed,) = services.prompts.queue(session_id)
        assert (failed.id, failed.state) == (prompt.id, "failed")
        assert "did not store" in failed.reason
        await services.prompts.retry(OPERATOR, session_id, prompt.id)
        await services.prompts.answer(session_id, prompt.id, 5)
    assert said(fake, session_id) == conversation("a")


async def test_a_prompt_that_was_taken_back_never_goes_out(machine: Machine, fake: FakeOpencode) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    services = await machine.start()
    await send(services, session_id, "a")
    second = await send(services, session_id, "b", client_key="k")
    await services.prompts.remove(OPERATOR, session_id, second.id)
    await until(lambda: session_id in fake.busy)
    await machine.kill()
    fake.finish(session_id, "echo")
    async with running(machine) as services:
        await drained(services, session_id)
        assert (await send(services, session_id, "b", client_key="k")).id == second.id
        with pytest.raises(Conflict, match="taken out"):
            await services.prompts.answer(session_id, second.id, 5)
    assert said(fake, session_id) == conversation("a")


async def test_the_same_key_is_the_same_prompt_after_a_restart(machine: Machine, fake: FakeOpencode) -> None:
    session_id = fake.add_session()
    async with running(machine) as services:
        first = await send(services, session_id, "a", client_key="k")
        await services.prompts.answer(session_id, first.id, 5)
    fake.stream = FakeStream()
    async with running(machine) as services:
        again = await send(services, session_id, "a", client_key="k")
        assert (again.id, again.draft.text) == (first.id, "a")
        assert (await services.prompts.answer(session_id, again.id, 5)).messages
        services.prompts._queue._keys.clear()  # only the table knows
        assert (await send(services, session_id, "a", client_key="k")).id == first.id
    assert said(fake, session_id) == conversation("a")


async def test_files_and_choices_survive_and_the_bytes_go_when_they_are_answered(
    machine: Machine, fake: FakeOpencode, tmp_path: Path
) -> None:
    session_id = fake.add_session()
    fake.status(session_id, "busy")
    services = await machine.start()
    draft = PromptDraft(
        text="a \ud800 b",
        files=(PromptFile("x.bin", "image/png", bytes(range(256))), PromptFile("\udcff.txt", "text/plain", b"")),
        agent="build",
        model=ModelRef(provider_id="p", model_id="m"),
        variant="high",
    )
    await services.prompts.send(OPERATOR, session_id, draft)
    await machine.kill()
    async with running(machine) as services:
        assert services.prompts.queue(session_id)[0].draft == draft
        fake.status(session_id, "idle")
        await drained(services, session_id)
    assert [part.type for part in fake.history[session_id][0].parts] == ["text", "file", "file"]
    assert databases.rows(tmp_path, "SELECT length(files) FROM sprintagen_prompt_content") == [(0,)]


async def test_a_session_deleted_while_nobody_listened_takes_its_prompts_along(
    machine: Machine, fake: FakeOpencode, tmp_path: Path
) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    services = await machine.start()
    await send(services, session_id, "a")
    await send(services, session_id, "b")
    await machine.kill()
    fake.forget_session(session_id)
    async with running(machine) as services:
        await drained(services, session_id)
    assert databases.rows(tmp_path, "SELECT count(*) FROM sprintagen_prompt") == [(0,)]
    assert databases.rows(tmp_path, "SELECT count(*) FROM sprintagen_prompt_content") == [(0,)]


@pytest.mark.parametrize("words", ["database is locked", "attempt to write a readonly database", "disk is full"])
async def test_what_cannot_be_stored_is_refused_in_words_and_not_sent(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id

    async def refuse(*_args: Any, **_more: Any) -> None:
        raise sqlite3.OperationalError(words)

    with monkeypatch.context() as patch:
        patch.setattr(table.Prompt, "save", refuse)
        with pytest.raises(DatabaseError) as caught:
            await send(services, session_id, "a", client_key="k")
    assert caught.value.hint
    assert services.prompts.queue(session_id) == []
    assert fake.calls.count("messages.prompt_async") == 0
    prompt = await send(services, session_id, "a", client_key="k")
    await services.prompts.answer(session_id, prompt.id, 5)


async def test_a_database_that_refuses_later_is_a_warning_and_is_caught_up_with(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    monkeypatch.setattr(prompt_outbox, "_RETRY_AFTER", 0.01)

    is_full = True

    def full(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def write(*args: Any, **more: Any) -> Any:
            if is_full:
                raise DatabaseError("The disk is full.")
            return await function(*args, **more)

        return write

    for name in ("set_state", "end"):
        monkeypatch.setattr(table, name, full(getattr(table, name)))
    with caplog.at_level(logging.WARNING):
        prompt = await send(services, session_id, "a")
        await services.prompts.answer(session_id, prompt.id, 5)
    assert "The disk is full." in caplog.text
    is_full = False
    await until(lambda: not services.prompts._outbox._due)
    ((row, _),) = await table.all_for(services.store.server)
    assert (row.prompt_id, row.outcome) == (prompt.id, "answered")


async def test_what_another_living_process_delivers_is_left_to_it(
    machine: Machine, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    services = await machine.start()
    await send(services, session_id, "a")
    await machine.kill()
    with monkeypatch.context() as patch:
        patch.setattr(prompt_outbox, "_owner", lambda pid: f"here/{pid}/2.00")
        patch.setattr(prompt_outbox, "_is_alive", lambda owner: True)
        services = await machine.start()
        assert services.prompts.queue(session_id) == []
        await machine.kill()
    assert prompt_outbox._is_alive(prompt_outbox._owner(1))
    assert not prompt_outbox._is_alive("here/1/2.00")
    assert not prompt_outbox._is_alive("nonsense")


async def test_an_answer_that_a_dead_server_began_and_that_says_nothing_makes_room_for_a_whole_one(
    machine: Machine, fake: FakeOpencode
) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    services = await machine.start()
    file = PromptFile("a.txt", "text/plain", b"notes")
    await services.prompts.send(OPERATOR, session_id, PromptDraft("a", (file,)))
    await until(lambda: session_id in fake.busy)
    await machine.kill()
    user = fake.history[session_id][0].info
    assert isinstance(user, UserMessage)
    husk = AssistantMessage(id=new_message_id(), session_id=session_id, parent_id=user.id, time=user.time)
    fake._store(session_id, husk, [])
    fake.busy.clear()
    fake.waiting.clear()
    sent: list[Any] = []
    take = fake.take_prompt

    def taken(session_id: Any, message_id: Any, parts: list[Any]) -> None:
        sent.append(parts)
        take(session_id, message_id, parts)

    fake.take_prompt = taken  # type: ignore[method-assign]
    async with running(machine) as services:
        await drained(services, session_id)
    assert said(fake, session_id) == conversation("a")
    assert sent == [[]]  # of a text file opencode would store the content a second time


async def test_a_message_whose_text_is_still_being_stored_is_not_taken_for_removed(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    take, parts_of = fake.take_prompt, []

    def slowly(sid: SessionID, message_id: Any, parts: list[Any]) -> None:
        parts_of.append(parts)
        if len(parts_of) > 1:  # the first prompt after a start takes seconds between the message and its text
            take(sid, message_id, parts)
        else:
            info = UserMessage(id=message_id, session_id=sid, time=MessageTime(created=datetime.now(UTC)))
            fake._store(sid, info, [])

    monkeypatch.setattr(fake, "take_prompt", slowly)
    prompt = await send(services, session_id, "a")
    await services.prompts.answer(session_id, prompt.id, 5)
    assert said(fake, session_id) == conversation("a")


async def test_a_megabyte_of_text_and_twenty_of_files_survive_whole(machine: Machine, fake: FakeOpencode) -> None:
    session_id = fake.add_session()
    fake.status(session_id, "busy")
    services = await machine.start()
    files = tuple(PromptFile(f"{name}.bin", "application/octet-stream", name.encode() * 10_485_760) for name in "xy")
    draft = PromptDraft(text="a\u00e9 \U0001f600" * 150_000, files=files)
    await services.prompts.send(OPERATOR, session_id, draft)
    await machine.kill()
    async with running(machine) as services:
        assert services.prompts.queue(session_id)[0].draft == draft
        fake.status(session_id, "idle")
        await drained(services, session_id)
    stored = fake.history[session_id][0].parts
    assert [part.text for part in stored if isinstance(part, TextPart)] == [draft.text]
    assert len(stored) == 3


async def test_prompts_of_a_process_that_dies_are_delivered_by_one_that_runs(
    fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "ADOPT_EVERY", 0.02)
    services = build(fake, tmp_path)
    alive = {"neighbour"}
    monkeypatch.setattr(prompt_outbox, "_is_alive", lambda owner: owner.rpartition("/")[2] in alive)
    await services.start()
    try:
        fake.connect()
        await until(services.feed.is_connected)
        session_id = fake.add_session("shared")
        elsewhere = {}
        for host in (socket.gethostname(), "another-machine"):
            outbox = prompt_outbox.PromptOutbox(services.store.server)
            outbox._owner = f"{host}/neighbour"
            elsewhere[host] = waiting = waiting_prompt(session_id, f"of {host}")
            assert await outbox.add(waiting, actor="ann", key=None)
        await asyncio.sleep(0.1)
        assert not fake.history[session_id]
        alive.clear()
        await until(lambda: len(fake.history[session_id]) == 2)
        await asyncio.sleep(0.1)
        users = [item.info.id for item in fake.history[session_id] if isinstance(item.info, UserMessage)]
        assert users == [elsewhere[socket.gethostname()].prompt.message_id]
    finally:
        await services.stop()


def waiting_prompt(session_id: SessionID, text: str) -> Waiting:
    draft = PromptDraft(text=text)
    prompt = QueuedPrompt(
        id=secrets.token_hex(8),
        session_id=session_id,
        message_id=new_message_id(),
        draft=draft,
        state="queued",
        reason="",
        hint="",
        created_at=datetime.now(UTC),
    )
    return Waiting(prompt, prompt_draft.parts(draft), asyncio.get_running_loop().create_future())
