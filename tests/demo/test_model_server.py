from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sprintagen.demo import ModelServer, ModelServerThread
from tests.demo.requests import SYSTEM, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(words_per_second=5000) as running:
        yield running


async def stream(server: ModelServer, prompt: str, *answered: tuple[str, str]) -> list[dict[str, Any]]:
    """Every chunk of one streamed answer; the `[DONE]` at its end is checked here."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.post(f"{server.url}/chat/completions", json=request(prompt, *answered))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream"
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


async def ask(server: ModelServer, prompt: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        return await client.post(f"{server.url}/chat/completions", json=request(prompt))


def deltas(chunks: list[dict[str, Any]], field: str) -> list[Any]:
    found = [choice["delta"].get(field) for chunk in chunks for choice in chunk.get("choices", [])]
    return [value for value in found if value]


def reason(chunks: list[dict[str, Any]]) -> str:
    return next(
        str(choice["finish_reason"]) for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]
    )


async def test_text_comes_word_by_word_and_nothing_of_it_is_lost(server: ModelServer) -> None:
    chunks = await stream(server, "/x text  two  spaces\n\n```python\n    indented\n```\nend ")
    assert "".join(deltas(chunks, "content")) == " two  spaces\n\n```python\n    indented\n```\nend"
    assert len(deltas(chunks, "content")) == 6
    assert reason(chunks) == "stop"


async def test_reasoning_has_a_field_of_its_own(server: ModelServer) -> None:
    chunks = await stream(server, "/x think 2\n/x say 1")
    assert deltas(chunks, "reasoning_content") == ["w0 ", "w1 "]
    assert deltas(chunks, "content") == ["w0 "]


async def test_a_tool_call_comes_in_pieces(server: ModelServer) -> None:
    command = "echo " + "long " * 20
    chunks = await stream(server, f'/x tool bash {{"command": "{command}"}}')
    calls = [call for delta in deltas(chunks, "tool_calls") for call in delta]
    assert calls[0]["function"]["name"] == "bash"
    assert len(calls) > 3
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {"command": command}
    assert reason(chunks) == "tool_calls"


async def test_two_calls_in_one_answer_are_told_apart(server: ModelServer) -> None:
    chunks = await stream(server, "Give me a tour of this project.", ("glob", "a.py"))
    calls = [call for delta in deltas(chunks, "tool_calls") for call in delta if call.get("id")]
    assert [call["index"] for call in calls] == [0, 1]
    assert len({call["id"] for call in calls}) == 2


async def test_usage_ends_the_stream(server: ModelServer) -> None:
    usage = (await stream(server, "/x think 2\n/x say 3"))[-1]["usage"]
    assert usage["completion_tokens"] == 5
    assert usage["completion_tokens_details"] == {"reasoning_tokens": 2}
    assert usage["prompt_tokens"] >= len(SYSTEM) // 4
    assert (await stream(server, "/x usage 90000"))[-1]["usage"]["prompt_tokens"] == 90000


async def test_the_answer_can_end_for_want_of_room(server: ModelServer) -> None:
    assert reason(await stream(server, "/x say 1\n/x length")) == "length"


async def test_a_caller_that_does_not_stream_gets_it_in_one_piece(server: ModelServer) -> None:
    body = request('/x say 2\n/x tool read {"filePath": "a"}', stream=False)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        choice = (await client.post(f"{server.url}/chat/completions", json=body)).json()["choices"][0]
    assert choice["message"]["content"] == "w0 w1 "
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "read"
    assert choice["finish_reason"] == "tool_calls"


async def test_an_error_is_an_error_at_every_try(server: ModelServer) -> None:
    for _ in range(3):
        answer = await ask(server, "/x error 429 slow down")
        assert answer.status_code == 429
        assert answer.json()["error"]["message"] == "slow down"


async def test_an_error_after_words_comes_inside_the_stream(server: ModelServer) -> None:
    chunks = await stream(server, "/x say 1\n/x error 500 gone")
    assert chunks[-1]["error"]["message"] == "gone"


async def test_a_request_fails_as_often_as_asked_and_anew_once_it_got_through(server: ModelServer) -> None:
    statuses = [(await ask(server, "/x failfirst 503 2\n/x say 1")).status_code for _ in range(6)]
    assert statuses == [503, 503, 200, 503, 503, 200]


async def test_a_drop_breaks_the_connection_after_the_words(server: ModelServer) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(server, "/x drop 2\n/x say 1")
    assert [emit.text for emit in server.emits] == ["w0 ", "w1 "]
    assert (await ask(server, "/x drop 2\n/x say 1")).status_code == 200


async def test_a_hang_ends_when_the_other_side_goes(server: ModelServer) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"{server.url}/chat/completions", json=request("/x hang"), timeout=0.2)


async def test_emits_say_what_left_and_when(server: ModelServer) -> None:
    before = time.time()
    await stream(server, "/x think 1\n/x say 2")
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        emits = (await client.get(f"{server.url.removesuffix('/v1')}/emits")).json()
        assert [(emit["kind"], emit["text"]) for emit in emits] == [
            ("reasoning", "w0 "),
            ("text", "w0 "),
            ("text", "w1 "),
        ]
        assert before <= emits[0]["at"] <= emits[-1]["at"] <= time.time()
        await client.delete(f"{server.url.removesuffix('/v1')}/emits")
    assert not server.emits
    assert not server.requests


async def test_requests_are_kept_for_a_look(server: ModelServer) -> None:
    await stream(server, "/x say 1")
    assert server.requests[-1]["messages"][-1]["content"] == "/x say 1"


async def test_the_model_is_listed(server: ModelServer) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        assert (await client.get(f"{server.url}/models")).json()["data"][0]["id"] == "scripted"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nope", 404), ("POST", "/v1/models", 404)])
async def test_what_it_does_not_have_is_404(server: ModelServer, method: str, path: str, status: int) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.request(method, server.url.removesuffix("/v1") + path)
    assert answer.status_code == status
    assert "error" in answer.json()


@pytest.mark.parametrize("content", [b"{broken", b"", b"\xff\xfe", b"[]", b'"text"'])
async def test_a_body_that_cannot_be_read_is_400(server: ModelServer, content: bytes) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.post(f"{server.url}/chat/completions", content=content)
    assert answer.status_code == 400


async def test_a_huge_body_is_refused_before_it_is_read(server: ModelServer) -> None:
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.split(":")[2].split("/")[0]))
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")
    assert b"413" in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_stopping_breaks_off_what_is_being_said() -> None:
    server = ModelServer()
    await server.start()
    async with (
        httpx.AsyncClient(trust_env=False, timeout=10) as client,
        client.stream("POST", f"{server.url}/chat/completions", json=request("/x say 1\n/x hang")) as answer,
    ):
        lines = answer.aiter_lines()
        await anext(lines)
        await server.stop()
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            async for _ in lines:
                pass


def test_a_thread_of_its_own_serves_callers_without_a_loop() -> None:
    others = set(threading.enumerate())
    with ModelServerThread(words_per_second=5000) as model:
        answer = httpx.post(f"{model.url}/chat/completions", json=request("/x say 2"), trust_env=False, timeout=60)
        assert answer.status_code == 200
        assert [emit.text for emit in model.emits] == ["w0 ", "w1 "]
        assert len(model.requests) == 1
        model.forget()
        assert model.emits == []
    assert all(thread.name != "scripted-model" for thread in set(threading.enumerate()) - others)
