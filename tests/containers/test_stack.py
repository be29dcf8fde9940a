"""`cp .env.example .env && docker compose up`, from a copy of this folder, on a real engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.containers.stack import Stack, eventually, is_answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.containers.engine import Engine

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(engine, tmp_path_factory.mktemp("stack") / "sprintagen", f"{engine.tag}-stack")
    try:
        stack.up()
        yield stack
    finally:
        stack.down("--volumes")


def test_the_web_answers_on_the_published_port(stack: Stack) -> None:
    answer = httpx.get(f"{stack.url}/healthz", trust_env=False)
    assert answer.status_code == 200
    assert answer.json() == {"ok": True}


def test_the_page_is_closed_to_who_has_not_signed_in(stack: Stack) -> None:
    assert httpx.get(f"{stack.url}/admin/chats", trust_env=False).status_code in (303, 401)
    assert httpx.get(f"{stack.url}/api/opencode/health", trust_env=False).status_code == 401


def test_the_link_in_the_log_opens_the_page_signed_in(stack: Stack) -> None:
    link = stack.links()[-1]
    assert link.startswith(stack.url), "the port in the link is the published one"
    with httpx.Client(trust_env=False, timeout=30) as browser:
        browser.get(link)
        assert "sprintagen_session" in browser.cookies
        assert browser.get(f"{stack.url}/admin/chats").status_code == 200


def test_the_web_reaches_opencode_with_the_generated_password(stack: Stack) -> None:
    with stack.api() as api:
        health = api.get("/api/opencode/health").json()
    assert health["opencode"]["reachable"] is True


def test_opencode_is_not_published(stack: Stack) -> None:
    container = stack.container("opencode")
    ports = stack.engine.docker("inspect", "--format", "{{json .NetworkSettings.Ports}}", container.name)
    assert all(not bindings for bindings in json.loads(ports).values())


@pytest.mark.parametrize("service", ["web", "opencode"])
def test_nothing_that_stays_runs_as_root_or_with_a_capability(stack: Stack, service: str) -> None:
    processes = stack.container(service).processes()
    assert processes
    assert {process.uid for process in processes} == {1000}
    assert {process.capabilities for process in processes} == {0}


def test_the_database_is_in_the_project_folder(stack: Stack) -> None:
    assert (stack.folder / "db.sqlite").read_bytes().startswith(b"SQLite format 3")


def test_the_agent_sees_neither_the_webs_token_nor_its_files(stack: Stack) -> None:
    agent = stack.container("opencode")
    token = stack.secret("web/token")
    seen = agent.execute(
        "sh", "-c", "cat /proc/*/environ /run/sprintagen/*/* 2>/dev/null; ls -a / /run/sprintagen", check=False
    )
    assert token not in seen
    assert "app" not in seen.split()


def test_no_secret_is_in_a_log(stack: Stack) -> None:
    logs = stack.logs()
    assert stack.secret("opencode/password") not in logs
    assert stack.secret("web/token") not in logs


def test_a_changed_source_file_restarts_the_web(stack: Stack) -> None:
    before = len(stack.links())
    with (stack.folder / "sprintagen/__init__.py").open("a") as file:
        file.write("# changed\n")
    eventually("a new link in the log", lambda: len(stack.links()) > before)
    eventually("the web answers again", lambda: is_answering(stack))


def test_the_debug_profile_publishes_opencode_behind_its_password(stack: Stack) -> None:
    stack.up("--profile", "debug")
    address = f"http://127.0.0.1:{stack.debug_port}/global/health"
    assert httpx.get(address, trust_env=False).status_code == 401
    answer = httpx.get(address, auth=("opencode", stack.secret("opencode/password")), trust_env=False)
    assert answer.json()["healthy"] is True


def test_a_killed_opencode_comes_back(stack: Stack) -> None:
    container = stack.container("opencode")
    started = container.state["StartedAt"]
    # from inside: the engine does not start again what `docker kill` ended
    (server,) = (it.pid for it in container.processes() if it.arguments.startswith("opencode serve"))
    container.execute("sh", "-c", f"kill -KILL {server}", check=False)
    eventually("started again", lambda: container.state["Running"] and container.state["StartedAt"] != started)
    container.wait_healthy()
    with stack.api() as api:

        def is_reachable() -> bool:
            health: dict[str, Any] = api.get("/api/opencode/health").json()
            return bool(health["opencode"]["reachable"])

        eventually("the web sees it", is_reachable)


def test_down_and_up_keeps_secrets_and_sessions(stack: Stack) -> None:
    with stack.api() as api:
        made = api.post("/api/opencode/sessions", json={"title": "Kept over down and up"})
    assert made.status_code in (200, 201), made.text
    secrets = [stack.secret("web/token"), stack.secret("opencode/password")]
    stack.down()
    stack.up()
    assert secrets == [stack.secret("web/token"), stack.secret("opencode/password")]
    with stack.api() as api:
        assert "Kept over down and up" in api.get("/api/opencode/sessions").text


def test_an_address_that_cannot_be_cloned_stops_the_start_with_words(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stack = Stack(engine, tmp_path_factory.mktemp("bad") / "sprintagen", f"{engine.tag}-bad")
    try:
        printed = stack.compose("up", "--detach", "--wait", check=False, GIT_REPO_URL="ext::sh")
        assert '"repository" didn\'t complete successfully' in printed
        assert "FAILED: GIT_REPO_URL is none of the addresses" in stack.logs("repository")
        assert not stack.container("web").state["Running"]
    finally:
        stack.down("--volumes")
