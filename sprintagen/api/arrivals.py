"""What a request says of its way here, settled before anything is decided by it: client, scheme, host and root path.

A proxy writes into headers (`X-Forwarded-…` or `Forwarded`) what only it knows. Anybody can write the same, so they are
believed when the peer is listed in SPRINTAGEN_TRUSTED_PROXIES, and only as far back as the proxies on the way are; then
they are taken out, so that nobody behind us reads them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.datastructures import Headers

from sprintagen.root_path import is_root_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Scope

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

FORWARDING: Final = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port",
     b"x-forwarded-prefix", b"x-forwarded-scheme", b"x-forwarded-ssl", b"x-real-ip", b"x-original-url",
     b"x-rewrite-url"}
)  # fmt: skip
"""No application behind the guard sees one of these."""
_PAIR: Final = re.compile(r'\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*')
_MOST_HOPS: Final = 20
_LONGEST: Final = 2000
"""Characters of a `Forwarded` that is read."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a request came; in its state as `arrival`."""

    peer: str
    """Address of who connected to us; a proxy's, where there is one."""
    is_forwarded: bool
    """Whether it carried forwarding headers."""
    is_trusted: bool
    """Whether they were believed."""


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy says of who connected to it; empty: nothing."""

    client: str = ""
    scheme: str = ""
    host: str = ""


class Arrivals:
    """Settles requests.

    Args:
        root_path: Where everything lives, whatever a proxy says; empty: at `/`, or where a trusted proxy says.
        trusted: Networks of proxies that are believed.
    """

    def __init__(self, root_path: str = "", trusted: tuple[Network, ...] = ()) -> None:
        self._root_path = root_path
        self._trusted = trusted

    def settle(self, scope: Scope) -> None:
        """Puts client, scheme, Host, path and root path of `scope` right, and takes the headers out."""
        peer = scope["client"][0] if scope.get("client") else ""
        headers = Headers(scope=scope)
        is_forwarded = any(name.lower() in FORWARDING for name, _ in scope["headers"])
        is_trusted = self._trusts(peer)
        root = self._root_path
        if is_forwarded and is_trusted:
            hop = self._first_hop(headers, peer)
            scope["client"] = (hop.client or peer, 0)
            if hop.scheme in ("http", "https"):
                secure = hop.scheme == "https"
                scope["scheme"] = ("wss" if secure else "ws") if scope["type"] == "websocket" else hop.scheme
            if hop.host:
                others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
                scope["headers"] = [*others, (b"host", hop.host.encode("latin-1"))]
            prefix = _last(headers.getlist("x-forwarded-prefix")).rstrip("/")
            root = root or (prefix if is_root_path(prefix) else "")
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in FORWARDING]
        scope.setdefault("state", {})["arrival"] = Arrival(peer, is_forwarded, is_trusted)
        if root:
            _place(scope, root)

    def _first_hop(self, headers: Headers, peer: str) -> _Hop:
        """What the outermost proxy that we believe says.

        With both kinds of headers there, `X-Forwarded-…` counts: proxies that write these pass a `Forwarded` on
        which they were sent.
        """
        client, found = peer, _Hop()
        hops = list(_x_forwarded(headers)) or list(_forwarded(headers))
        for hop in hops[:_MOST_HOPS]:
            if not self._trusts(client):
                break
            address = _address(hop.client)
            client = str(address) if address else ""
            found = _Hop(client or found.client, hop.scheme or found.scheme, hop.host or found.host)
        return found

    def _trusts(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._trusted)


def _place(scope: Scope, root: str) -> None:
    """Under `root`, whether the proxy has taken that off the path or not."""
    path: str = scope["path"]
    if path == root:
        path = f"{root}/"
    elif not path.startswith(f"{root}/"):
        path = root + path
    scope["path"] = path
    scope["raw_path"] = quote(path).encode()
    scope["root_path"] = root


def _x_forwarded(headers: Headers) -> Iterator[_Hop]:
    """From the nearest proxy to the one farthest away."""
    columns = [
        [item.strip() for line in headers.getlist(f"x-forwarded-{name}") for item in line.split(",")][::-1]
        for name in ("for", "proto", "host")
    ]
    for at in range(max(map(len, columns))):
        client, scheme, host = (column[at] if at < len(column) else "" for column in columns)
        yield _Hop(client, scheme.lower(), host)


def _forwarded(headers: Headers) -> Iterator[_Hop]:
    """The same of RFC 7239's header; an element that is none ends it, since what is behind it may be anything."""
    lines = headers.getlist("forwarded")
    if sum(map(len, lines)) > _LONGEST:
        return
    elements = [element for line in lines for element in _split(line, ",")]
    for element in reversed(elements):
        told: dict[str, str] = {}
        for pair in _split(element, ";"):
            match = _PAIR.fullmatch(pair)
            if match is None:
                return
            told[match[1].lower()] = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        yield _Hop(told.get("for", ""), told.get("proto", "").lower(), told.get("host", ""))


def _split(text: str, separator: str) -> list[str]:
    """Parts of `text` between those separators that do not stand in quotes."""
    return [part for part in re.findall(rf'(?:"(?:[^"\\]|\\.)*"|[^"{separator}])+', text) if part.strip()]


def _last(values: list[str]) -> str:
    return values[-1].rpartition(",")[2].strip() if values else ""


def _address(text: str) -> Address | None:
    """An address, without its port or brackets; IPv4 in IPv6's clothes is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
