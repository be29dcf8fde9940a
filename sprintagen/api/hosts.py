"""Which Host and Origin headers are ours: pure checks, no request objects.

A page of somebody else's can make a browser send requests here: under our address by DNS rebinding (so the Host is
checked) or from its own origin (so the Origin is checked). An IP address or this machine's own name in Host cannot
be rebound, so those are taken; any other name has to be listed in SPRINTAGEN_ALLOWED_HOSTS.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit


class HostRules:
    """The host names under which this server may be reached.

    Args:
        allowed: Names besides loopback, IP addresses and this machine's own name.
        bound: The address listened on; a name there is allowed too.
    """

    def __init__(self, allowed: tuple[str, ...] = (), *, bound: str = "127.0.0.1") -> None:
        own = socket.gethostname().lower()
        self._names = {"localhost", own, own.split(".")[0], bound.lower(), *(name.lower() for name in allowed)}

    def accepts_host(self, header: str | None) -> bool:
        """Whether a Host header names this server."""
        name = _host_name(header)
        if name is None:
            return False
        return name in self._names or name.endswith(".localhost") or _is_address(name)


def same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a request's Origin is the host it was sent to; an absent Origin is not."""
    if not origin or not host:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    return _with_port(parts.netloc, parts.scheme) in {_with_port(host, "http"), _with_port(host, "https")}


def _with_port(netloc: str, scheme: str) -> str:
    netloc = netloc.lower()
    tail = netloc.rpartition("]")[2]
    return netloc if ":" in tail else f"{netloc}:{'443' if scheme == 'https' else '80'}"


def _host_name(header: str | None) -> str | None:
    if not header or any(character in header for character in "/@?#\\ ,"):
        return None
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
