"""Every method of every resource sends the request it should, and reads the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.opencode import InvalidID, NotFound, SessionID, TextPrompt
from tests.opencode.calls import CALLS, MODEL, Call, method_names
from tests.opencode.fakes import Recorder, client_of
from tests.opencode.test_ids import INJECTIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def test_every_method_has_a_call_here():
    assert {call.name for call in CALLS} == method_names()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.line)
async def test_a_method_sends_its_request_and_reads_the_answer(call: Call):
    recorder = Recorder(call.answer, status=204 if call.answer is None else 200)
    async with client_of(recorder, directory="/workspace/repo") as client:
        result = await call.run(client)
    assert recorder.line == call.line
    assert (recorder.body if recorder.request.content else None) == call.body
    assert recorder.request.headers["x-opencode-directory"] == "/workspace/repo"
    assert recorder.request.headers["authorization"].startswith("Basic ")
    if isinstance(call.answer, list):
        assert len(result) == len(call.answer) if isinstance(result, list) else len(result.items) == len(call.answer)
    elif call.answer is True:
        assert result is None


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.line)
async def test_a_method_passes_a_refusal_on(call: Call):
    recorder = Recorder({"name": "NotFoundError", "data": {"message": "no"}}, status=404)
    async with client_of(recorder) as client:
        with pytest.raises(NotFound):
            await call.run(client)


BY_ID: list[Callable[[Any, str], Awaitable[Any]]] = [
    lambda c, id: c.sessions.get(id),
    lambda c, id: c.sessions.update(id, title="x"),
    lambda c, id: c.sessions.delete(id),
    lambda c, id: c.sessions.abort(id),
    lambda c, id: c.sessions.children(id),
    lambda c, id: c.sessions.todo(id),
    lambda c, id: c.sessions.diff(id),
    lambda c, id: c.sessions.diff("ses_1", message_id=id),
    lambda c, id: c.sessions.fork(id),
    lambda c, id: c.sessions.fork("ses_1", message_id=id),
    lambda c, id: c.sessions.revert(id, "msg_1"),
    lambda c, id: c.sessions.revert("ses_1", id),
    lambda c, id: c.sessions.revert("ses_1", "msg_1", part_id=id),
    lambda c, id: c.sessions.unrevert(id),
    lambda c, id: c.sessions.share(id),
    lambda c, id: c.sessions.unshare(id),
    lambda c, id: c.sessions.create(parent_id=id),
    lambda c, id: c.sessions.summarize(id, MODEL),
    lambda c, id: c.messages.list(id),
    lambda c, id: c.messages.get(id, "msg_1"),
    lambda c, id: c.messages.get("ses_1", id),
    lambda c, id: c.messages.delete("ses_1", id),
    lambda c, id: c.messages.delete_part("ses_1", "msg_1", id),
    lambda c, id: c.messages.prompt_async(id, parts=[]),
    lambda c, id: c.messages.prompt_async("ses_1", parts=[], message_id=id),
    lambda c, id: c.messages.command(id, "x"),
    lambda c, id: c.messages.command("ses_1", "x", message_id=id),
    lambda c, id: c.messages.shell(id, "x", agent="build"),
    lambda c, id: c.messages.shell("ses_1", "x", agent="build", message_id=id),
    lambda c, id: c.permissions.reply(id, "once"),
    lambda c, id: c.questions.reply(id, []),
    lambda c, id: c.questions.reject(id),
    lambda c, id: c.auth.remove(id),
]


@pytest.mark.parametrize("text", [text for text in INJECTIONS if text not in ("ses", "SES_x")])
async def test_no_method_lets_an_id_leave_its_place_in_the_path(text: str):
    recorder = Recorder()
    async with client_of(recorder) as client:
        for call in BY_ID:
            with pytest.raises(InvalidID):
                await call(client, text)
    assert recorder.requests == []


async def test_a_session_id_is_no_message_id():
    async with client_of(Recorder()) as client:
        with pytest.raises(InvalidID):
            await client.messages.get(SessionID("ses_1"), "ses_1")  # type: ignore[arg-type]


async def test_a_page_of_messages_has_the_way_to_the_one_before():
    recorder = Recorder([], headers={"X-Next-Cursor": "abc=", "Link": '<http://internal>; rel="next"'})
    async with client_of(recorder) as client:
        page = await client.messages.list(SessionID("ses_1"), limit=2)
    assert page.cursor == "abc="


async def test_the_oldest_page_has_no_way_on():
    async with client_of(Recorder([])) as client:
        assert (await client.messages.list(SessionID("ses_1"), limit=2)).cursor is None


async def test_a_cursor_without_a_limit_is_a_mistake():
    async with client_of(Recorder([])) as client:
        with pytest.raises(ValueError, match="limit"):
            await client.messages.list(SessionID("ses_1"), before="abc")


async def test_a_prompts_half_surrogate_pair_reaches_the_wire():
    recorder = Recorder(status=204)
    async with client_of(recorder) as client:
        await client.messages.prompt_async(SessionID("ses_1"), parts=[TextPrompt("x\ud83d")])
    assert json.loads(recorder.request.content)["parts"][0]["text"] == "x\ud83d"
