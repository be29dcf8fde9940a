"""What the browser measured and what we see of its request, judged: does the way between us pass everything, and what
to change when it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENTS: Final = 4
EVERY: Final = 0.2
"""Seconds between two of the events of the stream that is measured."""
SLOW: Final = 1000.0
"""Milliseconds there and back from which on a line is called slow."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the browser says; anybody's word. Times in milliseconds."""

    socket: str
    round_trip: float
    scheme: str
    host: str
    events: int
    span: float
    """From the first event to the last."""
    trouble: str

    @classmethod
    def of(cls, told: object) -> Self | None:
        """None: it is no such report."""
        if not isinstance(told, dict):
            return None
        texts = [told.get(name) for name in ("socket", "scheme", "host", "trouble")]
        numbers = [told.get(name) for name in ("round_trip", "events", "span")]
        if not all(isinstance(one, str) and len(one) <= 300 for one in texts):
            return None
        if not all(isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one < 1e6 for one in numbers):
            return None
        return cls(told["socket"], told["round_trip"], told["scheme"], told["host"], int(told["events"]), told["span"],
                   told["trouble"])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """How the page's request looked to us."""

    scheme: str
    host: str
    client: str
    """Address of who asks, as far as we believe what we are told."""
    peer: str
    """Address of who connected to us."""
    is_forwarded: bool
    is_trusted: bool

    @classmethod
    def of(cls, scope: Mapping[str, Any], host: str) -> Self:
        """Of an ASGI scope that the guard has let in."""
        arrival = scope.get("state", {}).get("arrival")
        client = scope["client"][0] if scope.get("client") else ""
        return cls(
            scope.get("scheme", "http"),
            host,
            client,
            peer=getattr(arrival, "peer", client),
            is_forwarded=getattr(arrival, "is_forwarded", False),
            is_trusted=getattr(arrival, "is_trusted", False),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    title: str
    detail: str
    state: Literal["good", "slow", "bad"] = "good"
    changes: dict[str, str] = field(default_factory=dict)
    """What to write where: by program."""


def findings(measured: Measured, seen: Seen) -> list[Finding]:
    """What there is to say, in the order in which it matters."""
    return [_stream(measured), _socket(measured), _round_trip(measured), _address(measured, seen), _client(seen)]


def _stream(measured: Measured) -> Finding:
    title = "Event streams"
    if measured.trouble or measured.events < EVENTS:
        why = measured.trouble or f"{measured.events} of {EVENTS} events came"
        return Finding("stream", title, f"They do not get through: {why}.", "bad", _UNBUFFERED)
    expected = (EVENTS - 1) * EVERY * 1000
    if measured.span < expected / 2:
        words = "They arrive all at once: something between keeps them back until they end."
        return Finding("stream", title, words, "bad", _UNBUFFERED)
    return Finding("stream", title, "They arrive piece by piece.")


def _socket(measured: Measured) -> Finding:
    title = "Live connection"
    if measured.socket == "websocket":
        return Finding("socket", title, "A websocket, as it should be.")
    words = "By long polling, since no websocket gets through: the page works, and every change takes longer."
    return Finding("socket", title, words, "bad", _UPGRADE)


def _round_trip(measured: Measured) -> Finding:
    words = f"A word takes {measured.round_trip:.0f} ms there and back."
    return Finding("round-trip", "Speed", words, "slow" if measured.round_trip > SLOW else "good")


def _address(measured: Measured, seen: Seen) -> Finding:
    theirs, ours = f"{measured.scheme}://{measured.host}", f"{seen.scheme}://{seen.host}"
    title = "Address"
    if theirs == ours:
        return Finding("address", title, f"Your browser and we agree on {theirs}.")
    words = f"Your browser is at {theirs}, and we take it for {ours}."
    if measured.scheme == "https":
        words += " So the sign-in's cookie is not kept to https."
    if seen.is_forwarded and not seen.is_trusted:
        words += f" A proxy at {seen.peer} says otherwise and is not believed."
        return Finding(
            "address", title, words, "bad", {".env of sprintagen": f"SPRINTAGEN_TRUSTED_PROXIES={seen.peer}"}
        )
    return Finding("address", title, words, "bad", _FORWARD)


def _client(seen: Seen) -> Finding:
    if seen.is_forwarded and not seen.is_trusted:
        words = f"We take everybody behind the proxy at {seen.peer} for one: wrong guesses of one lock all of them out."
        changes = {".env of sprintagen": f"SPRINTAGEN_TRUSTED_PROXIES={seen.peer}"}
        return Finding("client", "Who you are", words, "bad", changes)
    through = f", through the proxy at {seen.peer}" if seen.is_forwarded else ""
    return Finding("client", "Who you are", f"You come from {seen.client or 'nowhere we know'}{through}.")


_UNBUFFERED: Final = {
    "nginx": "proxy_buffering off;\nproxy_read_timeout 1h;",
    "Caddy": "reverse_proxy 127.0.0.1:8080 {\n  flush_interval -1\n}",
    "Traefik": "Take the buffering and compress middlewares off this router.",
}
_UPGRADE: Final = {
    "nginx": "proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\n"
    "proxy_set_header Connection $connection_upgrade;",
    "Caddy": "Nothing to set: reverse_proxy passes websockets. Look for another proxy in between.",
    "Traefik": "Nothing to set: it passes websockets. Look for another proxy in between.",
}
_FORWARD: Final = {
    "nginx": "proxy_set_header X-Forwarded-Proto $scheme;\nproxy_set_header X-Forwarded-Host $http_host;\n"
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "Caddy": "Nothing to set: it says so by itself. List it in SPRINTAGEN_TRUSTED_PROXIES.",
    "Traefik": "Nothing to set: it says so by itself. List it in SPRINTAGEN_TRUSTED_PROXIES.",
}
