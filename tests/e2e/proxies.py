"""nginx and Caddy, run for real in front of the product, for tests of what lies between it and a browser."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rig import free_port

START_SECONDS = 20
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
  server {{
    listen 127.0.0.1:{port};
    location {root}/ {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_http_version 1.1;
      {buffering}
      proxy_read_timeout 1h;
      client_max_body_size 48m;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}
}}
"""
KEEPING = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; gzip on; gzip_types *; gzip_min_length 1;"
CADDY = """
{{
  admin off
  auto_https off
  storage file_system {folder}
}}
http://127.0.0.1:{port} {{
  bind 127.0.0.1
  handle_path {root}/* {{
    reverse_proxy 127.0.0.1:{upstream}
  }}
}}
"""
"""This one takes the root path off, nginx leaves it."""
NEEDED = {"nginx": "nginx-light", "caddy": "caddy"}


@dataclass
class Proxy:
    """One that listens; `stop` it."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def start(name: str, folder: Path, *, root: str, upstream: str, holds_back: bool = False) -> Proxy:
    """The program by that name in front of a port of this machine; skips the test where it is not installed.

    With `holds_back` nginx keeps an answer until it has ended, whatever that says, and lets no websocket through.
    """
    program = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip(f"needs {name} (Debian: apt install {NEEDED[name]})")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / f"{name}.conf"
    text = {"nginx": NGINX, "caddy": CADDY}[name]
    if holds_back:
        text = text.replace("proxy_set_header Upgrade $http_upgrade;", "")
    buffering = KEEPING if holds_back else "proxy_buffering off;"
    filled = text.format(folder=folder, port=port, root=root, upstream=upstream, buffering=buffering)
    config.write_text(filled, encoding="utf-8")
    arguments = {
        "nginx": ["-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)],
        "caddy": ["run", "--adapter", "caddyfile", "--config", str(config)],
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments[name]],
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                raise RuntimeError(f"{name} did not start:\n{(folder / 'log').read_text()}") from None
            time.sleep(0.05)
        else:
            return Proxy(process, port)
