"""`/sessions/{id}/messages`: reading pages, sending, waiting for the answer or not."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from sprintagen.db import prompt
from tests.api.test_errors import assert_is_problem
from tests.services.fakes import ABORTED, settled, until

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.rig import RealOpencode
    from tests.services.fakes import FakeOpencode


async def test_a_prompt_is_answered(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    await settled()
    answer = await client.post(f"sessions/{session}/messages", json={"text": "hello"})
    assert answer.status_code == 200
    body = answer.json()
    assert [part["text"] for part in body["messages"][0]["parts"]] == ["echo"]
    assert body["messages"][0]["parent_id"] == body["message_id"]
    assert "error" not in body


async def test_without_waiting_the_prompt_is_only_taken(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    fake.waiting.add(session)
    await settled()
    answer = await client.post(f"sessions/{session}/messages?wait=false", json={"text": "hello"})
    assert answer.status_code == 202
    assert answer.json()["state"] in ("queued", "sending", "sent")
    await until(lambda: fake.history[session])
    assert fake.history[session][0].info.id == answer.json()["message_id"]


async def test_the_same_client_key_is_the_same_prompt(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    await settled()
    body = {"text": "once only", "client_key": "k1"}
    answers = await asyncio.gather(*[client.post(f"sessions/{session}/messages", json=body) for _ in range(5)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["message_id"] for answer in answers}) == 1
    assert fake.calls.count("messages.prompt_async") == 1
    later = await client.post(f"sessions/{session}/messages?wait=false", json=body)
    assert later.json()["message_id"] == answers[0].json()["message_id"]


async def test_the_idempotency_key_header_is_a_client_key(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    path = f"sessions/{fake.add_session()}/messages"
    first, again = [
        (await client.post(path, json={"text": "Hello"}, headers={"idempotency-key": "k"})).json() for _ in range(2)
    ]
    assert first == again
    assert fake.calls.count("messages.prompt_async") == 1


async def test_a_prompt_that_cannot_be_stored_is_refused_in_words_and_not_sent(
    client: httpx.AsyncClient, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_args: object, **_more: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(prompt.Prompt, "save", refuse)
    answer = await client.post(f"sessions/{fake.add_session()}/messages", json={"text": "Hello"})
    assert answer.status_code == 503
    body = answer.json()
    assert (body["code"], body["hint"]) == ("database_unavailable", "Free some space and try again.")
    assert "disk is full" in body["detail"]
    assert "messages.prompt_async" not in fake.calls


async def test_waiting_too_long_is_a_timeout_and_the_prompt_goes_on(
    client: httpx.AsyncClient, fake: FakeOpencode, services: Services
) -> None:
    session = fake.add_session()
    fake.waiting.add(session)
    await settled()
    body = {"text": "slow", "client_key": "k"}
    answer = await client.post(f"sessions/{session}/messages?timeout=0.05", json=body)
    assert_is_problem(answer, 504, "timed_out")
    await until(lambda: fake.history[session])
    fake.finish(session, "at last")
    again = await client.post(f"sessions/{session}/messages", json=body)
    assert again.json()["messages"][0]["parts"][0]["text"] == "at last"


async def test_a_failed_turn_is_an_answer_with_an_error(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    fake.waiting.add(session)
    await settled()
    waiting = asyncio.create_task(client.post(f"sessions/{session}/messages", json={"text": "x"}))
    await until(lambda: fake.history[session])
    fake.finish(session, error=ABORTED)
    answer = await waiting
    assert answer.status_code == 200
    assert answer.json()["error"] == {"name": "MessageAbortedError", "message": "Aborted"}


async def test_a_session_deleted_meanwhile_ends_the_wait(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    fake.waiting.add(session)
    await settled()
    waiting = asyncio.create_task(client.post(f"sessions/{session}/messages", json={"text": "x"}))
    await until(lambda: fake.history.get(session))
    fake.forget_session(session)
    assert_is_problem(await waiting, 404, "not_found")


async def test_a_full_queue_is_a_conflict(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    fake.waiting.add(session)
    await settled()
    codes = [
        (await client.post(f"sessions/{session}/messages?wait=false", json={"text": str(n)})).status_code
        for n in range(60)
    ]
    assert set(codes) == {202, 409}


async def test_what_is_too_large_is_refused_with_the_field(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    await settled()
    long = await client.post(f"sessions/{session}/messages", json={"text": "x" * (5 * 1024 * 1024)})
    assert assert_is_problem(long, 413, "too_large")["field"] == "text"
    data = base64.b64encode(b"x" * (11 * 1024 * 1024)).decode()
    file = {"filename": "big", "mime": "text/plain", "data": data}
    heavy = await client.post(f"sessions/{session}/messages", json={"text": "x", "files": [file]})
    assert assert_is_problem(heavy, 413, "too_large")["field"] == "files"


async def test_a_file_goes_by_value_and_keeps_only_its_name(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    await settled()
    file = {"filename": "../../etc/passwd", "mime": "text/plain", "data": base64.b64encode(b"mine").decode()}
    answer = await client.post(f"sessions/{session}/messages", json={"files": [file]})
    assert answer.status_code == 200
    page = (await client.get(f"sessions/{session}/messages")).json()
    part = page["messages"][0]["parts"][0]
    assert (part["type"], part["filename"], part["mime"]) == ("file", "passwd", "text/plain")
    assert "url" not in part


async def test_messages_are_paged_without_a_gap_or_a_double(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    await settled()
    for number in range(4):
        await client.post(f"sessions/{session}/messages", json={"text": f"prompt {number}"})
    everything = [m["id"] for m in (await client.get(f"sessions/{session}/messages")).json()["messages"]]
    assert len(everything) == 8
    seen: list[str] = []
    before: str | None = None
    while True:
        query = {"limit": "3"} | ({"before": before} if before else {})
        page = (await client.get(f"sessions/{session}/messages", params=query)).json()
        seen = [message["id"] for message in page["messages"]] + seen
        before = page.get("older")
        if before is None:
            break
    assert seen == everything


@pytest.mark.real
def test_an_answer_of_the_real_server_arrives_whole(api: httpx.Client) -> None:
    session = api.post("sessions", json={"title": "whole"}).json()["id"]
    answer = api.post(f"sessions/{session}/messages", json={"text": "/x think 5\n/x say 300"}, timeout=60)
    assert answer.status_code == 200, answer.text
    parts = [part for message in answer.json()["messages"] for part in message["parts"]]
    text = "".join(part["text"] for part in parts if part["type"] == "text")
    assert text.split() == [f"w{n}" for n in range(300)]
    page = api.get(f"sessions/{session}/messages").json()
    assert [message["role"] for message in page["messages"]] == ["user", "assistant"]


@pytest.mark.real
def test_every_prompt_gets_its_own_answer_in_order(api: httpx.Client) -> None:
    session = api.post("sessions", json={"title": "order"}).json()["id"]
    taken = [
        api.post(f"sessions/{session}/messages?wait=false", json={"text": f"/x text answer {n}"}) for n in range(3)
    ]
    assert [answer.status_code for answer in taken] == [202] * 3
    last = api.post(f"sessions/{session}/messages", json={"text": "/x text answer 3"}, timeout=60)
    assert last.status_code == 200
    page = api.get(f"sessions/{session}/messages").json()["messages"]
    prompts = [message["id"] for message in page if message["role"] == "user"]
    assert prompts[:3] == [answer.json()["message_id"] for answer in taken]
    answers = [message for message in page if message["role"] == "assistant"]
    assert [message["parent_id"] for message in answers] == prompts
    said = ["".join(p.get("text", "") for p in m["parts"] if p["type"] == "text").strip() for m in answers]
    assert said == [f"answer {n}" for n in range(4)]


@pytest.mark.real
def test_one_client_key_is_one_message_on_the_real_server(api: httpx.Client, real_opencode: RealOpencode) -> None:
    session = api.post("sessions", json={"title": "key"}).json()["id"]
    answers: list[httpx.Response] = []

    def send() -> None:
        body = {"text": "/x text once", "client_key": "double click"}
        answers.append(api.post(f"sessions/{session}/messages", json=body, timeout=60))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(real_opencode.messages(session)) == 2


@pytest.mark.real
def test_a_provider_that_refuses_is_told_without_its_address(api: httpx.Client, real_opencode: RealOpencode) -> None:
    session = api.post("sessions", json={"title": "refused"}).json()["id"]
    answer = api.post(f"sessions/{session}/messages", json={"text": "/x error 400 Not like this"}, timeout=60)
    assert answer.status_code == 200
    assert "Not like this" in answer.json()["error"]["message"]
    assert real_opencode.model_url not in answer.text
    assert "responseHeaders" not in answer.text


@pytest.mark.real
def test_a_stopped_turn_is_an_answer_that_says_so(api: httpx.Client, served: object) -> None:
    session = api.post("sessions", json={"title": "stopped"}).json()["id"]
    answers: list[httpx.Response] = []
    body = {"text": "/x say 2000 50"}
    thread = threading.Thread(
        target=lambda: answers.append(api.post(f"sessions/{session}/messages", json=body, timeout=60))
    )
    thread.start()
    served.wait_until(lambda: api.get(f"sessions/{session}").json()["state"] == "working")  # type: ignore[attr-defined]
    assert api.post(f"sessions/{session}/abort").status_code == 204
    thread.join(30)
    assert answers[0].json()["error"]["name"] == "MessageAbortedError"


@pytest.mark.real
def test_a_cursor_that_is_none_names_the_field(api: httpx.Client) -> None:
    session = api.post("sessions", json={"title": "cursor"}).json()["id"]
    answer = api.get(f"sessions/{session}/messages?before=nonsense")
    assert answer.status_code == 422, answer.text
    assert assert_is_problem(answer, 422, answer.json()["code"])["field"] == "before"


@pytest.mark.real
def test_a_megabyte_arrives_whole(api: httpx.Client, real_opencode: RealOpencode) -> None:
    session = api.post("sessions", json={"title": "paste"}).json()["id"]
    text = "/x text got it\n" + "0123456789abcdef" * 65_536
    answer = api.post(f"sessions/{session}/messages", json={"text": text}, timeout=90)
    assert answer.status_code == 200, answer.text[:500]
    assert real_opencode.messages(session)[0]["parts"][0]["text"] == text
