"""The real opencode as our child: what the fake cannot prove about starting, stopping and dying."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from sprintagen.demo import opencode_config
from sprintagen.errors import ManagedError
from sprintagen.managed import Endpoint, ManagedOpencode, ripgrep_directory
from sprintagen.managed.owner import OWNER_VARIABLE
from tests.managed.conftest import eventually, running, runs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sprintagen.demo.model_server import ModelServerThread

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

OFFLINE = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1"}
TOOL = "sleep 1001 & setsid sleep 1002 & (setsid nohup sleep 1003 >/dev/null 2>&1 &) ; trap '' TERM; sleep 1004"
"""What an agent may well run: in the background, in a session of its own, detached, and deaf to SIGTERM."""
TOOL_SECONDS = ("1001", "1002", "1003", "1004")


@pytest.fixture
async def managed(opencode_binary: Path, tmp_path: Path) -> AsyncIterator[ManagedOpencode]:
    project = tmp_path / "project"
    project.mkdir()
    (project / "hello.py").write_text("print('needle')\n")
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)  # noqa: ASYNC221 - nothing else runs yet
    managed = ManagedOpencode(
        opencode_binary,
        project,
        tmp_path / "data" / "opencode.log",
        environment=OFFLINE,
        home=tmp_path / "home",
        ripgrep_dir=ripgrep_directory(tmp_path / "data"),
    )
    yield managed
    await managed.stop()


async def call(endpoint: Endpoint, method: str, path: str, body: Any = None, *, seconds: float = 60) -> Any:
    """One plain request; None when the server goes away meanwhile."""

    def request() -> Any:
        user = f"{endpoint.username}:{endpoint.password.get_secret_value()}".encode()
        headers = {"Authorization": f"Basic {b64encode(user).decode()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        wanted = urllib.request.Request(endpoint.url + path, method=method, headers=headers, data=data)
        try:
            with urllib.request.urlopen(wanted, timeout=seconds) as response:
                text = response.read()
                return json.loads(text) if text else None
        except OSError:
            return None

    return await asyncio.to_thread(request)


async def run_tool(endpoint: Endpoint, server: int) -> tuple[list[int], asyncio.Task[Any]]:
    """Has the server run `TOOL`; returns the four sleepers and the request that waits for them."""
    session = (await call(endpoint, "POST", "/session", {}))["id"]
    body = {"agent": "build", "command": TOOL}
    waiting = asyncio.create_task(call(endpoint, "POST", f"/session/{session}/shell", body))
    return await all_sleepers(server), waiting


async def all_sleepers(server: int) -> list[int]:
    """Waits for the four that `TOOL` starts below this server."""
    mark = psutil.Process(server).environ()[OWNER_VARIABLE]
    await eventually(lambda: len(sleepers(mark)) == len(TOOL_SECONDS))
    return sleepers(mark)


def sleepers(mark: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[:1] == ["sleep"] and process.environ().get(OWNER_VARIABLE) == mark:
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


async def test_a_stop_leaves_no_server_and_no_tool_command_within_four_seconds(managed: ManagedOpencode) -> None:
    endpoint = await managed.start()
    server = managed.status.pid or 0
    tools, waiting = await run_tool(endpoint, server)
    assert {os.getsid(pid) for pid in tools}.isdisjoint({os.getsid(server)})
    began = time.monotonic()

    await managed.stop()

    assert time.monotonic() - began < 4
    assert running([server, *tools]) == []
    await waiting


async def test_a_stop_leaves_no_command_of_the_models_own_bash_tool(
    managed: ManagedOpencode, scripted_model: ModelServerThread
) -> None:
    managed._config = opencode_config(scripted_model.url) | {"permission": {"bash": "allow"}}
    endpoint = await managed.start()
    server = managed.status.pid or 0
    session = (await call(endpoint, "POST", "/session", {"title": "sleep"}))["id"]
    text = f"/x tool bash {json.dumps({'command': TOOL, 'description': 'Sleeps'})}"
    await call(endpoint, "POST", f"/session/{session}/prompt_async", {"parts": [{"type": "text", "text": text}]})
    tools = await all_sleepers(server)
    began = time.monotonic()

    await managed.stop()

    assert time.monotonic() - began < 4
    assert running([server, *tools]) == []


async def test_a_stop_right_after_the_start_works_although_sigterm_is_not_heard_then(managed: ManagedOpencode) -> None:
    await managed.start()
    server = managed.status.pid or 0
    began = time.monotonic()

    await managed.stop()

    assert time.monotonic() - began < 4
    assert not runs(server)


async def test_a_killed_server_comes_back_at_its_address_without_the_old_tool_commands(
    managed: ManagedOpencode,
) -> None:
    endpoint = await managed.start()
    server = managed.status.pid or 0
    tools, waiting = await run_tool(endpoint, server)

    os.kill(server, signal.SIGKILL)
    await eventually(lambda: managed.status.state == "restarting", 1)
    assert "SIGKILL" in managed.status.reason
    await eventually(lambda: managed.status.state == "running", 60)

    assert running(tools) == []
    assert (await call(endpoint, "GET", "/global/health"))["healthy"] is True
    assert await waiting is None


async def test_searching_works_without_the_internet(managed: ManagedOpencode) -> None:
    if managed._ripgrep_dir is None:
        pytest.skip("there is no ripgrep here")
    endpoint = await managed.start()

    found = await call(endpoint, "GET", "/find?pattern=needle")

    assert [item["path"]["text"] for item in found] == ["hello.py"]
    assert not (managed.directory.parent / "home" / "cache" / "opencode" / "bin" / "rg").exists()


async def test_a_configuration_file_it_cannot_read_is_named(managed: ManagedOpencode) -> None:
    (managed.directory / "opencode.json").write_text('{"model": ')

    with pytest.raises(ManagedError, match=r"opencode\.json"):
        await managed.start()

    assert managed.status.state == "gave_up"


async def test_a_home_it_cannot_write_is_told_in_its_own_last_words(managed: ManagedOpencode) -> None:
    (managed.directory.parent / "home").write_text("not a folder")

    with pytest.raises(ManagedError, match="before it was ready"):
        await managed.start()

    assert any("home" in line for line in managed.status.log_tail)


OWNER_PROGRAM = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sprintagen.managed import ManagedOpencode
from tests.managed.test_process_real import OFFLINE, run_tool

async def main():
    binary, directory, log, home = map(Path, sys.argv[2:])
    managed = ManagedOpencode(binary, directory, log, environment=OFFLINE, home=home)
    endpoint = await managed.start()
    tools, waiting = await run_tool(endpoint, managed.status.pid)
    print(managed.status.pid, *tools, flush=True)
    await waiting

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's")
async def test_when_sprintagen_is_killed_the_server_dies_and_the_next_start_ends_its_tool_commands(
    managed: ManagedOpencode, request: pytest.FixtureRequest
) -> None:
    arguments = [request.config.rootpath, managed.binary, managed.directory]
    arguments += [managed._log.path, managed.directory.parent / "home"]
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER_PROGRAM, *map(str, arguments), stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    server, *tools = map(int, (await owner.stdout.readline()).split())
    assert len(tools) == len(TOOL_SECONDS)

    owner.kill()
    await owner.wait()
    await eventually(lambda: not runs(server), 2)
    assert running(tools) == tools

    await managed.start()
    assert running(tools) == []
