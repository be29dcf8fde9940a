"""The services against the real opencode: what the fake of the other tests only claims."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.api.schemas.messages import MessageList, MessageOut
from sprintagen.config import CredentialSettings, ProviderCredential, Settings
from sprintagen.errors import Conflict, InvalidInput
from sprintagen.opencode.models import PermissionRequest, TextPart, ToolPart
from sprintagen.opencode.wire import TOO_DEEP
from sprintagen.services import AppInfo, Services, build_services
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import NO_KEYS
from tests.services.fakes import until
from tests.services.replay import outline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.prompts import PromptAnswer
    from tests.rig import RealOpencode

pytestmark = pytest.mark.real
LONG = 60.0
ONCE = {"reply": "once"}


def build(server: RealOpencode, tmp_path: Path) -> Services:
    settings = Settings(
        opencode_server_url=server.url,
        opencode_server_password=server.password,
        database_url=SecretStr(f"sqlite://{tmp_path / 'db.sqlite'}"),
        _env_file=None,
    )
    about = AppInfo(version="1", directory=str(server.directory))
    return build_services(settings, token=SecretStr("x" * 16), about=about, read_keys=lambda: NO_KEYS)


@pytest.fixture
async def services(real_opencode: RealOpencode, tmp_path: Path) -> AsyncIterator[Services]:
    services = build(real_opencode, tmp_path)
    await services.start()
    await until(services.feed.is_connected, LONG)
    yield services
    await services.stop()


@pytest.fixture
async def session_id(services: Services) -> SessionID:
    return (await services.sessions.create(OPERATOR, title="A real one")).session_id


async def say(services: Services, session_id: SessionID, *texts: str) -> list[PromptAnswer]:
    prompts = [await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text)) for text in texts]
    return [await services.prompts.answer(session_id, prompt.id, LONG) for prompt in prompts]


def seen(services: Services, session_id: SessionID) -> tuple[str, str, int, int, int]:
    """How the session stands in the list."""
    row = services.sessions.listings.row(OPERATOR, session_id)
    assert row is not None
    return row.state, row.detail, row.additions, row.deletions, row.files


def write_file(path: str, content: str) -> str:
    return f"/x tool write {json.dumps({'filePath': path, 'content': content})}\n/x text Written."


def words(answer: PromptAnswer) -> str:
    return "".join(part.text for item in answer.messages for part in item.parts if isinstance(part, TextPart))


async def test_prompts_sent_at_once_are_answered_one_by_one(services: Services, session_id: SessionID) -> None:
    answers = await say(services, session_id, "/x say 3", "/x say 1", "/x say 2")
    assert [words(answer).split() for answer in answers] == [["w0", "w1", "w2"], ["w0"], ["w0", "w1"]]
    view = await services.sessions.open(OPERATOR, session_id)
    assert [message.info.role for message in view.messages.values()] == ["user", "assistant"] * 3


async def test_how_turns_ended_is_in_the_list_of_a_new_process_that_reads_no_message(
    services: Services, session_id: SessionID, real_opencode: RealOpencode, tmp_path: Path
) -> None:
    target = str(real_opencode.directory / "outcome.txt")
    await services.sessions.open(OPERATOR, session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=write_file(target, "one\ntwo\n")))
    await until(lambda: bool(services.store.view(session_id).permissions), LONG)
    real_opencode.request("POST", f"/permission/{next(iter(services.store.view(session_id).permissions))}/reply", ONCE)
    await services.prompts.answer(session_id, prompt.id, LONG)
    await say(services, session_id, "/x error 400")
    await until(
        lambda: seen(services, session_id)[:1] == ("failed",) and seen(services, session_id)[2:] == (2, 0, 1), LONG
    )
    before = seen(services, session_id)
    await services.stop()
    again = build(real_opencode, tmp_path)
    await again.start()
    try:
        await until(lambda: again.feed.is_connected() and session_id in again.store.sessions, LONG)
        assert seen(again, session_id) == before
        assert not again.store.view(session_id).loaded
        await again.sessions.open(OPERATOR, session_id)
        assert seen(again, session_id) == before
    finally:
        await again.stop()


async def test_a_tool_input_that_is_nested_without_end_does_not_hide_the_rest_of_the_session(
    services: Services, session_id: SessionID
) -> None:
    deep = '{"command":"true","description":"nothing","odd":' + "[" * 400 + "]" * 400 + "}"
    await say(services, session_id, f"/x tool read {deep}\n/x text Done.", "/x say 2")
    page = await services.sessions.messages(OPERATOR, session_id)
    shown = MessageList(messages=[MessageOut.of_view(message) for message in page.messages]).model_dump_json()
    assert TOO_DEEP in shown
    assert "Done." in shown
    assert "w0 w1" in shown


async def test_what_was_seen_live_is_what_the_server_has(services: Services, session_id: SessionID) -> None:
    await services.sessions.open(OPERATOR, session_id)
    await say(services, session_id, "/x think 5\n/x say 20")
    await until(lambda: services.store.state(session_id) == "idle")
    live = outline(services.store)
    services.store.view(session_id).unload()
    await services.sessions.open(OPERATOR, session_id)
    assert outline(services.store) == live


async def test_a_permission_is_asked_answered_and_the_turn_goes_on(services: Services, session_id: SessionID) -> None:
    text = '/x tool bash {"command":"echo hi","description":"d"}'
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
    await until(lambda: services.asks.pending(session_id), LONG)
    (request,) = services.asks.pending(session_id)
    assert isinstance(request, PermissionRequest)
    assert services.sessions.rows(OPERATOR)[0].state == "asking"
    await services.asks.reply_permission(OPERATOR, request.id, "once")
    with pytest.raises(Conflict):
        await services.asks.reply_permission(OPERATOR, request.id, "once")
    answer = await services.prompts.answer(session_id, prompt.id, LONG)
    tools = [part for item in answer.messages for part in item.parts if isinstance(part, ToolPart)]
    assert [services.store.view(session_id).tool_state(part.id) for part in tools] == ["done"]


async def test_stopping_a_turn_that_asks_leaves_no_ask_behind(services: Services, session_id: SessionID) -> None:
    text = '/x tool bash {"command":"sleep 30","description":"d"}'
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
    after = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="/x say 1"))
    await until(lambda: services.asks.pending(session_id), LONG)
    await services.sessions.abort(OPERATOR, session_id)
    answer = await services.prompts.answer(session_id, prompt.id, LONG)
    assert answer.error is not None
    assert answer.error.is_abort
    assert words(await services.prompts.answer(session_id, after.id, LONG)).split() == ["w0"]
    listed = await services.server.client.permissions.list()
    assert [request for request in listed if request.session_id == session_id] == []


async def test_a_provider_error_is_an_answer_with_its_reason(services: Services, session_id: SessionID) -> None:
    failed, fine = await say(services, session_id, "/x error 400", "/x say 1")
    assert failed.error is not None
    assert "400" in failed.error.message
    assert fine.error is None


async def test_an_unknown_agent_is_named_and_holds_nobody_up(services: Services, session_id: SessionID) -> None:
    draft = PromptDraft(text="/x say 1", agent="nobody")
    prompt = await services.prompts.send(OPERATOR, session_id, draft)
    with pytest.raises(Conflict, match="nobody"):
        await services.prompts.answer(session_id, prompt.id, LONG)
    (answer,) = await say(services, session_id, "/x say 1")
    assert answer.error is None


async def test_a_megabyte_arrives_whole(services: Services, session_id: SessionID) -> None:
    text = "/x say 1\n" + "äö€😀 " * 120_000
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
    await services.prompts.answer(session_id, prompt.id, LONG)
    stored = await services.server.client.messages.get(session_id, prompt.message_id)
    assert [part.text for part in stored.parts if isinstance(part, TextPart)] == [text]


async def test_a_server_killed_in_a_turn_comes_back_and_the_queue_goes_on(
    services: Services, session_id: SessionID, real_opencode: RealOpencode
) -> None:
    view = await services.sessions.open(OPERATOR, session_id)
    first = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="/x say 400 20"))
    second = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="/x say 2"))
    await until(
        lambda: any(part.length for m in view.messages.values() for part in m.parts.values() if m.info.role != "user"),
        LONG,
    )
    await asyncio.to_thread(real_opencode.kill)
    await until(lambda: services.feed.connection.state == "reconnecting", LONG)
    await asyncio.to_thread(real_opencode.start)
    answer = await services.prompts.answer(session_id, first.id, LONG)
    assert answer.error is not None
    assert answer.error.name == "Interrupted"
    assert words(await services.prompts.answer(session_id, second.id, LONG)).split() == ["w0", "w1"]
    assert len(view.messages) == 4


async def test_sessions_of_other_clients_come_and_go(services: Services, real_opencode: RealOpencode) -> None:
    session_id = await asyncio.to_thread(real_opencode.new_session, "From elsewhere")
    await until(lambda: session_id in services.store.sessions, LONG)
    await asyncio.to_thread(real_opencode.request, "DELETE", f"/session/{session_id}")
    await until(lambda: session_id not in services.store.sessions, LONG)


async def test_a_key_for_an_unknown_provider_is_told_from_one_that_works(
    services: Services, real_opencode: RealOpencode
) -> None:
    pairs = (ProviderCredential("scripted", SecretStr("key")), ProviderCredential("grok-typo", SecretStr("x")))
    configured = CredentialSettings(provider_id=None, provider_api_key=None, ready_made=pairs)
    services.credentials._read_keys = lambda: configured
    try:
        report = await services.credentials.run(OPERATOR)
        states = {provider.provider_id: provider.state for provider in report.providers}
        assert (report.state, states) == ("partial", {"scripted": "connected", "grok-typo": "not_listed"})
    finally:
        for pair in pairs:
            await services.server.client.auth.remove(pair.provider_id)
        await services.server.client.instances.dispose_all()


async def test_health_says_that_all_is_well(services: Services) -> None:
    await services.catalog.models()  # the directory may have to load first, which takes longer than a look
    report = await services.health.report()
    assert report.ok
    assert report.providers_connected == ["scripted"]


async def test_a_session_moves_to_another_clone_of_its_project_and_nowhere_else(
    services: Services, session_id: SessionID, real_opencode: RealOpencode, tmp_path: Path
) -> None:
    clone, other = tmp_path / "clone", tmp_path / "other"
    for arguments in (("clone", "-q", str(real_opencode.directory), str(clone)), ("init", "-q", str(other))):
        made = await asyncio.create_subprocess_exec("git", *arguments)
        assert await made.wait() == 0
    services.store.put_session(await services.server.at(str(clone)).sessions.create(title="In the clone"))
    services.store.put_session(await services.server.at(str(other)).sessions.create(title="In another"))
    moving = services.acts.moving
    found = await moving.destinations(OPERATOR, session_id)
    assert str(clone) in found
    assert not {str(other), str(real_opencode.directory)} & set(found)
    with pytest.raises(InvalidInput):
        await moving.move(OPERATOR, session_id, str(other))
    await moving.move(OPERATOR, session_id, str(clone))
    assert services.sessions.rows(OPERATOR, directory=str(clone))[0].session_id == session_id
    [answer] = await say(services, session_id, "where are you?")
    assert answer.error is None
    await moving.move(OPERATOR, session_id, str(real_opencode.directory))
    assert services.store.sessions[session_id].directory == str(real_opencode.directory)
