"""Both images on a real engine: the repository's three ways, what is refused, and where secrets do not go."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from sprintagen.managed.versions import PINNED_VERSION
from tests.containers.conftest import PASSWORD, EntrypointStand
from tests.containers.engine import OPENCODE, WEB, Container, Engine

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

TOKEN = "git-token-canary"
ASK = (
    "const [path] = process.argv.slice(1);"
    "const answer = await fetch('http://127.0.0.1:4096' + path, {headers: {authorization:"
    " 'Basic ' + Buffer.from('opencode:' + process.env.OPENCODE_SERVER_PASSWORD).toString('base64')}});"
    "console.log(await answer.text())"
)
PRIVATE_GIT_HOST = """
import base64, http.server, sys
wanted = "Basic " + base64.b64encode(sys.argv[1].encode()).decode()
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") == wanted:
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic")
        self.end_headers()
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""


def opencode(engine: Engine, *arguments: str, password: str = PASSWORD) -> Container:
    return engine.run(OPENCODE, "--env", f"OPENCODE_SERVER_PASSWORD={password}", *arguments)


def ask(container: Container, path: str) -> dict[str, object]:
    """GETs from opencode, from inside its container."""
    answer: dict[str, object] = json.loads(container.execute("node", "--input-type=module", "--eval", ASK, path))
    return answer


def owner(folder: Path) -> tuple[str, ...]:
    """The folder given to a user that is not root, and the words that run a container as that user."""
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        uid = gid = 1234
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid)
    return ("--user", f"{uid}:{gid}")


def test_opencode_is_the_pinned_one_and_runs_as_nobody_special(engine: Engine, stand: EntrypointStand) -> None:
    repository = stand.repository(stand.place / "repo")
    container = opencode(engine, "--volume", f"{repository}:/workspace/repo")
    container.wait_healthy()
    assert ask(container, "/global/health") == {"healthy": True, "version": PINNED_VERSION}
    processes = container.processes()
    assert any("opencode serve" in process.arguments for process in processes)
    assert {process.uid for process in processes} == {1000}
    assert {process.capabilities for process in processes} == {0}
    assert "ripgrep" in container.execute("rg", "--version")
    assert PASSWORD not in container.logs


def test_without_the_password_nothing_is_answered(engine: Engine, stand: EntrypointStand) -> None:
    repository = stand.repository(stand.place / "repo")
    container = opencode(engine, "--volume", f"{repository}:/workspace/repo")
    container.wait_healthy()
    look = "const a = await fetch('http://127.0.0.1:4096/session'); console.log(a.status)"
    assert container.execute("node", "--input-type=module", "--eval", look).strip() == "401"


def test_a_mounted_repository_is_read_and_written(engine: Engine, stand: EntrypointStand) -> None:
    repository = stand.repository(stand.place / "repo")
    container = opencode(engine, *owner(repository), "--volume", f"{repository}:/workspace/repo")
    container.wait_healthy()
    assert ask(container, "/path")["worktree"] == "/workspace/repo"
    container.execute("sh", "-c", "echo changed >/workspace/repo/a.txt")
    assert (repository / "a.txt").read_text() == "changed\n"


def test_a_repository_mounted_read_only_is_read_and_stays_as_it_is(engine: Engine, stand: EntrypointStand) -> None:
    repository = stand.repository(stand.place / "repo")
    container = opencode(engine, "--volume", f"{repository}:/workspace/repo:ro")
    container.wait_healthy()
    assert ask(container, "/path")["worktree"] == "/workspace/repo"
    assert ask(container, "/vcs")["branch"] == "main", "another owner's repository is no trouble to git"
    assert "one" in container.execute("git", "-C", "/workspace/repo", "log", "--oneline")
    assert "Read-only file system" in container.execute("sh", "-c", "echo x >/workspace/repo/a.txt || true")
    assert (repository / "a.txt").read_text() == "hello\n"
    assert "edits will fail" in container.logs


def test_a_repository_is_cloned_once_and_used_again(engine: Engine, stand: EntrypointStand) -> None:
    bare = stand.repository(stand.place / "shop.git", bare=True)
    container = opencode(
        engine,
        *("--volume", f"{bare}:/srv/shop.git:ro"),
        *("--env", "GIT_REPO_URL=file:///srv/shop.git", "--env", "GIT_ALLOW_PROTOCOL=https:ssh:file"),
    )
    container.wait_healthy()
    assert ask(container, "/path")["worktree"] == "/workspace/cloned"
    container.execute("touch", "/workspace/cloned/kept")
    engine.docker("restart", container.name)
    container.wait_healthy()
    assert "kept" in container.execute("ls", "/workspace/cloned")
    assert container.logs.count("cloning ") == 1
    assert "using the clone that is already in" in container.logs


def test_a_private_repositorys_token_is_in_no_log_no_process_and_no_file(
    engine: Engine, stand: EntrypointStand
) -> None:
    stand.repository(stand.place / "hosted" / "shop.git", bare=True)
    network = engine.network()
    host = engine.run(
        WEB,
        *("--network", network, "--network-alias", "git-host", "--workdir", "/srv", "--entrypoint", "python"),
        *("--volume", f"{stand.place / 'hosted'}:/srv:ro", "--no-healthcheck"),
        command=("-c", PRIVATE_GIT_HOST, f"robot:{TOKEN}"),
    )
    container = opencode(
        engine,
        *("--network", network, "--no-healthcheck", "--env", "GIT_ALLOW_PROTOCOL=https:ssh:http"),
        *("--env", f"GIT_REPO_URL=http://robot:{TOKEN}@git-host:8000/shop.git"),
    )
    container.wait_for_line("server listening on")
    assert host.state["Running"]
    assert "hello" in container.execute("cat", "/workspace/cloned/a.txt")
    assert TOKEN not in container.logs
    processes = container.processes()
    assert any("opencode serve" in process.arguments for process in processes)
    for process in processes:
        if "/proc/[0-9]*" not in process.arguments:  # `docker exec` brings the container's variables along
            assert TOKEN not in process.arguments + process.environment
    assert container.execute("grep", "-rls", TOKEN, "/workspace", "/home/node", "/tmp", check=False).strip() == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--env", "OPENCODE_SERVER_PASSWORD="), "OPENCODE_SERVER_PASSWORD is not set or empty"),
        (("--user", "0:0"), "does not run as root"),
        ((), "GIT_REPO_URL is not set"),
        (("--env", "GIT_REPO_URL=ext::sh -c touch% /tmp/x"), "white space"),
        (("--env", "GIT_REPO_URL=--upload-pack=x"), "starts with a dash"),
        (("--env", "GIT_REPO_URL=file:///etc"), "uses file, which is off"),
        (("--env", "GIT_REPO_URL=https://u:canary-9@git-host.invalid/x.git"), "The host was not reached"),
    ],
)
def test_a_start_that_cannot_be_right_ends_in_words(engine: Engine, arguments: tuple[str, ...], words: str) -> None:
    container = opencode(engine, *arguments)
    assert container.wait_ended() == 1
    assert words in container.logs
    assert "listening" not in container.logs
    assert "canary" not in container.logs


def test_the_web_image_refuses_to_listen_without_a_token(engine: Engine) -> None:
    container = engine.run(WEB, "--env", "OPENCODE_SERVER_URL=http://opencode:4096")
    assert container.wait_ended() != 0
    assert "SPRINTAGEN_TOKEN: wants a token of your own" in container.logs
    assert "Traceback" not in container.logs


def test_the_web_image_runs_as_nobody_special_and_has_the_reloader(engine: Engine) -> None:
    printed = engine.docker(
        "run", "--rm", "--entrypoint", "sh", WEB, "-c", "id -u; watchfiles --version; python -c 'import sprintagen'"
    )
    assert printed.splitlines()[0] == "1000"
    assert "watchfiles" in printed


def test_what_the_web_image_is_built_from_has_no_env_file(engine: Engine) -> None:
    places = ("/app", "/data", "/opt/sprintagen")
    listing = engine.docker("run", "--rm", "--entrypoint", "find", WEB, *places, "-name", ".env*")
    assert listing.strip() == ""
