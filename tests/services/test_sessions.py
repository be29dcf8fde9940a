"""Sessions: lists from memory, no orphans, and what other clients do is seen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sprintagen.db import session_record
from sprintagen.db.session_record import SessionRecord
from sprintagen.errors import Conflict, DatabaseError, InvalidInput, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode.ids import MessageID, PermissionID, SessionID
from sprintagen.opencode.models import (
    MessageTime,
    MessageWithParts,
    PermissionRequest,
    Question,
    QuestionRequest,
    Todo,
    UserMessage,
)
from sprintagen.services import resync, session_ledger
from sprintagen.services.about import AppInfo
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.reader import Reader
from sprintagen.services.refs import OPERATOR, Actor
from tests.services.conftest import build
from tests.services.fakes import DIRECTORY, settled, until
from tests.services.test_session_view import STREAMING, assistant, text, user

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

ANN = Actor("ann")


def titles(services: Services, **filters: object) -> list[str]:
    return [row.title for row in services.sessions.rows(OPERATOR, **filters)]  # type: ignore[arg-type]


async def records(services: Services) -> dict[str | None, str]:
    await services.ledger.flush()
    return {record.opencode_session_id: record.origin for record in await SessionRecord.all()}


async def test_a_new_session_is_here_and_on_the_server(services: Services, fake: FakeOpencode) -> None:
    row = await services.sessions.create(OPERATOR, title="  Fix\nthe shop ", ticket="T-1")
    assert (row.title, row.ticket, row.origin, row.state) == ("Fix the shop", "T-1", "created", "idle")
    assert row.session_id in fake.stored
    await settled()
    assert await records(services) == {row.session_id: "created"}
    record = await SessionRecord.get(opencode_session_id=row.session_id)
    assert (record.created_by, record.server) == ("operator", "http://127.0.0.1:9")


async def test_a_session_the_server_does_not_make_leaves_no_record(services: Services, fake: FakeOpencode) -> None:
    fake.broken["sessions.create"] = [opencode_errors.ServerUnreachable("It is away.")]
    with pytest.raises(opencode_errors.ServerUnreachable):
        await services.sessions.create(OPERATOR)
    assert await records(services) == {}


async def test_a_session_that_cannot_be_written_down_is_deleted_again(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("The disk is full.")

    monkeypatch.setattr(session_record, "confirm", refuse)
    with pytest.raises(DatabaseError):
        await services.sessions.create(OPERATOR)
    assert fake.stored == {}
    await settled()
    assert titles(services) == []
    monkeypatch.undo()
    await session_record.drop_pending("http://127.0.0.1:9")
    assert await records(services) == {}


async def test_no_session_is_made_when_the_database_refuses(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(**_: object) -> None:
        raise DatabaseError("The disk is full.")

    monkeypatch.setattr(session_record, "create_pending", refuse)
    with pytest.raises(DatabaseError):
        await services.sessions.create(OPERATOR)
    assert "sessions.create" not in fake.calls


async def test_a_page_that_goes_away_while_a_session_is_made_leaves_no_half(
    services: Services, fake: FakeOpencode
) -> None:
    task = asyncio.create_task(services.sessions.create(OPERATOR))
    await until(lambda: "sessions.create" in fake.calls)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await until(lambda: titles(services, origin="created"))
    assert await records(services) == {next(iter(fake.stored)): "created"}


async def test_what_a_crash_left_half_made_is_removed_at_the_next_start(fake: FakeOpencode, tmp_path: Path) -> None:
    services = build(fake, tmp_path)
    await services.start()
    await services.ledger.pending(OPERATOR, title="", directory="", ticket=None)
    await services.stop()
    again = build(fake, tmp_path)
    await again.start()
    assert await SessionRecord.all().count() == 0
    await again.stop()


async def test_the_projects_repository_is_recorded_for_found_sessions_of_its_directory(
    fake: FakeOpencode, tmp_path: Path
) -> None:
    about = AppInfo(version="1", directory=DIRECTORY, repo_url="https://user:secret@git.example/shop.git")
    services = build(fake, tmp_path, about=about)
    await services.start()
    here, elsewhere = fake.add_session("here"), fake.add_session("elsewhere", directory="/somewhere/else")
    fake.connect()
    await until(lambda: len(titles(services)) == 2)
    await services.ledger.flush()
    assert (await SessionRecord.get(opencode_session_id=here)).repo_url == "https://git.example/shop.git"
    assert (await SessionRecord.get(opencode_session_id=elsewhere)).repo_url is None
    await services.stop()


async def test_a_session_without_a_title_of_its_own_has_none(services: Services, fake: FakeOpencode) -> None:
    fake.add_session("New session - 2026-11-23T08:33:35.517Z")
    await until(lambda: len(services.sessions.rows(OPERATOR)) == 1)
    assert titles(services) == [""]


async def test_more_sessions_than_are_written_in_one_go_all_get_a_record(
    fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resync, "AT_A_TIME", 3)
    monkeypatch.setattr(session_ledger, "AT_A_TIME", 3)
    services = build(fake, tmp_path)
    await services.start()
    for number in range(10):
        fake.add_session(f"Found {number}")
    fake.connect()
    await until(services.feed.is_connected)
    await services.ledger.flush()
    assert len(titles(services)) == len(await records(services)) == 10
    await services.stop()


async def test_sessions_of_other_clients_are_found_renamed_and_removed(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("By the terminal")
    await until(lambda: titles(services) == ["By the terminal"])
    assert services.sessions.rows(OPERATOR)[0].origin == "found"
    fake.change_session(session_id, title="Renamed there")
    await until(lambda: titles(services) == ["Renamed there"])
    await services.ledger.flush()
    assert (await SessionRecord.get(opencode_session_id=session_id)).title == "Renamed there"
    fake.forget_session(session_id)
    await until(lambda: titles(services) == [])
    assert await records(services) == {}


async def test_what_happened_while_sprintagen_was_away_is_made_up_for_at_the_start(
    fake: FakeOpencode, tmp_path: Path
) -> None:
    first = build(fake, tmp_path)
    await first.start()
    fake.connect()
    await until(first.feed.is_connected)
    kept = (await first.sessions.create(OPERATOR, title="kept", ticket="T-9")).session_id
    gone = (await first.sessions.create(OPERATOR, title="gone")).session_id
    await first.stop()

    fake.stream = type(fake.stream)()
    fake.forget_session(gone)
    fake.change_session(kept, title="renamed")
    fake.add_session("new")
    fake.stream = type(fake.stream)()
    second = build(fake, tmp_path)
    await second.start()
    fake.connect()
    await until(second.feed.is_connected)
    assert sorted(titles(second)) == ["new", "renamed"]
    assert titles(second, ticket="T-9") == ["renamed"]
    assert gone not in await records(second)
    await second.stop()


async def test_a_session_the_list_leaves_out_is_gone_only_if_the_server_says_so(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = (await services.sessions.create(OPERATOR, title="archived there")).session_id
    hidden = fake.stored[session_id]
    original = fake.sessions.list_all

    async def without() -> list[object]:
        return [session for session in await original() if session.id != session_id]

    fake.sessions.list_all = without  # type: ignore[assignment, method-assign]
    fake.disconnect()
    fake.connect()
    await until(lambda: fake.calls.count("sessions.get") == 1 and services.feed.is_connected())
    assert services.store.sessions[session_id] == hidden


async def test_the_list_is_filtered_and_sorted(services: Services, fake: FakeOpencode) -> None:
    old = fake.add_session("Old things", directory="/workspace/other")
    await services.sessions.create(OPERATOR, title="Ours", ticket="T-1")
    fake.add_session("Below", parent_id=old)
    now = datetime.now(UTC)
    time = fake.stored[old].time.model_copy(update={"updated": now - timedelta(days=2)})
    fake.change_session(old, time=time)
    await until(lambda: len(titles(services, children=True)) == 3)
    await until(lambda: titles(services)[-1] == "Old things")
    assert titles(services) == ["Ours", "Old things"]
    assert titles(services, search="THING old") == ["Old things"]
    assert titles(services, search="t-1") == ["Ours"]
    assert titles(services, directory="/workspace/other") == ["Old things"]
    assert titles(services, origin="created") == ["Ours"]
    assert titles(services, ticket="T-1") == ["Ours"]
    assert titles(services, limit=1) == ["Ours"]
    assert titles(services, children=True) == ["Ours", "Old things", "Below"]
    assert services.sessions.directories() == ["/workspace/other", DIRECTORY]


async def test_a_session_is_renamed_ticketed_and_archived(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR, title="a")).session_id
    row = await services.sessions.update(OPERATOR, session_id, title="b", ticket=" T-2 ", archived=True)
    assert (row.title, row.ticket, row.archived_at is not None) == ("b", "T-2", True)
    assert fake.stored[session_id].title == "b"
    assert titles(services) == []
    assert titles(services, archived=True) == ["b"]
    row = await services.sessions.update(OPERATOR, session_id, ticket="", archived=False)
    assert (row.ticket, row.archived_at) == (None, None)


async def test_an_archive_mark_of_another_client_cannot_be_taken_back(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("x")
    time = fake.stored[session_id].time.model_copy(update={"archived": datetime.now(UTC)})
    fake.change_session(session_id, time=time)
    await until(lambda: titles(services, archived=True) == ["x"])
    with pytest.raises(Conflict):
        await services.sessions.update(OPERATOR, session_id, archived=False)


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
async def test_a_title_has_to_be_one(services: Services, title: str) -> None:
    with pytest.raises(InvalidInput):
        await services.sessions.create(OPERATOR, title=title)


@pytest.mark.parametrize("directory", ["/etc", "relative", "/workspace/repo/../../etc", "/", "/workspace/repository"])
async def test_a_directory_nobody_works_in_is_refused(services: Services, fake: FakeOpencode, directory: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await services.sessions.create(OPERATOR, directory=directory)
    assert caught.value.field == "directory"
    assert "sessions.create" not in fake.calls


async def test_a_directory_of_a_project_or_below_is_taken(services: Services) -> None:
    await services.sessions.create(OPERATOR, directory=DIRECTORY)
    await services.sessions.create(OPERATOR, directory=f"{DIRECTORY}/src/")


async def test_an_unknown_session_is_said_so(services: Services) -> None:
    unknown = SessionID("ses_nope")
    for request in (
        services.sessions.get(OPERATOR, unknown),
        services.sessions.open(OPERATOR, unknown),
        services.sessions.update(OPERATOR, unknown, title="x"),
        services.sessions.delete(OPERATOR, unknown),
        services.sessions.messages(OPERATOR, unknown),
    ):
        with pytest.raises(NotFound):
            await request


async def test_a_session_deleted_elsewhere_meanwhile_leaves_the_list(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR, title="x")).session_id
    del fake.stored[session_id]
    with pytest.raises(NotFound):
        await services.sessions.open(OPERATOR, session_id)
    assert titles(services) == []


async def test_deleting_stops_the_turn_first(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x"))
    await until(lambda: services.store.state(session_id) == "working")
    await services.sessions.delete(OPERATOR, session_id)
    assert fake.calls.index("sessions.abort") < fake.calls.index("sessions.delete")
    assert titles(services) == []
    assert await records(services) == {}


async def test_deleting_what_is_gone_is_fine(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    del fake.stored[session_id]
    await services.sessions.delete(OPERATOR, session_id)
    assert titles(services) == []


async def test_stopping_turns_down_what_the_session_and_its_subagents_asked(
    services: Services, fake: FakeOpencode
) -> None:
    parent = fake.add_session("parent")
    child = fake.add_session("child", parent_id=parent)
    other = fake.add_session("other")
    await until(lambda: len(services.store.sessions) == 3)
    for number, session_id in enumerate((parent, child, other)):
        fake.history[session_id].append(_prompt(session_id))
        fake.status(session_id, "busy")
        fake.ask(PermissionRequest(id=PermissionID(f"per_{number}"), session_id=session_id, permission="bash"))
    fake.ask(QuestionRequest(id="que_1", session_id=child, questions=[Question(question="?")]))  # type: ignore[arg-type]
    await until(lambda: len(services.asks.pending()) == 4)
    assert services.sessions.rows(OPERATOR, search="parent")[0].state == "asking"
    await services.sessions.abort(OPERATOR, parent)
    assert list(fake.asked) == ["per_2"]
    assert [request.id for request in services.asks.pending()] == ["per_2"]


def _prompt(session_id: SessionID):
    info = UserMessage(id="msg_1", session_id=session_id, time=MessageTime(created=datetime.now(UTC)))  # type: ignore[arg-type]
    return MessageWithParts(info=info, parts=[])


async def test_opening_reads_the_newest_page_and_older_ones_on_demand(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("long")
    await until(lambda: titles(services) == ["long"])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(250):
        time = MessageTime(created=start + timedelta(seconds=number))
        info = UserMessage(id=f"msg_{number:03d}", session_id=session_id, time=time)  # type: ignore[arg-type]
        fake.history[session_id].append(_prompt(session_id).model_copy(update={"info": info}))
    fake.todos[session_id] = [Todo(content="do it")]
    views = await asyncio.gather(*(services.sessions.open(OPERATOR, session_id) for _ in range(3)))
    view = views[0]
    assert view is views[1]
    assert fake.calls.count("messages.list") == 1
    assert len(view.messages) == 100
    assert view.todos[0].content == "do it"
    reader = Reader(services.histories.of(view))
    assert [await reader.read_older() for _ in range(3)] == [True, True, False]
    assert list(reader.messages) == [f"msg_{number:03d}" for number in range(250)]
    assert len(view.messages) == 100
    assert fake.calls.count("messages.list") == 3
    reader.keep(MessageID("msg_003"), MessageID("msg_010"))
    assert list(reader.messages) == [f"msg_{number:03d}" for number in range(150)], "the page and its neighbour"
    assert await reader.read_newer()
    assert list(reader.messages) == [f"msg_{number:03d}" for number in range(250)]
    other = Reader(services.histories.of(view))
    assert await other.go_to("msg_020")
    assert list(other.messages) == [f"msg_{number:03d}" for number in range(50)]
    assert not await other.go_to("msg_999")
    assert [await other.read_newer() for _ in range(3)] == [True, True, False]
    assert list(other.messages) == list(reader.messages)
    assert fake.calls.count("messages.list") == 3, "pages that somebody holds are not read again"


async def test_a_page_of_messages_has_the_text_that_still_streams(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("x", directory=DIRECTORY)
    await until(lambda: titles(services) == ["x"])
    for event in STREAMING:
        services.store.apply(None, event)
    streaming = services.store.views[SessionID("ses_1")]
    services.store.views[session_id] = streaming
    fake.history[session_id] = [
        MessageWithParts(info=user(1), parts=[]),
        MessageWithParts(info=assistant(2), parts=[text(5, 2)]),
    ]
    page = await services.sessions.messages(OPERATOR, session_id, limit=1)
    assert [part.text for message in page.messages for part in message.parts.values()] == ["Hello"]
    older = await services.sessions.messages(OPERATOR, session_id, limit=1, before=page.older)
    assert ([message.info.id for message in older.messages], older.older) == (["msg_001"], None)


async def test_what_happened_since_a_person_looked_is_unread_for_that_person(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = (await services.sessions.create(OPERATOR, title="x")).session_id

    def unread(actor: Actor) -> bool:
        return services.sessions.rows(actor)[0].unread

    assert (unread(OPERATOR), unread(ANN)) == (False, False)
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x"))
    await services.prompts.answer(session_id, prompt.id, 5)
    await until(lambda: unread(OPERATOR))
    await services.sessions.open(OPERATOR, session_id)
    assert (unread(OPERATOR), unread(ANN)) == (False, True)
    await services.sessions.mark_seen(ANN, session_id)
    assert not unread(ANN)


async def test_what_was_seen_and_ticketed_is_remembered_over_a_restart(fake: FakeOpencode, tmp_path: Path) -> None:
    first = build(fake, tmp_path)
    await first.start()
    fake.connect()
    await until(first.feed.is_connected)
    session_id = (await first.sessions.create(OPERATOR, title="x", ticket="T-1")).session_id
    prompt = await first.prompts.send(OPERATOR, session_id, PromptDraft(text="x"))
    await first.prompts.answer(session_id, prompt.id, 5)
    await until(lambda: first.sessions.rows(OPERATOR)[0].unread)
    await first.sessions.mark_seen(OPERATOR, session_id)
    await first.stop()

    fake.stream = type(fake.stream)()
    second = build(fake, tmp_path)
    await second.start()
    fake.connect()
    await until(second.feed.is_connected)
    row = second.sessions.rows(OPERATOR)[0]
    assert (row.unread, row.ticket, row.origin) == (False, "T-1", "created")
    await second.stop()


async def test_the_line_of_a_session_that_needs_somebody_says_what_for(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("x")
    fake.status(session_id, "retry", attempt=2, message="overloaded\nagain")
    await until(lambda: services.store.sessions and services.sessions.rows(OPERATOR)[0].state == "retrying")
    assert services.sessions.rows(OPERATOR)[0].detail == "overloaded again"
    fake.status(session_id, "busy")
    fake.ask(
        PermissionRequest(id=PermissionID("per_1"), session_id=session_id, permission="bash", patterns=["rm -rf x"])
    )
    await until(lambda: services.sessions.rows(OPERATOR)[0].state == "asking")
    assert services.sessions.rows(OPERATOR)[0].detail == "bash: rm -rf x"


async def test_the_files_of_all_turns_are_counted_once_each(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("x")
    await until(lambda: titles(services) == ["x"])
    for number, changed in enumerate([[("a", 1, 0)], [("a", 2, 1), ("b", 5, 0)]]):
        summary = {"diffs": [{"file": f, "additions": a, "deletions": d, "patch": "p"} for f, a, d in changed]}
        prompt = _prompt(session_id)
        time = MessageTime(created=datetime(2026, 1, 1, 0, number, tzinfo=UTC))
        info = prompt.info.model_copy(update={"id": f"msg_{number}", "summary": summary, "time": time})
        fake.history[session_id].append(prompt.model_copy(update={"info": info}))
    await services.sessions.open(OPERATOR, session_id)
    row = services.sessions.rows(OPERATOR)[0]
    assert (row.files, row.additions, row.deletions) == (2, 8, 1)
