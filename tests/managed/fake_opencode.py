"""A small program that behaves like `opencode serve`, as far as looking after it goes, and misbehaves when told to.

How it is to misbehave stands in files beside it (`FakeOpencode.behave`), so that it can change between two starts.
What it is asked to do while it runs are requests without a password: `POST /crash/CODE`, `POST /tool`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.managed import Endpoint

PROGRAM = r"""
import base64, http.server, json, os, signal, subprocess, sys, time
from pathlib import Path

def wish(name):
    path = Path(__file__).with_name(name)
    return path.read_text() if path.exists() else None

if "--version" in sys.argv:
    print(wish("version") or "1.18.33")
    raise SystemExit(0)

Path(__file__).with_name("environment.json").write_text(json.dumps(dict(os.environ)))
with Path(__file__).with_name("starts").open("a") as file:
    file.write(f"{os.getpid()}\n")
if wish("ignore-term"):
    signal.signal(signal.SIGTERM, lambda *_: Path(__file__).with_name("terms").touch())
if wish("say"):
    print(wish("say"), file=sys.stderr, flush=True)
if wish("exit"):
    raise SystemExit(int(wish("exit")))

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        user = f"{os.environ['OPENCODE_SERVER_USERNAME']}:{os.environ['OPENCODE_SERVER_PASSWORD']}"
        if self.headers.get("Authorization") != "Basic " + base64.b64encode(user.encode()).decode():
            self.answer(401, {})
        elif self.path.startswith("/global/health"):
            self.answer(200, {"healthy": True, "version": "1.18.33"})
        elif self.path.startswith("/config"):
            if wish("bad-config"):
                self.answer(400, {"name": "ConfigInvalidError", "data": {"path": "opencode.json", "issues": []}})
            else:
                self.answer(200, {})
        elif self.path.startswith("/provider"):
            self.answer(200, {"all": [], "default": {}, "connected": json.loads(wish("connected") or "[]")})

    def do_POST(self):
        _, verb, *rest = self.path.split("/")
        if verb == "crash":
            print("level=ERROR message=\"about to fall over\" key=sk-abcdefghijklmnop", file=sys.stderr, flush=True)
            os._exit(int(rest[0]))
        tools = []
        for environment in (None, {"PATH": os.environ["PATH"]}):
            tools.append(subprocess.Popen(["sleep", "1000"], start_new_session=True, env=environment).pid)
        orphan = subprocess.run(["sh", "-c", "sleep 1000 >/dev/null & echo $!"], start_new_session=True, stdout=-1)
        tools.append(int(orphan.stdout))
        self.answer(200, tools)

    def log_message(self, *args):
        pass

port = int(sys.argv[sys.argv.index("--port") + 1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
if wish("silent") is None:
    print(f"opencode server listening on http://127.0.0.1:{port}", flush=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class FakeOpencode:
    """The program and the folder it lives in."""

    binary: Path

    def behave(self, **wishes: object) -> None:
        """Wishes: version, say, exit, silent, bad_config, ignore_term, connected; None takes one back."""
        for name, value in wishes.items():
            path = self.binary.with_name(name.replace("_", "-"))
            if value is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(str(value))

    @property
    def pids(self) -> list[int]:
        """The process of every start so far."""
        path = self.binary.with_name("starts")
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def was_asked_to_end(self) -> bool:
        """Whether a fake that ignores SIGTERM has had one."""
        return self.binary.with_name("terms").exists()

    @property
    def environment(self) -> dict[str, str]:
        """What the last one was started with."""
        return dict(json.loads(self.binary.with_name("environment.json").read_text()))


def make_fake_opencode(folder: Path) -> FakeOpencode:
    """Writes the program to an empty folder."""
    folder.mkdir(parents=True)
    binary = folder / "opencode"
    binary.write_text(f"#!{sys.executable} -IS\n{PROGRAM}")
    binary.chmod(0o755)
    return FakeOpencode(binary)


async def post(endpoint: Endpoint, path: str) -> Any:
    """One of the fake's own requests; None when it dies of it."""

    def call() -> Any:
        request = urllib.request.Request(endpoint.url + path, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return json.load(response)
        except OSError:
            return None

    return await asyncio.to_thread(call)
