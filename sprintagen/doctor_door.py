"""What `sprintagen doctor` says of the way in: the port, who may come by which name, and what is written down."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sprintagen.config import Settings

Finding = tuple[Literal["ok", "warn"], str, str]
"""Whether it is well (`ok`, `warn`), what was found, and what to do about it."""


def port(settings: Settings) -> Finding:
    """Whether it can be listened on; one that is in use may be by the sprintagen that is asked about."""
    host, number = settings.sprintagen_host, settings.sprintagen_port
    if number == 0:
        return "ok", f"Any free one on {host}.", ""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = "If that is no sprintagen of yours, stop it or choose another with SPRINTAGEN_PORT."
            return "warn", f"{number} on {host} is in use.", advice
        advice = "Choose another with SPRINTAGEN_HOST and SPRINTAGEN_PORT."
        return "warn", f"{number} on {host} cannot be listened on: {error.strerror}.", advice
    return "ok", f"{number} on {host} is free.", ""


def way_in(settings: Settings) -> Finding:
    """Names, root path and proxies, in a sentence each."""
    hosts, proxies = settings.sprintagen_allowed_hosts, settings.sprintagen_trusted_proxies
    said = [
        f"Answers to {', '.join(hosts)} besides its own addresses." if hosts else "Answers to its own addresses.",
        f"Lives below {settings.sprintagen_root_path}." if settings.sprintagen_root_path else "",
        f"Believes forwarding headers from {', '.join(map(str, proxies))}." if proxies else "Believes no proxy.",
    ]
    words = " ".join(text for text in said if text)
    if (hosts or settings.sprintagen_root_path) and not proxies:
        advice = "Behind a proxy, list its address in SPRINTAGEN_TRUSTED_PROXIES: else all its people are one address."
        return "warn", words, advice
    return "ok", words, ""


def log(settings: Settings) -> Finding:
    """How the log is written."""
    form = "one JSON object a line" if settings.sprintagen_log_format == "json" else "text for people"
    whose = "Secrets of the settings are hidden in it."
    return "ok", f"{settings.sprintagen_log_level} and above, as {form}. {whose}", ""
