"""A PostgreSQL server for tests, of this machine's own programs, on a free port of loopback; gone with its process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from types import TracebackType

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
_START_SECONDS = 30


class PostgresServer:
    """A running server with trust for everybody who can reach it; use it in `with`."""

    def __init__(self) -> None:
        self._bin = _find()
        self._home = Path(tempfile.mkdtemp(prefix="sprintagen-postgres-"))
        self._as_owner: list[str] = []
        if os.geteuid() == 0:  # it refuses to be root
            os.chown(self._home, 65534, 65534)
            self._as_owner = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        made = self._run(
            "initdb", "-A", "trust", "-N", "-U", "sprintagen", "-E", "UTF8", "--locale=C", "-D", self._data
        )
        assert made.returncode == 0, made.stderr.decode()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def _data(self) -> str:
        return str(self._home / "data")

    def start(self) -> None:
        """Starts it, and waits until it takes connections."""
        switches = ["-F", "-k", str(self._home), "-h", "127.0.0.1", "-p", str(self.port), "-c", "max_connections=200"]
        log = (self._home / "log").open("ab")
        self._process = subprocess.Popen(
            [*self._as_owner, str(self._bin / "postgres"), "-D", self._data, *switches], stdout=log, stderr=log, cwd="/"
        )
        log.close()
        end = time.monotonic() + _START_SECONDS
        while self.sql("SELECT 1", check=False) is None:
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self._home / "log").read_text())
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends it: by default at once and in order; SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def sql(self, statement: str, *, check: bool = True) -> str | None:
        """What `psql` prints for a statement; None: it failed."""
        return self._psql(statement, "postgres", check=check)

    def sql_in(self, database: str, statement: str) -> str | None:
        """The same in a database."""
        return self._psql(statement, database, check=True)

    def _psql(self, statement: str, database: str, *, check: bool) -> str | None:
        where = ["-h", str(self._home), "-p", str(self.port), "-U", "sprintagen"]
        ended = self._run("psql", *where, "-Atqc", statement, database)
        assert not check or ended.returncode == 0, ended.stderr.decode()
        return ended.stdout.decode().strip() if ended.returncode == 0 else None

    def url(self, database: str) -> str:
        return f"postgres://sprintagen@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [*self._as_owner, str(self._bin / program), *arguments]
        return subprocess.run(command, capture_output=True, check=False, cwd="/")


def _find() -> Path:
    """Where its programs are; skips the test where they are not."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += [path for place in _PLACES for path in sorted(Path("/").glob(place.lstrip("/")), reverse=True)]
    for path in found:
        if all((path / name).exists() for name in ("initdb", "postgres", "psql")):
            return path
    pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
