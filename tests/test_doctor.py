from __future__ import annotations

import json
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from sprintagen import doctor, window_needs
from sprintagen.config import Settings
from sprintagen.doctor import Check
from sprintagen.window_needs import Missing
from tests.managed.conftest import running
from tests.managed.fake_opencode import FakeOpencode, make_fake_opencode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeOpencode:
    """The only opencode on this machine."""
    fake = make_fake_opencode(tmp_path / "program")
    monkeypatch.setenv("PATH", f"{fake.binary.parent}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return fake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "project").mkdir()
    return make_settings(tmp_path)


def make_settings(tmp_path: Path, **values: Any) -> Settings:
    defaults = {"opencode_directory": tmp_path / "project", "sprintagen_data_dir": tmp_path / "data"}
    return Settings(**{"_env_file": None, **defaults, **values})


def named(checks: list[Check], name: str) -> Check:
    (check,) = [check for check in checks if check.name == name]
    return check


class GivenServer:
    """An opencode server somebody else runs; `password` empty lets everybody in."""

    def __init__(self) -> None:
        self.password = "right"
        self.answers: dict[str, tuple[int, Any]] = {
            "/global/health": (200, {"healthy": True, "version": "1.18.33"}),
            "/config": (200, {}),
            "/provider": (200, {"all": [], "default": {}, "connected": ["opencode", "acme"]}),
        }
        given = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                refused = given.password and self.headers["Authorization"] != "Basic b3BlbmNvZGU6cmlnaHQ="
                status, body = (401, None) if refused else given.answers[self.path.partition("?")[0]]
                data = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[GivenServer]:
    server = GivenServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


async def test_everything_a_start_needs_is_looked_at(fake: FakeOpencode, settings: Settings) -> None:
    checks = await doctor.run(settings)

    assert [check.name for check in checks] == [
        "Python",
        "opencode",
        "ripgrep",
        "server",
        "auth",
        "providers",
        "database",
        "write access",
        "write access",
        "port",
        "way in",
        "log",
        "browser window",
    ]
    assert not [check for check in checks if check.state == "fail"]
    assert all(check.advice for check in checks if check.state == "warn")


async def test_our_own_server_is_started_for_a_moment_and_nothing_is_kept(
    fake: FakeOpencode, settings: Settings, tmp_path: Path
) -> None:
    fake.behave(connected='["opencode", "acme"]')
    checks = await doctor.run(settings)

    assert str(fake.binary) in named(checks, "opencode").message
    assert named(checks, "server").state == "ok"
    assert named(checks, "providers") == Check("providers", "ok", "Connected: acme.")
    assert len(fake.pids) == 1
    assert running(fake.pids) == []
    assert not (tmp_path / "data").exists()


async def test_a_server_that_does_not_start_is_shown_with_its_last_words(
    fake: FakeOpencode, settings: Settings
) -> None:
    fake.behave(exit=1, say="EROFS: read-only file system")
    check = named(await doctor.run(settings), "server")

    assert check.state == "fail"
    assert "exit code 1" in check.message
    assert "EROFS" in check.message


async def test_without_an_opencode_it_says_that_the_first_start_fetches_one(
    fake: FakeOpencode, settings: Settings
) -> None:
    fake.behave(version="1.2.3")
    checks = await doctor.run(settings)

    assert named(checks, "opencode").state == "warn"
    assert "is version 1.2.3" in named(checks, "opencode").message
    assert "the first start fetches" in named(checks, "opencode").advice
    assert named(checks, "server").state == "warn"


async def test_one_that_was_fetched_and_does_not_run_is_to_be_removed(
    fake: FakeOpencode, settings: Settings, tmp_path: Path
) -> None:
    fake.binary.unlink()
    fetched = tmp_path / "data" / "opencode" / "1.18.33" / "opencode"
    fetched.parent.mkdir(parents=True)
    fetched.write_bytes(b"half")
    check = named(await doctor.run(settings), "opencode")

    assert check.state == "fail"
    assert str(fetched.parent) in check.advice


async def test_a_given_server_is_asked_and_none_started(
    fake: FakeOpencode, server: GivenServer, tmp_path: Path
) -> None:
    settings = make_settings(
        tmp_path, opencode_server_url=server.url, opencode_server_password=SecretStr("right"), opencode_directory="/srv"
    )
    checks = await doctor.run(settings)

    assert named(checks, "opencode") == Check("opencode", "ok", "1.18.33 (on the server)")
    assert named(checks, "server").state == "ok"
    assert named(checks, "auth").state == "ok"
    assert named(checks, "providers").message == "Connected: acme."
    assert "(data)" in named(checks, "write access").message
    assert fake.pids == []


@pytest.mark.parametrize(("version", "word"), [("1.18.4", "older"), ("1.19.2", "newer")])
def test_a_usable_server_of_another_version_than_the_tested_one_is_told_so(version: str, word: str) -> None:
    said = doctor._server_version(version)
    assert said.state == "ok"
    assert f"{version} is {word} than 1.18.33" in said.message


@pytest.mark.parametrize("password", [None, "wrong-secret"])
async def test_a_given_server_that_does_not_take_our_password_is_a_matter_of_settings(
    server: GivenServer, tmp_path: Path, password: str | None
) -> None:
    settings = make_settings(tmp_path, opencode_server_url=server.url, opencode_server_password=password)
    checks = await doctor.run(settings)

    assert named(checks, "server").state == "ok"
    assert named(checks, "auth").state == "fail"
    assert "OPENCODE_SERVER_PASSWORD" in named(checks, "auth").advice
    assert "wrong-secret" not in "\n".join(doctor.lines(checks))


async def test_a_given_server_without_a_password_is_warned_about(server: GivenServer, tmp_path: Path) -> None:
    server.password = ""
    check = named(await doctor.run(make_settings(tmp_path, opencode_server_url=server.url)), "auth")

    assert check.state == "warn"
    assert "OPENCODE_SERVER_PASSWORD" in check.advice


async def test_a_given_server_of_another_version_is_warned_about(server: GivenServer, tmp_path: Path) -> None:
    server.password = ""
    server.answers["/global/health"] = (200, {"healthy": True, "version": "2.0.1"})
    check = named(await doctor.run(make_settings(tmp_path, opencode_server_url=server.url)), "opencode")

    assert check.state == "warn"
    assert "2.0.1" in check.message


async def test_a_given_server_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    check = named(await doctor.run(make_settings(tmp_path, opencode_server_url="http://127.0.0.1:9")), "server")

    assert check.state == "fail"
    assert "127.0.0.1:9" in check.message
    assert check.advice


@pytest.mark.parametrize(
    ("values", "state", "words"),
    [
        ({"opencode_provider_api_key": "sk-secret-1"}, "fail", "not whose key it is"),
        ({"opencode_provider_id": "acme"}, "fail", "no key for acme"),
        ({"openrouter_api_key": "sk-secret-1"}, "ok", "Registered when sprintagen starts: openrouter."),
        ({}, "warn", "No provider of your own"),
    ],
    ids=["missing id", "missing key", "complete", "nothing"],
)
async def test_provider_keys_are_told_apart_without_showing_them(
    server: GivenServer, tmp_path: Path, values: dict[str, str], state: str, words: str
) -> None:
    server.password = ""
    server.answers["/provider"] = (200, {"all": [], "default": {}, "connected": ["opencode"]})
    settings = make_settings(tmp_path, opencode_server_url=server.url, **values)
    check = named(await doctor.run(settings), "providers")

    assert check.state == state
    assert words in check.message
    assert "sk-secret" not in f"{check.message} {check.advice}"


async def test_a_database_to_come_is_not_made(tmp_path: Path) -> None:
    check = await doctor._database(make_settings(tmp_path))

    assert check == Check("database", "ok", f"{tmp_path / 'data' / 'db.sqlite'} is made at the first start.")
    assert not (tmp_path / "data").exists()


async def test_a_database_that_is_none_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    file.write_text("a letter to grandmother")
    check = await doctor._database(make_settings(tmp_path, database_url=f"file:{file}"))

    assert check.state == "fail"
    assert check.advice
    assert file.read_text() == "a letter to grandmother"


async def test_a_database_that_is_there_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    sqlite3.connect(file).close()
    check = await doctor._database(make_settings(tmp_path, database_url=f"file:{file}"))

    assert check == Check("database", "ok", str(file))


async def test_a_database_that_does_not_answer_is_said_without_its_password(tmp_path: Path) -> None:
    check = await doctor._database(make_settings(tmp_path, database_url="postgres://me:secret@127.0.0.1:9/db"))

    assert check.state == "fail"
    assert "secret" not in f"{check.message}{check.advice}"


def test_a_data_directory_that_cannot_be_made_is_said(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "data").write_text("a file in the way")
    check = doctor._write_access(settings)[0]

    assert check.state == "fail"
    assert "SPRINTAGEN_DATA_DIR" in check.advice


def test_a_project_that_cannot_be_written_can_still_be_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Patched, because a test may run as root, whom no permission bit keeps out.
    monkeypatch.setattr(doctor, "_cannot_write", lambda folder: "read-only file system")

    assert doctor._write_access(settings)[1].state == "warn"


def test_a_project_that_is_not_there_fails(tmp_path: Path) -> None:
    check = doctor._write_access(make_settings(tmp_path, opencode_directory=tmp_path / "nowhere"))[1]

    assert check.state == "fail"


def test_an_old_python_is_refused() -> None:
    assert doctor._python((3, 10, 4)).state == "fail"
    assert doctor._python(sys.version_info[:3]).state == "ok"


def test_what_a_window_lacks_is_a_warning_with_the_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Missing | None] = [Missing("Qt lacks a library", "apt install it"), Missing("no display", None), None]
    monkeypatch.setattr(window_needs, "missing", lambda: found.pop(0))
    checks = [doctor._window() for _ in range(3)]

    assert [check.state for check in checks] == ["warn", "warn", "ok"]
    assert checks[0].message == "No window of our own: Qt lacks a library."
    assert (checks[0].advice or "").startswith("For --native: apt install it. ")
    assert "For --native" not in (checks[1].advice or "")


def test_a_terminal_gets_one_line_for_each_and_the_advice_below() -> None:
    checks = [Check("server", "ok", "answers"), Check("auth", "fail", "refused", "Set the password.")]

    assert doctor.lines(checks) == [
        "✓ server  answers",
        "✗ auth    refused",
        "          → Set the password.",
    ]


@pytest.mark.real
@pytest.mark.timeout(300)
async def test_the_real_opencode_is_looked_at(
    opencode_binary: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "opencode").symlink_to(opencode_binary)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OPENCODE_DISABLE_MODELS_FETCH", "1")
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "home" / kind))
    checks = await doctor.run(settings)

    assert named(checks, "server").state == "ok", named(checks, "server").message
    assert named(checks, "providers").state == "warn"
