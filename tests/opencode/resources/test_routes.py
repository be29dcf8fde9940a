"""Every method of every resource sends the request it should, and reads the answer."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from pydantic import SecretStr

from sprintagen.opencode import InvalidID, NotFound, OpencodeClient, SessionID, TextPrompt, UnreadableAnswer
from tests.examples import examples
from tests.opencode.calls import CALLS, MODEL, SES, Call, method_names
from tests.opencode.fakes import Recorder, client_of
from tests.opencode.test_ids import HOSTILE, INJECTIONS

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
    lambda c, id: c.sessions.move(id, "/a"),
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
    lambda c, id: c.pty.get(id),
    lambda c, id: c.pty.update(id, title="x"),
    lambda c, id: c.pty.remove(id),
    lambda c, id: c.pty.ticket(id),
    lambda c, id: c.messages.list(id),
    lambda c, id: c.messages.list_plain(id),
    lambda c, id: c.messages.get(id, "msg_1"),
    lambda c, id: c.messages.get("ses_1", id),
    lambda c, id: c.messages.delete(id, "msg_1"),
    lambda c, id: c.messages.delete("ses_1", id),
    lambda c, id: c.messages.delete_part(id, "msg_1", "prt_1"),
    lambda c, id: c.messages.delete_part("ses_1", id, "prt_1"),
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
    lambda c, id: c.auth.set_key(id, SecretStr("sk-1")),
    lambda c, id: c.auth.authorize(id, 0, {}),
    lambda c, id: c.auth.complete(id, 0, None),
]


def test_every_parameter_that_is_an_id_is_tried_here():
    client = OpencodeClient("http://opencode.test")
    names = [
        f"{method}({parameter.name})"
        for method in sorted(method_names())
        for parameter in inspect.signature(attrgetter(method)(client)).parameters.values()
        if "ID" in str(parameter.annotation) or parameter.name.endswith("_id")
    ]
    assert len(names) == len(BY_ID), names


@pytest.mark.parametrize("text", [text for text in INJECTIONS if text not in ("ses", "SES_x")])
async def test_no_method_lets_an_id_leave_its_place_in_the_path(text: str):
    recorder = Recorder()
    async with client_of(recorder) as client:
        for call in BY_ID:
            with pytest.raises(InvalidID):
                await call(client, text)
    assert recorder.requests == []


@given(HOSTILE)
@settings(max_examples=examples(60))
async def test_an_id_is_refused_before_any_request_or_becomes_one_segment_and_nothing_else(text: str):
    tame = text[:3] + "TAME"
    recorder = Recorder(status=204)
    async with client_of(recorder) as client:
        for call in BY_ID:
            recorder.requests.clear()
            try:
                await call(client, text)
            except InvalidID:
                assert recorder.requests == []
                continue
            except UnreadableAnswer:
                pass  # an empty answer where there should be one
            with contextlib.suppress(UnreadableAnswer):
                await call(client, tame)
            sent, wanted = recorder.requests
            assert re.fullmatch(r"[A-Za-z0-9._-]+", text)
            assert sent.url.raw_path.decode() == wanted.url.raw_path.decode().replace(tame, text)
            assert sent.content.decode() == wanted.content.decode().replace(tame, text)
            assert sent.url.copy_with(raw_path=b"/") == wanted.url.copy_with(raw_path=b"/")
            assert (sent.method, sent.headers.keys()) == (wanted.method, wanted.headers.keys())


FREE_TEXT: dict[str, Callable[[OpencodeClient, str], Awaitable[Any]]] = {
    "search": lambda c, text: c.sessions.list(search=text),
    "directory": lambda c, text: c.sessions.list(directory=text),
    "before": lambda c, text: c.messages.list(SES, limit=1, before=text),
    "path": lambda c, text: c.files.list(text),
    "path ": lambda c, text: c.files.content(text),
    "query": lambda c, text: c.files.find(text),
    "pattern": lambda c, text: c.files.search(text),
}


@pytest.mark.parametrize("name", FREE_TEXT)
@given(text=HOSTILE)
@settings(max_examples=examples(60))
async def test_a_text_in_a_query_is_the_value_of_its_parameter_and_nothing_else(name: str, text: str):
    recorder = Recorder(status=204)
    async with client_of(recorder, directory=text) as client:
        for each in (text, "tame"):
            with contextlib.suppress(UnreadableAnswer):
                await FREE_TEXT[name](client, each)
    sent, wanted = (request.url for request in recorder.requests)
    assert sent.copy_with(query=None) == wanted.copy_with(query=None)
    assert sent.fragment == ""
    value = recorder.requests[0].url.params[name.strip()]
    assert [key for key, _ in sent.params.multi_items()] == [key for key, _ in wanted.params.multi_items()]
    if name == "directory":
        assert unquote(value, errors="surrogatepass") == text
    else:
        assert value == text.encode("utf-8", "replace").decode()
    header = recorder.requests[0].headers["x-opencode-directory"]
    assert unquote(header, errors="surrogatepass") == text


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
