"""`/permissions` and `/questions`: what waits, and answering it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sprintagen.opencode.ids import PermissionID, QuestionID
from sprintagen.opencode.models import PermissionRequest, Question, QuestionOption, QuestionRequest
from tests.api.test_errors import assert_is_problem
from tests.services.fakes import settled

if TYPE_CHECKING:
    from tests.served import Served
    from tests.services.fakes import FakeOpencode

BASH = '/x tool bash {"command": "echo hello", "description": "Says hello"}\n/x text done'
ASK = (
    '/x tool question {"questions": [{"question": "Which one?", "header": "Pick", '
    '"options": [{"label": "A", "description": "first"}, {"label": "B", "description": "second"}]}]}\n/x text done'
)


def permission(session: Any, name: str = "per_1") -> PermissionRequest:
    metadata = {"command": "rm -rf /", "secret": "x"}
    return PermissionRequest(
        id=PermissionID(name), session_id=session, permission="bash", patterns=["rm -rf /"], metadata=metadata
    )


def question(session: Any, name: str = "que_1") -> QuestionRequest:
    options = [QuestionOption(label="A"), QuestionOption(label="B")]
    return QuestionRequest(
        id=QuestionID(name), session_id=session, questions=[Question(question="Which?", options=options)]
    )


async def test_what_waits_is_listed_by_session(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    parent, other = fake.add_session(), fake.add_session()
    child = fake.add_session(parent_id=parent)
    fake.ask(permission(child))
    fake.ask(question(other))
    await settled()
    assert [item["id"] for item in (await client.get("permissions")).json()] == ["per_1"]
    assert [item["id"] for item in (await client.get("questions")).json()] == ["que_1"]
    of_parent = (await client.get(f"permissions?session_id={parent}")).json()
    assert [(item["id"], item["session_id"], item["patterns"]) for item in of_parent] == [
        ("per_1", child, ["rm -rf /"])
    ]
    assert (await client.get(f"permissions?session_id={other}")).json() == []
    assert (await client.get(f"questions?session_id={other}")).json()[0]["questions"][0]["options"][1]["label"] == "B"


@pytest.mark.parametrize("reply", ["once", "always", "reject"])
async def test_the_first_answer_counts(client: httpx.AsyncClient, fake: FakeOpencode, reply: str) -> None:
    fake.ask(permission(fake.add_session()))
    await settled()
    answer = await client.post("permissions/per_1", json={"reply": reply, "message": "a word"})
    assert (answer.status_code, answer.content) == (204, b"")
    word = "a word" if reply == "reject" else None
    assert f"reply per_1 {reply} {word}" in fake.calls
    assert_is_problem(await client.post("permissions/per_1", json={"reply": "once"}), 409, "conflict")
    assert (await client.get("permissions")).json() == []


async def test_a_question_is_answered_once(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    fake.ask(question(fake.add_session()))
    await settled()
    wrong = await client.post("questions/que_1", json={"answers": [["A"], ["B"]]})
    assert assert_is_problem(wrong, 422, "invalid_input")["field"] == "answers"
    assert (await client.post("questions/que_1", json={"answers": [["A"]]})).status_code == 204
    assert_is_problem(await client.post("questions/que_1", json={"reject": True}), 409, "conflict")


@pytest.mark.parametrize(
    ("path", "body"), [("permissions/per_9", {"reply": "once"}), ("questions/que_9", {"reject": True})]
)
async def test_what_nobody_asked_is_not_found(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    assert_is_problem(await client.post(path, json=body), 404, "not_found")


async def test_what_was_answered_elsewhere_is_not_found(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    fake.ask(permission(fake.add_session()))
    await settled()
    fake.asked.clear()
    answer = await client.post("permissions/per_1", json={"reply": "once"})
    assert answer.status_code in (404, 409)
    assert (await client.get("permissions")).json() == []


@pytest.mark.real
@pytest.mark.parametrize(("reply", "outcome"), [("once", "completed"), ("reject", "error")])
def test_a_permission_of_the_real_server_is_answered_once(
    api: httpx.Client, served: Served, reply: str, outcome: str
) -> None:
    session = api.post("sessions", json={"title": "permission"}).json()["id"]
    api.post(f"sessions/{session}/messages?wait=false", json={"text": BASH})
    served.wait_until(lambda: api.get(f"permissions?session_id={session}").json())
    assert api.get(f"sessions/{session}").json()["state"] == "asking"
    [ask] = api.get(f"permissions?session_id={session}").json()
    assert (ask["permission"], ask["patterns"]) == ("bash", ["echo hello"])
    assert api.post(f"permissions/{ask['id']}", json={"reply": reply}).status_code == 204
    assert_is_problem(api.post(f"permissions/{ask['id']}", json={"reply": "once"}), 409, "conflict")
    served.wait_until(lambda: api.get(f"sessions/{session}").json()["state"] in ("idle", "failed"))
    parts = [p for m in api.get(f"sessions/{session}/messages").json()["messages"] for p in m["parts"]]
    assert [part["status"] for part in parts if part["type"] == "tool"] == [outcome]


@pytest.mark.real
def test_a_question_of_the_real_server_is_answered_once(api: httpx.Client, served: Served) -> None:
    session = api.post("sessions", json={"title": "question"}).json()["id"]
    api.post(f"sessions/{session}/messages?wait=false", json={"text": ASK})
    served.wait_until(lambda: api.get(f"questions?session_id={session}").json())
    [ask] = api.get(f"questions?session_id={session}").json()
    assert ask["questions"][0]["question"] == "Which one?"
    assert api.post(f"questions/{ask['id']}", json={"answers": [["B"]]}).status_code == 204
    assert_is_problem(api.post(f"questions/{ask['id']}", json={"answers": [["A"]]}), 409, "conflict")
    served.wait_until(lambda: api.get(f"sessions/{session}").json()["state"] == "idle")
    text = api.get(f"sessions/{session}/messages").text
    assert '\\"Which one?\\"=\\"B\\"' in text or "B" in text
