"""The run itself: it starts what is needed and, however it ends, leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from sprintagen import serving
from tests.rig import RealOpencode, ripgrep_directory
from tests.served import ROOT, Served, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOP_SECONDS = 5.0
"""What a person may have to wait after Ctrl-C."""
COMMAND = "sleep 1001 & setsid sleep 1002 & (setsid nohup sleep 1003 >/dev/null 2>&1 &) ; trap '' TERM; sleep 1004"
SLEEPERS = 4
AWAY = {"OPENCODE_SERVER_URL": "http://127.0.0.1:9"}


@pytest.fixture
def managed(opencode_binary: Path, tmp_path: Path) -> Iterator[Served]:
    """Not started: a demo with an opencode of its own."""
    served = Served(tmp_path, ("--demo",))
    path = [str(opencode_binary.parent), str(ripgrep_directory(tmp_path / "rg")), os.environ["PATH"]]
    served.environment["PATH"] = os.pathsep.join(path)
    yield served
    served.stop()


def wait_for_opencode(served: Served) -> psutil.Process:
    """The opencode below it, once the page can use it."""
    with served.program() as program:
        served.wait_until(lambda: program.get("/api/opencode/health").json()["stream"]["state"] == "connected", 60)
    [child] = [child for child in served.descendants() if is_alive(child) and "serve" in child.cmdline()]
    return child


def run_command(served: Served) -> list[psutil.Process]:
    """Has the agent run `COMMAND`, with permission; returns what is running of it."""
    with served.program() as program:
        program.base_url = httpx.URL(f"{served.url}/api/opencode/")
        session = program.post("sessions", json={"title": "sleep"}).json()["id"]
        text = f"/x tool bash {json.dumps({'command': COMMAND, 'description': 'Sleeps'})}"
        program.post(f"sessions/{session}/messages?wait=false", json={"text": text})
        served.wait_until(lambda: program.get("permissions").json(), 60)
        [ask] = program.get("permissions").json()
        assert program.post(f"permissions/{ask['id']}", json={"reply": "once"}).status_code == 204
    served.wait_until(lambda: len(sleepers(served)) == SLEEPERS)
    return sleepers(served)


def sleepers(served: Served) -> list[psutil.Process]:
    """The command's processes, those that have detached themselves included."""
    found = []
    for process in psutil.process_iter():
        try:
            of_ours = str(served.data_dir) in "".join(process.environ().values())
            if process.cmdline()[:1] == ["sleep"] and of_ours:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_opencode_and_every_tool_command(managed: Served, number: signal.Signals) -> None:
    managed.start()
    opencode = wait_for_opencode(managed)
    commands = run_command(managed)
    with managed.program() as program:
        threading.Thread(target=lambda: read_to_the_end(program), daemon=True).start()  # a stream that stays open
        code, seconds = managed.end(number)
    assert code == 128 + number
    assert seconds < STOP_SECONDS
    assert not [process for process in [opencode, *commands] if is_alive(process)]
    assert "Traceback" not in managed.log


def read_to_the_end(program: httpx.Client) -> None:
    try:
        with program.stream("GET", "/api/opencode/events") as response:
            for _ in response.iter_bytes():
                pass
    except (httpx.HTTPError, RuntimeError):
        pass


@pytest.mark.real
def test_a_second_ctrl_c_does_not_cut_the_stop_short(managed: Served) -> None:
    managed.start()
    opencode = wait_for_opencode(managed)
    commands = run_command(managed)
    managed.send(signal.SIGINT)
    managed.wait_until(lambda: "stopping" in managed.log)
    managed.send(signal.SIGINT)
    managed.send(signal.SIGINT)
    assert managed.ended(STOP_SECONDS) == 130
    assert not [process for process in [opencode, *commands] if is_alive(process)]
    assert "Traceback" not in managed.log


@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("moment", ["at once", "with its data", "with a page", "with a child"])
def test_a_signal_during_the_start_leaves_nothing(managed: Served, number: signal.Signals, moment: str) -> None:
    managed.begin()
    ready = {
        "at once": lambda: managed.process is not None and len(psutil.Process(managed.process.pid).memory_maps()) > 30,
        "with its data": (managed.data_dir / "db.sqlite").exists,
        "with a page": lambda: "Open: " in managed.out,
        "with a child": lambda: bool(managed.descendants()) and "Open: " in managed.out,
    }
    managed.wait_until(ready[moment], 60)
    children = managed.descendants()
    code, seconds = managed.end(number)
    assert code in (128 + number, -number)
    assert seconds < STOP_SECONDS
    assert not [child for child in children if is_alive(child)]
    if moment.endswith(("page", "child")):  # before that Python itself may complain about what was cut short
        assert "Traceback" not in managed.log


@pytest.mark.real
def test_when_it_is_killed_opencode_dies_with_it(managed: Served) -> None:
    managed.start()
    opencode = wait_for_opencode(managed)
    managed.send(signal.SIGKILL)
    assert managed.ended() == -signal.SIGKILL
    managed.wait_until(lambda: not is_alive(opencode), 5)


@pytest.mark.real
def test_the_demo_needs_no_key_and_shows_none(managed: Served) -> None:
    canary = "sk-canary-91c7"
    managed.environment["OPENAI_API_KEY"] = canary
    managed.start()
    wait_for_opencode(managed)
    with managed.program() as program:
        texts = [program.get(f"/api/opencode/{noun}").text for noun in ("health", "models", "agents", "sessions")]
        texts.append(program.get("/admin/chats", headers={"accept": "text/html"}).text)
        texts.append(program.post("/api/opencode/auth").text)
    for text in [*texts, managed.log, managed.out, (managed.data_dir / "opencode.log").read_text()]:
        assert canary not in text


@pytest.mark.real
def test_a_key_from_the_environment_reaches_the_server_and_nobody_else(
    real_opencode: RealOpencode, tmp_path: Path
) -> None:
    canary = "sk-canary-3e0b77"
    environment = {
        "OPENCODE_SERVER_URL": real_opencode.url,
        "OPENCODE_SERVER_USERNAME": real_opencode.username,
        "OPENCODE_SERVER_PASSWORD": real_opencode.password.get_secret_value(),
        "OPENCODE_DIRECTORY": str(real_opencode.directory),
        "OPENCODE_PROVIDER_ID": "scripted",
        "OPENCODE_PROVIDER_API_KEY": canary,
        "SPRINTAGEN_LOG_LEVEL": "DEBUG",
    }
    served = Served(tmp_path, environment=environment)
    try:
        served.start()
        with served.program() as program:
            program.base_url = httpx.URL(f"{served.url}/api/opencode/")
            served.wait_until(lambda: program.get("health").json()["credentials"] in ("ok", "failed", "partial"), 60)
            report = program.post("auth")
            assert report.json()["state"] == "ok", report.text
            kept = real_opencode.root / "home" / "data" / "opencode" / "auth.json"
            assert canary in kept.read_text()
            session = program.post("sessions", json={}).json()["id"]
            answers = [report] + [
                program.get(path)
                for path in ("health", "models", "agents", "sessions", f"sessions/{session}", "openapi.json", "docs")
            ]
            for path in ("/admin/chats", f"/admin/chats/{session}"):
                answers.append(program.get(f"{served.url}{path}", headers={"accept": "text/html"}))
        for text in [*(answer.text + str(answer.headers) for answer in answers), served.log, served.out]:
            assert canary not in text
            assert real_opencode.password.get_secret_value() not in text
    finally:
        served.stop()
        real_opencode.request("DELETE", "/auth/scripted")


def test_an_open_stream_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    served = Served(tmp_path, environment=AWAY).start()
    try:
        with served.program() as program, program.stream("GET", "/api/opencode/events") as response:
            lines = response.iter_lines()
            assert next(lines) == "event: connected"
            code, seconds = served.end()
            rest = list(lines)
        assert (code, rest[-1]) == (143, "")
        assert seconds < STOP_SECONDS
        assert "Traceback" not in served.log
    finally:
        served.stop()


def test_a_port_taken_at_the_last_moment_ends_the_start(tmp_path: Path) -> None:
    """Between our look and uvicorn's bind somebody else is quicker."""
    code = (
        "import sys; from sprintagen import serving; serving._free_port = lambda host, port: port; "
        "from sprintagen.__main__ import main; sys.exit(main(['--no-open', '--port', sys.argv[1]]))"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SPRINTAGEN_DATA_DIR": str(tmp_path / "data")}
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        arguments = [sys.executable, "-c", code, str(taken.getsockname()[1])]
        run = subprocess.run(
            arguments, env=environment | AWAY, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert run.returncode == 1, run.stderr
    assert "address already in use" in run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr


def test_a_database_that_is_lost_at_the_last_moment_is_told_in_words(tmp_path: Path) -> None:
    """Between our look at the database and the start of the services."""
    code = (
        "import sys; from sprintagen import serving\n"
        "async def fine(settings):\n"
        "    settings.sprintagen_data_dir.joinpath('db.sqlite').write_text('not a database' * 9)\n"
        "serving._check_database = fine\n"
        "from sprintagen.__main__ import main; sys.exit(main(['--no-open', '--port', '0']))"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SPRINTAGEN_DATA_DIR": str(tmp_path / "data")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment | AWAY, cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "is not a SQLite database" in run.stderr
    assert "Restore a backup" in run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr


def test_who_waits_for_an_answer_is_told_that_it_stops(tmp_path: Path) -> None:
    """Not reset, and not left waiting: the request in flight gets an answer of its own."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # accepts, and never says a word
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        served = Served(tmp_path, environment={"OPENCODE_SERVER_URL": url}).start()
        answers: list[httpx.Response] = []
        try:
            with served.program() as program:
                asking = threading.Thread(target=lambda: answers.append(program.get("/api/opencode/agents")))
                asking.start()
                served.wait_until(lambda: b"GET /agent" in received(silent))
                code, seconds = served.end()
                asking.join(10)
        finally:
            served.stop()
            while KEPT:
                KEPT.pop().close()
    assert (code, answers[0].status_code, answers[0].json()["code"]) == (143, 503, "stopping")
    assert seconds < STOP_SECONDS
    assert "Traceback" not in served.log


def received(server: socket.socket) -> bytes:
    """The head of the next request to a server that answers nothing; its connections stay open."""
    connection, _ = server.accept()
    KEPT.append(connection)
    connection.settimeout(5)
    return connection.recv(1000)


KEPT: list[socket.socket] = []


def test_what_is_kept_is_for_its_owner_only(tmp_path: Path) -> None:
    served = Served(tmp_path, environment=AWAY | {"SPRINTAGEN_TOKEN": ""})
    try:
        served.start()
        assert served.data_dir.stat().st_mode & 0o077 == 0
        for name in ("token", "db.sqlite"):
            assert (served.data_dir / name).stat().st_mode & 0o077 == 0, name
        assert not (tmp_path / ".nicegui").exists()
    finally:
        served.stop()


def test_a_signal_that_comes_while_the_database_is_opened_waits_for_that() -> None:
    opened: list[str] = []
    seen: list[list[str]] = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(list(opened)))
    try:
        with serving._signals_held():
            signal.raise_signal(signal.SIGINT)
            opened.append("database")
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [["database"]]
