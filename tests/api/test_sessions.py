"""`/sessions`: over an opencode in memory, and over the real one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from sprintagen.opencode import errors
from sprintagen.opencode.models import FileDiff, Todo
from tests.api.test_errors import assert_is_problem
from tests.services.fakes import DIRECTORY, settled

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.rig import RealOpencode
    from tests.served import Served
    from tests.services.fakes import FakeOpencode


async def test_a_session_is_made_changed_and_deleted(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    answer = await client.post("sessions", json={"title": "Fix the shop", "ticket": "SHOP-1"})
    assert answer.status_code == 201
    session = answer.json()
    assert (session["title"], session["ticket"], session["origin"]) == ("Fix the shop", "SHOP-1", "created")
    assert (session["directory"], session["state"]) == (DIRECTORY, "idle")
    path = f"sessions/{session['id']}"

    renamed = await client.patch(path, json={"title": "Mend the shop", "ticket": None, "archived": True})
    assert (renamed.status_code, renamed.json()["title"], renamed.json()["ticket"]) == (200, "Mend the shop", None)
    assert renamed.json()["archived_at"] is not None
    assert (await client.get(path)).json() == renamed.json()

    deleted = await client.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert_is_problem(await client.get(path), 404, "not_found")


async def test_a_session_needs_no_body(client: httpx.AsyncClient) -> None:
    assert (await client.post("sessions")).status_code == 201


async def test_the_list_is_filtered_searched_and_cut(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    found = fake.add_session("found elsewhere", directory=f"{DIRECTORY}/api")
    await settled()
    one = (await client.post("sessions", json={"title": "one", "ticket": "T-1"})).json()
    two = (await client.post("sessions", json={"title": "two"})).json()

    async def ids(query: str) -> set[str]:
        answer = await client.get(f"sessions?{query}")
        assert answer.status_code == 200
        assert answer.json()["total"] >= len(answer.json()["sessions"])
        return {session["id"] for session in answer.json()["sessions"]}

    assert await ids("") == {found, one["id"], two["id"]}
    assert await ids("origin=created") == {one["id"], two["id"]}
    assert await ids("ticket=T-1") == {one["id"]}
    assert await ids("search=elsewhere") == {found}
    assert await ids(f"directory={DIRECTORY}/api") == {found}
    assert await ids("archived=true") == set()
    assert len(await ids("limit=1")) == 1
    assert (await client.get("sessions?limit=1")).json()["total"] == 3


async def test_sessions_of_subagents_are_listed_on_demand(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    parent = fake.add_session()
    child = fake.add_session(parent_id=parent)
    await settled()
    assert [session["id"] for session in (await client.get("sessions")).json()["sessions"]] == [parent]
    every = (await client.get("sessions?children=true")).json()["sessions"]
    assert {session["id"] for session in every} == {parent, child}


@pytest.mark.parametrize(
    ("method", "tail"),
    [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/abort"), ("GET", "/todo"), ("GET", "/diff"),
     ("GET", "/changes"), ("GET", "/messages"), ("POST", "/messages")],
)  # fmt: skip
async def test_an_unknown_session_is_not_found(client: httpx.AsyncClient, method: str, tail: str) -> None:
    body = {"text": "x"} if tail == "/messages" else {"title": "x"}
    answer = await client.request(method, f"sessions/ses_unknown{tail}", json=body)
    assert_is_problem(answer, 404, "not_found")


async def test_a_refused_creation_leaves_no_session(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    fake.broken["sessions.create"] = [errors.ServerUnreachable("It is away.")]
    assert_is_problem(await client.post("sessions"), 502, "opencode_unreachable")
    assert (await client.get("sessions")).json() == {"sessions": [], "total": 0}


async def test_bringing_back_what_another_client_archived_is_a_conflict(
    client: httpx.AsyncClient, fake: FakeOpencode
) -> None:
    session = fake.add_session()
    time = fake.stored[session].time
    fake.change_session(session, time=time.model_copy(update={"archived": time.created}))
    await settled()
    assert_is_problem(await client.patch(f"sessions/{session}", json={"archived": False}), 409, "conflict")


async def test_todos_and_diffs_are_rebuilt(client: httpx.AsyncClient, fake: FakeOpencode, services: Services) -> None:
    session = fake.add_session()
    fake.todos[session] = [Todo(content="sweep", status="pending", priority="high", secret="x")]  # type: ignore[call-arg]
    await settled()
    todos = await client.get(f"sessions/{session}/todo")
    assert todos.json() == [{"content": "sweep", "status": "pending", "priority": "high"}]
    assert (await client.get(f"sessions/{session}/diff")).json() == []


async def test_changes_are_told_file_by_file(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    fake.git_changes = [
        FileDiff(file="a", patch="@@ -1,9 +1,9 @@\n 1\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n", status="modified"),
        FileDiff(file="b", patch="Binary files a/b and b/b differ", status="modified"),
    ]
    await settled()
    changes = (await client.get(f"sessions/{session}/changes?scope=worktree&context=1")).json()
    assert (changes["scope"], changes["additions"], changes["deletions"]) == ("worktree", 1, 1)
    assert changes["files"] == [
        {"path": "a", "old_path": None, "status": "modified", "additions": 1, "deletions": 1, "lack": None,
         "patch": "@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n"},
        {"path": "b", "old_path": None, "status": "modified", "additions": 0, "deletions": 0, "lack": "binary",
         "patch": None},
    ]  # fmt: skip
    assert_is_problem(await client.get(f"sessions/{session}/changes?scope=branch"), 409, "conflict")
    assert_is_problem(await client.get(f"sessions/{session}/changes?scope=all"), 422, "invalid_input")


async def test_stopping_what_does_not_run_is_fine(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    session = fake.add_session()
    await settled()
    assert (await client.post(f"sessions/{session}/abort")).status_code == 204


@pytest.mark.real
def test_the_life_of_a_session_on_the_real_server(api: httpx.Client, real_opencode: RealOpencode) -> None:
    made = api.post("sessions", json={"title": "From the API", "ticket": "API-1"})
    assert made.status_code == 201, made.text
    session = made.json()["id"]
    assert made.json()["directory"] == str(real_opencode.directory)
    assert session in {item["id"] for item in api.get("sessions?ticket=API-1").json()["sessions"]}
    assert real_opencode.request("GET", f"/session/{session}")["title"] == "From the API"

    assert api.patch(f"sessions/{session}", json={"title": "Renamed"}).status_code == 200
    assert real_opencode.request("GET", f"/session/{session}")["title"] == "Renamed"
    for tail in ("todo", "diff"):
        assert api.get(f"sessions/{session}/{tail}").json() == []
    assert api.post(f"sessions/{session}/abort").status_code == 204

    assert api.delete(f"sessions/{session}").status_code == 204
    assert_is_problem(api.get(f"sessions/{session}"), 404, "not_found")
    assert_is_problem(api.delete(f"sessions/{session}"), 404, "not_found")


@pytest.mark.real
def test_a_session_below_the_project_is_made_there_and_one_outside_is_refused(
    api: httpx.Client, real_opencode: RealOpencode
) -> None:
    below = real_opencode.directory / "shop"
    made = api.post("sessions", json={"directory": str(below)})
    assert (made.status_code, made.json().get("directory")) == (201, str(below)), made.text
    assert_is_problem(api.post("sessions", json={"directory": "/etc"}), 422, "invalid_input")


@pytest.mark.real
def test_the_agents_todos_and_its_edits_can_be_read(api: httpx.Client, served: Served) -> None:
    session = api.post("sessions", json={"title": "edits"}).json()["id"]
    todos = '{"todos": [{"content": "sweep", "status": "pending", "priority": "high"}]}'
    answer = api.post(f"sessions/{session}/messages", json={"text": f"/x tool todowrite {todos}"})
    assert "error" not in answer.json(), answer.text
    assert api.get(f"sessions/{session}/todo").json() == [{"content": "sweep", "status": "pending", "priority": "high"}]
    path = served.environment["OPENCODE_DIRECTORY"] + "/NOTES.txt"
    write = json.dumps({"filePath": path, "content": "one\ntwo\n"})
    api.post(f"sessions/{session}/messages?wait=false", json={"text": f"/x tool write {write}"})
    served.wait_until(lambda: api.get(f"permissions?session_id={session}").json())
    [ask] = api.get(f"permissions?session_id={session}").json()
    api.post(f"permissions/{ask['id']}", json={"reply": "once"})
    served.wait_until(lambda: api.get(f"sessions/{session}/diff").json())
    [diff] = api.get(f"sessions/{session}/diff").json()
    assert (diff["file"], diff["additions"], diff["deletions"]) == ("NOTES.txt", 2, 0)
    assert "+one" in diff["patch"]
    changes = api.get(f"sessions/{session}/changes?scope=turn").json()
    assert [file["path"] for file in changes["files"]] == ["NOTES.txt"]
    git = api.get(f"sessions/{session}/changes?scope=worktree&context=0").json()
    [file] = [file for file in git["files"] if file["path"] == "NOTES.txt"]
    assert (file["status"], file["patch"]) == ("added", "@@ -0,0 +1,2 @@\n+one\n+two\n")
    assert_is_problem(api.get(f"sessions/{session}/changes?scope=branch"), 409, "conflict")
    assert api.get(f"sessions/{session}").json()["additions"] == 2
