"""`/sessions/{id}/…`: undo, redo, ask again, fork, compact, share; over an opencode in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.test_errors import assert_is_problem
from tests.opencode.test_ids import INJECTIONS
from tests.services.fakes import settled
from tests.services.test_session_acts import prompts, talk, texts

if TYPE_CHECKING:
    import httpx

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

ACTS = [
    ("GET", "revert/preview", None), ("GET", "revert", None), ("POST", "revert", {"message_id": "msg_1"}),
    ("POST", "redo", None), ("POST", "unrevert", None), ("POST", "messages/msg_1/resend", None), ("POST", "fork", None),
    ("POST", "compact", None), ("POST", "share", None), ("DELETE", "share", None),
]  # fmt: skip


async def test_undo_is_looked_at_done_listed_and_taken_back(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session = await talk(services, fake, "one", "two")
    path = f"sessions/{session}"
    second = prompts(fake, session)[1]
    preview = await client.get(f"{path}/revert/preview")
    assert preview.json() == {
        "message_id": second, "text": "two", "attachments": 0, "prompts": 1, "messages": 2, "files": []
    }  # fmt: skip
    assert (await client.post(f"{path}/revert", json={"message_id": second})).status_code == 204
    assert (await client.get(f"{path}/revert")).json() == {"prompts": [{"message_id": second, "text": "two"}]}
    assert [m["id"] for m in (await client.get(f"{path}/messages")).json()["messages"]] == [
        item.info.id for item in fake.history[session][:2]
    ]
    assert (await client.post(f"{path}/redo")).status_code == 204
    assert (await client.get(f"{path}/revert")).json() == {"prompts": []}
    assert_is_problem(await client.post(f"{path}/redo"), 409, "conflict")
    assert (await client.post(f"{path}/unrevert")).status_code == 204


async def test_a_prompt_is_sent_again_in_other_words(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session = await talk(services, fake, "one")
    [first] = prompts(fake, session)
    answer = await client.post(f"sessions/{session}/messages/{first}/resend", json={"text": "uno", "client_key": "k"})
    assert answer.status_code == 202
    await services.prompts.answer(session, answer.json()["id"], 5)
    assert texts(fake, session) == ["uno", "echo"]
    assert prompts(fake, session) == [answer.json()["message_id"]]


async def test_a_fork_is_made_and_says_what_was_left_out(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session = await talk(services, fake, "one", "two")
    answer = await client.post(f"sessions/{session}/fork", json={"message_id": prompts(fake, session)[1]})
    assert (answer.status_code, answer.json()["text"]) == (201, "two")
    assert (await client.get(f"sessions/{answer.json()['id']}")).json()["title"] == "A talk (fork #1)"


async def test_a_session_is_shared_and_taken_back(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session = await talk(services, fake, "one")
    assert (await client.post(f"sessions/{session}/share")).json() == {"url": "https://opncd.test/s/1"}
    assert (await client.delete(f"sessions/{session}/share")).status_code == 204
    fake.sharing = "disabled"
    assert_is_problem(await client.post(f"sessions/{session}/share"), 409, "conflict")


@pytest.mark.parametrize(("method", "tail", "body"), ACTS)
async def test_an_unknown_session_is_not_found(client: httpx.AsyncClient, method: str, tail: str, body: object) -> None:
    answer = await client.request(method, f"sessions/ses_unknown/{tail}", json=body)
    assert_is_problem(answer, 404, "not_found")


@pytest.mark.parametrize("tail", ["revert", "unrevert", "messages/{}/resend", "compact"])
async def test_a_session_that_works_is_left_alone(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode, tail: str
) -> None:
    session = await talk(services, fake, "one")
    [first] = prompts(fake, session)
    fake.status(session, "busy")
    await settled()
    answer = await client.post(
        f"sessions/{session}/{tail.format(first)}", json={"message_id": first} if tail == "revert" else None
    )
    assert_is_problem(answer, 409, "conflict")


@pytest.mark.parametrize("text", [text for text in INJECTIONS if text.isprintable()])
async def test_what_is_no_id_goes_nowhere(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode, text: str
) -> None:
    session = await talk(services, fake, "one")
    before = list(fake.calls)
    for answer in (
        await client.post(f"sessions/{session}/revert", json={"message_id": text}),
        await client.post(f"sessions/{session}/redo", json={"message_id": text}),
        await client.post(f"sessions/{session}/fork", json={"message_id": text}),
        await client.get(f"sessions/{session}/revert/preview", params={"message_id": text}),
    ):
        assert_is_problem(answer, 422, "invalid_input")
        assert answer.json()["field"] == "message_id"
    assert fake.calls == before
