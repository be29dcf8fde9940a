"""A port for our own opencode that stays ours: free, and of those the system does not hand out by itself.

So nobody's outgoing connection, and no program that asks for any port, can sit on it between two lives of the server.
"""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from sprintagen.errors import ManagedError

HOST = "127.0.0.1"


def choose_port() -> int:
    """A free port below the range the system gives away.

    Raises:
        ManagedError: There is none.
    """
    try:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        lowest = 32768
    highest = lowest if lowest > 20_000 else 32_768
    for _ in range(200):
        port = 10_000 + secrets.randbelow(highest - 10_000)
        if is_free(port):
            return port
    raise ManagedError("There is no free port for opencode on this machine.")


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as opencode does: closed connections do not count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
