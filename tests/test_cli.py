"""The command: help, settings that cannot be used, starts that are refused; each in words, with the right exit code."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from sprintagen import __version__, config
from sprintagen.__main__ import main
from tests.served import ROOT, TOKEN, Served

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-value-5f1d"


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process, to its end."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    settings = {"SPRINTAGEN_DATA_DIR": str(folder / "data"), "OPENCODE_SERVER_URL": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, "-m", "sprintagen", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | settings | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert all(line.startswith(("sprintagen: ", "  ")) for line in done.stderr.splitlines()), done.stderr


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for word in ("[DIRECTORY]", "doctor", "--host", "--port", "--demo", "--native", "--open", "--no-open", ".env"):
        assert word in said


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"sprintagen {__version__}\n"


@pytest.mark.parametrize("arguments", [["--port", "many"], ["--nonsense"], ["a", "b"]])
def test_arguments_that_are_none_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: sprintagen" in capsys.readouterr().err


def test_settings_that_cannot_be_used_get_a_line_each_without_their_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SPRINTAGEN_PORT", "SPRINTAGEN_TOKEN", "OPENCODE_SERVER_URL", "SPRINTAGEN_LOG_LEVEL"):
        monkeypatch.setenv(name, "canary" if name == "SPRINTAGEN_TOKEN" else CANARY)
    assert main([]) == 2
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == [
        "OPENCODE_SERVER_URL", "SPRINTAGEN_PORT", "SPRINTAGEN_TOKEN", "SPRINTAGEN_LOG_LEVEL",
    ]  # fmt: skip
    assert all("wants" in line for line in lines)
    assert "canary" not in captured.err + captured.out


def test_a_port_that_is_none_on_the_command_line_is_a_setting_like_any_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--port", "70000"]) == 2
    assert capsys.readouterr().err == "sprintagen: SPRINTAGEN_PORT: wants a number from 0 to 65535\n"


def test_a_passwords_hash_is_printed_and_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "sprintagen", "hash-password"]
    environment = kept | {"PYTHONPATH": str(ROOT)}

    def ask(typed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, input=typed, check=False, timeout=60, cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    done = ask("correct horse battery\n")
    monkeypatch.setenv("SPRINTAGEN_PASSWORD", done.stdout.strip())
    assert config.load().sprintagen_password is not None
    short = ask("short\n")
    assert (short.returncode, short.stdout) == (1, "")
    assert "A password has 12 characters or more" in short.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.test"])
def test_listening_to_others_needs_a_token_of_ones_own(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", host]) == 2
    said = capsys.readouterr().err
    assert said.startswith("sprintagen: SPRINTAGEN_TOKEN: wants a token of your own")
    assert "SPRINTAGEN_HOST" in said


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        done = run("--port", port, "--no-open", folder=tmp_path)
    assert_refused(done, 1, f"Cannot listen on 127.0.0.1 port {port}", "--port")


@pytest.mark.parametrize("data", ["file", "file/below"])
def test_a_data_directory_that_cannot_be_written_is_told(tmp_path: Path, data: str) -> None:
    (tmp_path / "file").write_text("mine")  # a file in its place: even root cannot make a folder of it
    done = run("--port", "0", "--no-open", folder=tmp_path, SPRINTAGEN_DATA_DIR=str(tmp_path / data))
    assert_refused(done, 1, f"The data directory {tmp_path / data} cannot be written", "SPRINTAGEN_DATA_DIR")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_project_directory_that_is_none_is_told(tmp_path: Path) -> None:
    done = run("nowhere", "--port", "0", "--no-open", folder=tmp_path, OPENCODE_SERVER_URL="")
    assert_refused(done, 1, f"{tmp_path / 'nowhere'} is not a directory", "sprintagen DIRECTORY")


def damaged(path: Path, how: str) -> None:
    if how == "text":
        path.write_bytes(b"these are my notes, not a database\n" * 50)
        return
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x TEXT)")
        database.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(200)])
        database.commit()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if how == "cut" else content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("how", ["text", "cut", "overwritten"])
def test_a_damaged_database_is_refused_and_left_as_it_is(tmp_path: Path, how: str) -> None:
    path = tmp_path / "db.sqlite"
    damaged(path, how)
    before = path.read_bytes()
    done = run("--port", "0", "--no-open", folder=tmp_path, DATABASE_URL=f"file:{path}")
    assert_refused(done, 1, str(path), "left as it")
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith("db")] == ["db.sqlite"]


def test_a_database_password_is_not_told(tmp_path: Path) -> None:
    done = run("--port", "0", "--no-open", folder=tmp_path, DATABASE_URL=f"oracle://me:{CANARY}@host/name")
    assert_refused(done, 2, "DATABASE_URL")
    assert CANARY not in done.stderr


def test_the_doctor_gives_every_finding_a_line_and_advice(tmp_path: Path) -> None:
    done = run("doctor", folder=tmp_path)
    assert done.returncode == 1  # nobody answers at the server's address
    lines = [line for line in done.stdout.splitlines() if not line.startswith("      → ")]
    assert all(line.split()[0] in ("ok", "warn", "fail") for line in lines), done.stdout
    for noun in ("Python", "server", "database", "write"):
        assert any(noun.lower() in line.lower() for line in lines), done.stdout
    failed = next(index for index, line in enumerate(done.stdout.splitlines()) if line.startswith("fail"))
    assert done.stdout.splitlines()[failed + 1].startswith("      → ")
    assert "Traceback" not in done.stderr


def test_the_link_is_the_first_address_on_stdout_and_the_token_is_told_only_by_its_place(tmp_path: Path) -> None:
    served = Served(tmp_path, environment={"OPENCODE_SERVER_URL": "http://127.0.0.1:9", "SPRINTAGEN_TOKEN": ""})
    try:
        served.start()
        assert served.out == f"Open: {served.link}\n"
        assert served.link.startswith(f"{served.url}/sign-in?code=")
        kept = (served.data_dir / "token").read_text().strip()
        assert str(served.data_dir / "token") in served.log
        assert kept not in served.log + served.out
        with served.stranger(headers={"authorization": f"Bearer {kept}"}) as program:
            assert program.get("/api/opencode/sessions").status_code == 200
    finally:
        served.stop()


def test_without_pywebview_the_window_becomes_the_browser(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'webview' else real(name, package)\n"
    )
    environment = {"OPENCODE_SERVER_URL": "http://127.0.0.1:9", "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    served = Served(tmp_path / "run", ("--native",), environment)
    try:
        served.start()
        assert "pywebview is not installed: pip install" in served.log
        assert served.log.index("pywebview") < served.log.rindex("Serving the browser instead")
        assert TOKEN not in served.log
    finally:
        served.stop()
