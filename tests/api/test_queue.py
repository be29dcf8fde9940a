"""`/sessions/{id}/queue`: a program tends what waits as a person does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.services.fakes import until

if TYPE_CHECKING:
    import httpx

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


async def test_a_program_moves_changes_and_removes_what_waits(
    client: httpx.AsyncClient, services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session()
    url = f"sessions/{session_id}"
    fake.waiting.add(session_id)
    await client.post(f"{url}/messages?wait=false", json={"text": "first"})
    await until(lambda: [prompt.state for prompt in services.prompts.queue(session_id)] == ["sent"])
    ids = [
        (await client.post(f"{url}/messages?wait=false", json={"text": text})).json()["id"] for text in ("a", "b", "c")
    ]
    queue = (await client.patch(f"{url}/queue/{ids[2]}", json={"index": 0, "text": "c!"})).json()
    assert [prompt["text"] for prompt in queue] == ["first", "c!", "a", "b"]
    assert (await client.delete(f"{url}/queue/{ids[0]}")).status_code == 204
    assert [prompt["id"] for prompt in (await client.get(f"{url}/queue")).json()][1:] == [ids[2], ids[1]]
    assert (await client.patch(f"{url}/queue/{ids[0]}", json={"index": 0})).status_code == 404
    assert (await client.post(f"{url}/queue/{ids[1]}/retry")).status_code == 409
    assert (await client.post(f"{url}/queue/{ids[1]}/send-now")).status_code == 204
    await until(lambda: not services.prompts.queue(session_id))
    texts = [part.text for item in fake.history[session_id] for part in item.parts if item.info.role == "user"]  # type: ignore[union-attr]
    assert texts == ["first", "b", "c!"]


async def test_a_program_names_nothing_outside_of_the_project(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session_id = fake.add_session()
    body = {"text": "@x", "mentions": [{"kind": "file", "name": "/etc/passwd", "start": 0, "end": 2}]}
    answer = await client.post(f"sessions/{session_id}/messages", json=body)
    assert answer.status_code == 422
    assert "not in the project" in answer.text
