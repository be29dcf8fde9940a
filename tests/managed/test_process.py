from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import ManagedError
from sprintagen.managed import Limits, ManagedOpencode, ManagedStatus, process
from sprintagen.managed.owner import OWNER_VARIABLE
from sprintagen.managed.ports import choose_port
from tests.managed.conftest import QUICK, eventually, running, runs
from tests.managed.fake_opencode import FakeOpencode, post

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def test_it_is_running_once_it_answers_and_says_where(
    managed: ManagedOpencode, fake: FakeOpencode, statuses: list[ManagedStatus]
) -> None:
    endpoint = await managed.start()

    assert endpoint == managed.endpoint
    assert endpoint.username == "opencode"
    assert len(endpoint.password.get_secret_value()) >= 32
    assert fake.environment["OPENCODE_SERVER_PASSWORD"] == endpoint.password.get_secret_value()
    assert [status.state for status in statuses] == ["starting", "running"]
    assert (managed.status.pid, managed.status.version, managed.status.restarts) == (fake.pids[0], "1.18.33", 0)


async def test_a_stop_ends_the_server_and_says_so(managed: ManagedOpencode, fake: FakeOpencode) -> None:
    await managed.start()
    await managed.stop()

    assert not runs(fake.pids[0])
    assert managed.status.state == "stopped"
    assert managed.status.pid is None


async def test_a_stop_ends_every_tool_command_whatever_session_or_environment_it_has(
    managed: ManagedOpencode,
) -> None:
    tools = await post(await managed.start(), "/tool")
    assert running(tools) == tools

    await managed.stop()

    assert running(tools) == []


async def test_a_server_that_does_not_hear_sigterm_is_stopped_within_four_seconds(
    managed: ManagedOpencode, fake: FakeOpencode
) -> None:
    fake.behave(ignore_term=True)
    tools = await post(await managed.start(), "/tool")
    began = time.monotonic()

    await managed.stop()

    assert running([*tools, *fake.pids]) == []
    assert time.monotonic() - began < 4


async def test_stopping_without_a_start_does_nothing(managed: ManagedOpencode, statuses: list[ManagedStatus]) -> None:
    await managed.stop()

    assert statuses == []


async def test_it_can_be_started_again_after_a_stop(managed: ManagedOpencode, fake: FakeOpencode) -> None:
    first = await managed.start()
    await managed.stop()
    second = await managed.start()

    assert second == first
    assert running(fake.pids) == [fake.pids[1]]


async def test_a_second_start_of_a_running_server_is_refused(managed: ManagedOpencode) -> None:
    await managed.start()

    with pytest.raises(ManagedError, match="already"):
        await managed.start()


async def test_a_crash_is_told_within_a_second_and_the_server_comes_back_at_the_same_address(
    managed: ManagedOpencode, fake: FakeOpencode, statuses: list[ManagedStatus]
) -> None:
    endpoint = await managed.start()
    told: list[float] = []
    managed.on_status.append(lambda status: told.append(time.monotonic()))

    crashed = time.monotonic()
    os.kill(fake.pids[0], signal.SIGKILL)
    await eventually(lambda: managed.status.state == "running" and managed.status.restarts == 1)

    assert [status.state for status in statuses] == ["starting", "running", "restarting", "running"]
    assert told[0] - crashed < 1
    assert "SIGKILL" in statuses[2].reason
    assert managed.endpoint == endpoint
    assert running(fake.pids) == [fake.pids[1]]


async def test_tool_commands_of_a_crashed_server_are_gone_before_it_is_back(
    managed: ManagedOpencode, fake: FakeOpencode
) -> None:
    tools = await post(await managed.start(), "/tool")
    with_mark = [tools[0], tools[2]]  # nobody can tell whose the one without environment was, once its parent is dead
    try:
        os.kill(fake.pids[0], signal.SIGKILL)
        await eventually(lambda: managed.status.restarts == 1)

        assert running(with_mark) == []
    finally:
        os.kill(tools[1], signal.SIGKILL)


async def test_a_crash_is_logged_with_the_last_lines_and_without_secrets(
    managed: ManagedOpencode, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await managed.start()
    await post(endpoint, "/crash/3")
    await eventually(lambda: managed.status.restarts == 1)

    assert "exit code 3" in caplog.text
    assert "about to fall over" in caplog.text
    assert "sk-abc" not in caplog.text
    assert endpoint.password.get_secret_value() not in caplog.text
    assert all(record.levelno <= logging.WARNING for record in caplog.records)


async def test_it_is_given_up_after_too_many_crashes_with_the_last_lines(
    managed: ManagedOpencode, fake: FakeOpencode
) -> None:
    await managed.start()
    fake.behave(exit=7, say="no space left on device")
    os.kill(fake.pids[0], signal.SIGKILL)
    await eventually(lambda: managed.status.state == "gave_up")

    assert len(fake.pids) == QUICK.crashes
    assert "given up after 4 crashes" in managed.status.reason
    assert "exit code 7" in managed.status.reason
    assert managed.status.log_tail[-1] == "no space left on device"


async def test_it_can_be_started_again_after_it_was_given_up(managed: ManagedOpencode, fake: FakeOpencode) -> None:
    await managed.start()
    fake.behave(exit=7)
    os.kill(fake.pids[0], signal.SIGKILL)
    await eventually(lambda: managed.status.state == "gave_up")
    fake.behave(exit=None)

    await managed.start()

    assert managed.status.state == "running"
    assert managed.status.restarts == 0


async def test_two_who_start_it_again_at_once_start_it_once(managed: ManagedOpencode, fake: FakeOpencode) -> None:
    fake.behave(exit=7)
    with pytest.raises(ManagedError, match="exit code 7"):
        await managed.start()
    fake.behave(exit=None)

    first, second = await asyncio.gather(managed.start(), managed.start(), return_exceptions=True)

    assert first == managed.endpoint
    assert isinstance(second, ManagedError)
    assert len(fake.pids) == 2


async def test_crashes_long_ago_do_not_count(fake: FakeOpencode, tmp_path: Path) -> None:
    limits = Limits(ready=20, backoff=(0.0,), crashes=2, crash_window=0.0)
    managed = ManagedOpencode(fake.binary, tmp_path, tmp_path / "data" / "opencode.log", limits=limits)
    await managed.start()
    for crash in range(1, 4):
        os.kill(fake.pids[-1], signal.SIGKILL)
        await eventually(functools.partial(lambda count: managed.status.restarts == count, crash))
    await managed.stop()


async def test_a_server_that_ends_at_once_fails_the_start_with_its_last_words(
    managed: ManagedOpencode, fake: FakeOpencode
) -> None:
    fake.behave(exit=1, say="EROFS: read-only file system")

    with pytest.raises(ManagedError, match="before it was ready") as caught:
        await managed.start()

    assert "exit code 1" in caught.value.message
    assert str(managed.directory.parent / "data" / "opencode.log") in caught.value.hint
    assert managed.status.state == "gave_up"
    assert managed.status.log_tail == ("EROFS: read-only file system",)
    assert len(fake.pids) == 1


async def test_a_server_that_never_gets_ready_is_ended_at_the_deadline(fake: FakeOpencode, tmp_path: Path) -> None:
    fake.behave(silent=True)
    managed = ManagedOpencode(fake.binary, tmp_path, tmp_path / "data" / "opencode.log", limits=Limits(ready=1))

    with pytest.raises(ManagedError, match="not ready within 1 s"):
        await managed.start()

    assert running(fake.pids) == []


async def test_a_broken_opencode_configuration_is_told_as_such(managed: ManagedOpencode, fake: FakeOpencode) -> None:
    fake.behave(bad_config=True)

    with pytest.raises(ManagedError, match="cannot read its configuration") as caught:
        await managed.start()

    assert "opencode.json" in caught.value.hint
    assert running(fake.pids) == []


async def test_cancelling_a_start_leaves_nothing_running(managed: ManagedOpencode, fake: FakeOpencode) -> None:
    fake.behave(silent=True)
    starting = asyncio.create_task(managed.start())
    await eventually(lambda: fake.pids)

    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert running(fake.pids) == []
    assert managed.status.state == "stopped"


async def test_a_stop_during_the_start_ends_both(managed: ManagedOpencode, fake: FakeOpencode) -> None:
    fake.behave(silent=True)
    starting = asyncio.create_task(managed.start())
    await eventually(lambda: fake.pids)

    await managed.stop()

    with pytest.raises(ManagedError, match="stopped while it started"):
        await starting
    assert running(fake.pids) == []


async def test_a_stop_while_a_failed_start_is_cleaned_up_ends_the_child(fake: FakeOpencode, tmp_path: Path) -> None:
    fake.behave(silent=True, ignore_term=True)
    limits = Limits(ready=0.5, terminate=1.5)
    managed = ManagedOpencode(fake.binary, tmp_path, tmp_path / "data" / "opencode.log", limits=limits)
    starting = asyncio.create_task(managed.start())
    await eventually(lambda: fake.was_asked_to_end)

    await managed.stop()

    with pytest.raises(ManagedError):
        await starting
    assert running(fake.pids) == []


async def test_a_stop_while_it_waits_to_restart_leaves_it_stopped(fake: FakeOpencode, tmp_path: Path) -> None:
    managed = ManagedOpencode(fake.binary, tmp_path, tmp_path / "data" / "opencode.log", limits=Limits(backoff=(60,)))
    tools = await post(await managed.start(), "/tool")
    try:
        os.kill(fake.pids[0], signal.SIGKILL)
        await eventually(lambda: managed.status.state == "restarting")
        await managed.stop()

        assert managed.status.state == "stopped"
        assert len(fake.pids) == 1
        assert running([tools[0], tools[2]]) == []
    finally:
        os.kill(tools[1], signal.SIGKILL)


async def test_a_port_that_was_taken_meanwhile_is_given_up_for_another(
    managed: ManagedOpencode, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        ports = [taken, choose_port()]
        # Patched, because the race itself cannot be arranged: the choice was made before the other program came.
        monkeypatch.setattr(process, "choose_port", lambda: ports.pop(0))

        endpoint = await managed.start()

    assert not endpoint.url.endswith(f":{taken}")
    assert len(fake.pids) == 2


async def test_a_listener_that_fails_does_not_keep_others_from_hearing(
    managed: ManagedOpencode, statuses: list[ManagedStatus], caplog: pytest.LogCaptureFixture
) -> None:
    def fails(status: ManagedStatus) -> None:
        raise RuntimeError("a bug")

    managed.on_status.insert(0, fails)
    await managed.start()

    assert statuses[-1].state == "running"
    assert "a listener to opencode's status failed" in caplog.text


async def test_settings_of_ours_do_not_reach_the_server(
    managed: ManagedOpencode, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPRINTAGEN_TOKEN", "a-token-of-the-operator")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-1")
    monkeypatch.setenv("EDITOR", "ed")
    await managed.start()

    assert "SPRINTAGEN_TOKEN" not in fake.environment
    assert "OPENROUTER_API_KEY" not in fake.environment
    assert fake.environment["EDITOR"] == "ed"
    assert fake.environment[OWNER_VARIABLE]


async def test_its_log_is_readable_by_its_owner_only(managed: ManagedOpencode, tmp_path: Path) -> None:
    await managed.start()
    log = tmp_path / "data" / "opencode.log"

    assert "listening" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda fake, project: fake.binary.unlink(), "not a program"),
        (lambda fake, project: fake.binary.chmod(0o644), "not a program"),
        (lambda fake, project: project.rmdir(), "not a directory"),
    ],
    ids=["no program", "not executable", "no directory"],
)
async def test_what_cannot_be_started_is_said_in_words(
    managed: ManagedOpencode, fake: FakeOpencode, spoil: Callable[[FakeOpencode, Path], None], words: str
) -> None:
    spoil(fake, managed.directory)

    with pytest.raises(ManagedError, match=words):
        await managed.start()


async def test_a_data_directory_that_cannot_be_written_is_said_in_words(fake: FakeOpencode, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    managed = ManagedOpencode(fake.binary, tmp_path, tmp_path / "file" / "opencode.log")

    with pytest.raises(ManagedError, match="cannot be started") as caught:
        await managed.start()

    assert "opencode.log" in caught.value.hint


OWNER_PROGRAM = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sprintagen.managed import ManagedOpencode
from tests.managed.fake_opencode import post

async def main():
    managed = ManagedOpencode(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
    endpoint = await managed.start()
    print(managed.status.pid, *await post(endpoint, "/tool"), flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's")
async def test_when_sprintagen_is_killed_the_server_dies_with_it_and_the_next_start_ends_its_tool_commands(
    managed: ManagedOpencode, fake: FakeOpencode, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    log = tmp_path / "data" / "opencode.log"
    arguments = [request.config.rootpath, fake.binary, tmp_path, log]
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER_PROGRAM, *map(str, arguments), stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    server, *tools = map(int, (await owner.stdout.readline()).split())
    try:
        owner.kill()
        await owner.wait()
        await eventually(lambda: not runs(server), 2)
        assert running(tools) == tools

        await managed.start()

        assert running([tools[0], tools[2]]) == []
    finally:
        os.kill(tools[1], signal.SIGKILL)


async def test_a_start_leaves_the_processes_of_a_living_owner_alone(
    managed: ManagedOpencode, fake: FakeOpencode, tmp_path: Path
) -> None:
    other = ManagedOpencode(fake.binary, tmp_path, tmp_path / "data" / "opencode.log")
    tools = await post(await other.start(), "/tool")

    await managed.start()
    await managed.stop()

    assert running(tools) == tools
    assert other.status.state == "running"
    await other.stop()
    assert running(tools) == []
