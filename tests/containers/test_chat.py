"""Chats through the containers, as a person has them: a browser on the host, the published port, a scripted model."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from sprintagen.demo import opencode_config
from tests.containers import scripted_provider
from tests.containers.browser import PATIENCE, Chat, open_chat
from tests.containers.conftest import git
from tests.containers.stack import Stack, eventually, is_answering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.containers.engine import Engine

pytestmark = [pytest.mark.container, pytest.mark.browser, pytest.mark.timeout(900)]

expect.set_options(timeout=PATIENCE)
KEYED = "keyed"
OLD_KEY, NEW_KEY, WRONG_KEY = "key-canary-old", "key-canary-new", "key-canary-wrong"
SLOW = "/x say 120 8"


def configuration() -> str:
    """For `.env`: the demo's model, and the same behind a key, which is the web's to hand over."""
    config = opencode_config(f"http://model:{scripted_provider.PORT}/v1")
    keyed = json.loads(json.dumps(config["provider"]["scripted"]))
    keyed["options"] = {"baseURL": f"http://model:{scripted_provider.PORT}/keyed/v1"}
    config["provider"][KEYED] = keyed
    config["enabled_providers"].append(KEYED)
    return json.dumps(config)


def with_provider(stack: Stack) -> Stack:
    """Gives the stack a provider in one more container of its network."""
    shutil.copy(Path(scripted_provider.__file__), stack.folder / "scripted_provider.py")
    accept(stack, OLD_KEY)
    port = scripted_provider.PORT
    stack.override(
        {
            "model": {
                "image": "sprintagen-web",
                "entrypoint": ["python", "/app/scripted_provider.py"],
                "command": [],
                "environment": {"PYTHONPATH": "/app"},
                "volumes": [".:/app:ro"],
                "healthcheck": {
                    "test": ["CMD", "python", "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}))"],
                    "interval": "1s",
                    "start_period": "30s",
                },
                "init": True,
            }
        }
    )
    set_up(stack)
    return stack


def set_up(stack: Stack, **values: str) -> None:
    """Writes `.env`."""
    stack.settings(OPENCODE_CONFIG_CONTENT=configuration(), **values)


def accept(stack: Stack, *keys: str) -> None:
    """From now on the provider takes these keys only."""
    (stack.folder / "accepted-keys").write_text("\n".join(keys), encoding="utf-8")


@pytest.fixture(scope="module")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = with_provider(Stack(engine, tmp_path_factory.mktemp("chat") / "sprintagen", f"{engine.tag}-chat"))
    try:
        stack.up()
        yield stack
    finally:
        stack.down("--volumes")


@pytest.fixture
async def chat(stack: Stack) -> AsyncIterator[Chat]:
    async with open_chat(stack) as chat:
        await sign_in(chat)
        yield chat


async def sign_in(chat: Chat) -> None:
    response = await chat.page.context.request.post(
        f"{chat.stack.url}/sign-in",
        form={"token": chat.stack.secret("web/token")},
        headers={"Origin": chat.stack.url},
        max_redirects=0,
    )
    assert response.status == 303, await response.text()


async def test_the_link_in_the_log_leads_to_a_chat_whose_answer_streams(stack: Stack) -> None:
    async with open_chat(stack) as chat:
        await chat.sign_in_by_link()
        await chat.begin("/x say 60 12")
        await expect(chat.answers).to_contain_text("w3")
        assert "w59" not in await chat.answers.inner_text(), "words are shown while the model still talks"
        await expect(chat.answers).to_contain_text("w59")
        await chat.ended()
        assert (await chat.answers.inner_text()).split() == [f"w{index}" for index in range(60)]


async def test_an_allowed_edit_changes_the_repository(chat: Chat) -> None:
    await chat.begin("Ten apples cost the full price: please find the bug and fix it.")
    for _ in range(2):  # the edit, and the tests
        await chat.find("permission-once").click()
        await expect(chat.find("permission-once")).to_have_count(0)
    await chat.ended()
    await expect(chat.tool("edit", "done")).to_be_visible()
    source = chat.stack.container("opencode").execute("cat", "/workspace/sample/shop/pricing.py")
    assert "quantity >= BULK_QUANTITY" in source


# -- provider keys ----------------------------------------------------------------------------------------------------


def register(stack: Stack, **values: str) -> dict[str, Any]:
    """Writes `.env` while everything runs, and asks for the handshake; returns what the API says of it."""
    set_up(stack, **values)
    with stack.api() as api:
        answer = api.post("/api/opencode/auth")
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def ask_keyed(stack: Stack) -> dict[str, Any]:
    """One turn with the model that wants the key."""
    with stack.api() as api:
        session = api.post("/api/opencode/sessions", json={"title": "With a key"}).json()["id"]
        body = {"text": "/x text The key is good.", "model": {"provider_id": KEYED, "model_id": "scripted"}}
        answer = api.post(f"/api/opencode/sessions/{session}/messages?timeout=60", json=body, timeout=90)
    assert answer.status_code == 200, answer.text
    turn: dict[str, Any] = answer.json()
    return turn


def standing(stack: Stack) -> tuple[str, str]:
    """How the handshake stands by the health route, and for the keyed provider by its last log line."""
    with stack.api() as api:
        state = api.get("/api/opencode/health").json()["credentials"]
    lines = [line for line in stack.logs("web").splitlines() if "Provider " in line]
    return state, lines[-1] if lines else ""


def test_a_key_in_the_env_file_reaches_the_provider_through_opencode(stack: Stack) -> None:
    report = register(stack, OPENCODE_PROVIDER_ID=KEYED, OPENCODE_PROVIDER_API_KEY=OLD_KEY)
    assert report["state"] == "ok"
    assert report["providers"] == [{"provider_id": KEYED, "state": "connected", "message": ""}]
    turn = ask_keyed(stack)
    assert "error" not in turn, turn
    assert "The key is good." in json.dumps(turn)


def test_a_key_changed_in_the_env_file_is_taken_over_without_a_new_container(stack: Stack) -> None:
    register(stack, OPENCODE_PROVIDER_ID=KEYED, OPENCODE_PROVIDER_API_KEY=OLD_KEY)
    accept(stack, NEW_KEY)
    assert ask_keyed(stack)["error"]["status"] == 401, "the old key is no longer taken"
    started = stack.container("web").state["StartedAt"]
    report = register(stack, OPENCODE_PROVIDER_ID=KEYED, OPENCODE_PROVIDER_API_KEY=NEW_KEY)
    assert report["providers"][0]["state"] == "connected"
    assert "The key is good." in json.dumps(ask_keyed(stack))
    assert stack.container("web").state["StartedAt"] == started


def test_a_wrong_key_is_named_in_the_log_once_the_provider_has_refused_it(stack: Stack) -> None:
    accept(stack, OLD_KEY)
    register(stack, OPENCODE_PROVIDER_ID=KEYED, OPENCODE_PROVIDER_API_KEY=WRONG_KEY)
    assert ask_keyed(stack)["error"]["status"] == 401
    eventually("the report says so", lambda: standing(stack)[0] == "failed")
    assert (
        f"WARNING sprintagen.services.credentials: Provider {KEYED}: The provider refused this key"
        in standing(stack)[1]
    )


def test_a_provider_nobody_knows_is_not_listed(stack: Stack) -> None:
    report = register(stack, OPENCODE_PROVIDER_ID="nobody-knows-it", OPENCODE_PROVIDER_API_KEY=OLD_KEY)
    assert report["state"] == "failed"
    assert [item["state"] for item in report["providers"]] == ["not_listed"]
    assert "Provider nobody-knows-it: opencode knows no provider of this name" in standing(stack)[1]


def test_a_key_without_a_provider_misses_the_id(stack: Stack) -> None:
    report = register(stack, OPENCODE_PROVIDER_API_KEY=OLD_KEY)
    assert report["state"] == "failed"
    assert [item["state"] for item in report["providers"]] == ["missing_id"]
    assert "OPENCODE_PROVIDER_ID does not say whose it is" in standing(stack)[1]


def test_a_provider_without_a_key_misses_the_key(stack: Stack) -> None:
    report = register(stack, OPENCODE_PROVIDER_ID=KEYED)
    assert report["state"] == "failed"
    assert [item["state"] for item in report["providers"]] == ["missing_key"]
    assert "OPENCODE_PROVIDER_API_KEY has no key for it" in standing(stack)[1]


async def test_trouble_with_a_key_is_on_the_page_and_goes_with_the_button(stack: Stack, chat: Chat) -> None:
    accept(stack, OLD_KEY)
    register(stack, OPENCODE_PROVIDER_ID=KEYED)
    await chat.go()
    await expect(chat.banner).to_contain_text("OPENCODE_PROVIDER_API_KEY has no key for it")
    set_up(stack, OPENCODE_PROVIDER_ID=KEYED, OPENCODE_PROVIDER_API_KEY=OLD_KEY)
    await chat.page.get_by_role("button", name="Register keys again").click()
    await expect(chat.banner).to_have_count(0)
    eventually("the keys are registered", lambda: standing(stack)[0] == "ok")


def test_no_key_is_in_a_log_or_with_the_agent(stack: Stack) -> None:
    register(stack, OPENCODE_PROVIDER_ID=KEYED, OPENCODE_PROVIDER_API_KEY=OLD_KEY)
    agent = stack.container("opencode").execute("sh", "-c", "cat /proc/*/environ 2>/dev/null", check=False)
    for key in (OLD_KEY, NEW_KEY, WRONG_KEY):
        assert key not in stack.logs()
        assert key not in agent


# -- trouble in the middle of an answer -------------------------------------------------------------------------------


def kill_inside(stack: Stack, service: str, *starts: str) -> None:
    """SIGKILL to the processes of a container that begin like this, as the kernel does when memory runs out."""
    container = stack.container(service)
    pids = [str(it.pid) for it in container.processes() if it.arguments.startswith(starts)]
    assert pids, container.processes()
    container.execute("sh", "-c", f"kill -KILL {' '.join(pids)}", check=False)


async def test_a_killed_opencode_in_mid_answer_is_announced_and_comes_back(stack: Stack, chat: Chat) -> None:
    await chat.begin(SLOW)
    await expect(chat.answers).to_contain_text("w3")
    kill_inside(stack, "opencode", "opencode serve")
    await expect(chat.banner).to_contain_text("opencode is away")
    await expect(chat.banner).to_have_count(0)
    await chat.ended()
    await expect(chat.answers.first).to_contain_text("w3")
    await chat.send("/x text On we go.")
    await expect(chat.answers.last).to_have_text("On we go.")


async def test_a_killed_web_comes_back_to_the_answer_that_went_on_without_it(stack: Stack, chat: Chat) -> None:
    await chat.begin(SLOW)
    await expect(chat.answers).to_contain_text("w3")
    kill_inside(stack, "web", "python -m sprintagen")
    await expect(chat.banner).to_contain_text("is away")
    await expect(chat.banner).to_have_count(0)
    await expect(chat.answers).to_contain_text("w119")
    await chat.ended()
    assert (await chat.answers.inner_text()).split() == [f"w{index}" for index in range(120)]


async def test_both_containers_replaced_in_mid_answer_leave_the_page_usable(stack: Stack, chat: Chat) -> None:
    session = await chat.begin(SLOW)
    await expect(chat.answers).to_contain_text("w3")
    stack.compose("up", "--detach", "--wait", "--force-recreate", "web", "opencode")
    eventually("the web answers", lambda: is_answering(stack))
    await chat.ended()
    await chat.live()
    assert session in chat.page.url
    # what had been said is lost: opencode writes a text down when it ends, and who had it in memory was replaced too
    await expect(chat.questions).to_have_text(SLOW)
    await chat.send("/x text On we go.")
    await expect(chat.answers.last).to_have_text("On we go.")


async def test_down_and_up_keeps_transcripts_sign_ins_and_keys(stack: Stack, chat: Chat) -> None:
    accept(stack, OLD_KEY)
    register(stack, OPENCODE_PROVIDER_ID=KEYED, OPENCODE_PROVIDER_API_KEY=OLD_KEY)
    session = await chat.begin("/x text Remember this.")
    await expect(chat.answers).to_have_text("Remember this.")
    await chat.ended()
    stack.down()
    stack.up()
    await chat.go(session)
    await expect(chat.questions).to_contain_text("/x text Remember this.")
    await expect(chat.answers).to_have_text("Remember this.")
    assert "The key is good." in json.dumps(ask_keyed(stack))


# -- a repository that is mounted read-only ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_only(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Path]]:
    place = tmp_path_factory.mktemp("read-only")
    repository = place / "shop"
    repository.mkdir()
    (repository / "prices.txt").write_text("apple 0.25\n", encoding="utf-8")
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    author = ("-c", "user.name=T", "-c", "user.email=t@localhost")
    git(repository, *author, "commit", "--quiet", "--message=Cheap apples for everybody")
    give_away(repository)
    stack = with_provider(Stack(engine, place / "sprintagen", f"{engine.tag}-ro"))
    set_up(stack, GIT_REPO_DIR=str(repository), GIT_REPO_MODE="ro")
    try:
        stack.up()
        yield stack, repository
    finally:
        stack.down("--volumes")


def give_away(folder: Path) -> None:
    """Makes the containers' user the owner, so that only the mount stands between the agent and the files."""
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 1000, 1000, follow_symlinks=False)


async def test_the_agent_reads_code_and_history_of_a_read_only_mount(read_only: tuple[Stack, Path]) -> None:
    stack, _ = read_only
    async with open_chat(stack) as chat:
        await sign_in(chat)
        calls = [
            '/x tool read {"filePath": "/workspace/repo/prices.txt"}',
            '/x tool bash {"command": "git log --oneline && git status --short", "description": "Look at the history"}',
            "/x text That is all.",
        ]
        await chat.begin("\n".join(calls))
        await chat.find("permission-once").click()
        await expect(chat.answers.last).to_have_text("That is all.")
        for tool, words in (("read", "apple 0.25"), ("bash", "Cheap apples for everybody")):
            row = chat.tool(tool, "done")
            await row.get_by_role("button").first.click()
            await expect(row).to_contain_text(words)


async def test_an_allowed_edit_of_a_read_only_mount_fails_in_words_and_changes_nothing(
    read_only: tuple[Stack, Path],
) -> None:
    stack, repository = read_only
    before = (repository / "prices.txt").stat()
    async with open_chat(stack) as chat:
        await sign_in(chat)
        edit = {"filePath": "/workspace/repo/prices.txt", "oldString": "0.25", "newString": "9.99"}
        write = {"filePath": "/workspace/repo/new.txt", "content": "new"}
        shell = {"command": "touch /workspace/repo/new.txt", "description": "Make a file"}
        tools = {"edit": edit, "write": write, "bash": shell}
        calls = [f"/x tool {tool} {json.dumps(arguments)}" for tool, arguments in tools.items()]
        calls.append("/x text It is read-only.")
        await chat.begin("\n".join(calls))
        for tool, state in (("edit", "failed"), ("write", "failed"), ("bash", "done")):
            await chat.find("permission-once").click()
            await expect(chat.tool(tool, state)).to_be_visible()
        await expect(chat.answers.last).to_have_text("It is read-only.")
        for tool, state, words in (
            ("edit", "failed", "FileSystem.writeFile (/workspace/repo/prices.txt)"),
            ("write", "failed", "/workspace/repo/new.txt"),
            ("bash", "done", "Read-only file system"),
        ):
            row = chat.tool(tool, state)
            await row.get_by_role("button").first.click()
            await expect(row).to_contain_text(words)
    assert (repository / "prices.txt").read_text(encoding="utf-8") == "apple 0.25\n"
    assert (repository / "prices.txt").stat().st_mtime_ns == before.st_mtime_ns
    assert not (repository / "new.txt").exists()
