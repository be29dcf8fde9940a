"""Whom we believe about a request's way here, and where it is put: client, scheme, host and root path."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprintagen.api.arrivals import FORWARDING, Arrivals
from sprintagen.root_path import is_root_path, root_of, route_of

PROXY = "10.0.0.2"
TRUSTED = (ip_network("10.0.0.0/24"), ip_network("::1/128"))


def settled(
    headers: dict[str, str], *, peer: str = PROXY, root: str = "", path: str = "/admin/chats", kind: str = "http"
) -> dict[str, Any]:
    scope: dict[str, Any] = {
        "type": kind,
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        "client": (peer, 50000),
        "headers": [(b"host", b"inner:8080"), *((k.lower().encode(), v.encode("latin-1")) for k, v in headers.items())],
    }
    Arrivals(root, TRUSTED).settle(scope)
    return scope


def host_of(scope: dict[str, Any]) -> bytes:
    (host,) = [value for name, value in scope["headers"] if name == b"host"]
    return bytes(host)


FORWARDED = [
    {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example"},
    {"Forwarded": 'for=203.0.113.7;proto=https;host="chat.example"'},
    {"Forwarded": 'For="203.0.113.7:4711"; Proto=HTTPS; Host=chat.example'},
]


@pytest.mark.parametrize("headers", FORWARDED)
def test_a_listed_proxy_is_believed(headers: dict[str, str]) -> None:
    scope = settled(headers)
    assert (scope["client"][0], scope["scheme"], host_of(scope)) == ("203.0.113.7", "https", b"chat.example")
    assert settled(headers, kind="websocket")["scheme"] == "wss"


@pytest.mark.parametrize("headers", FORWARDED)
@pytest.mark.parametrize("peer", ["10.0.1.2", "127.0.0.1", "203.0.113.9", "::2", "", "testclient"])
def test_nobody_else_is_and_no_header_of_theirs_goes_further(headers: dict[str, str], peer: str) -> None:
    scope = settled({**headers, "X-Forwarded-Prefix": "/evil", "X-Real-IP": "1.2.3.4"}, peer=peer)
    assert (scope["client"][0], scope["scheme"], host_of(scope)) == (peer, "http", b"inner:8080")
    assert root_of(scope) == ""
    assert not [name for name, _ in scope["headers"] if name in FORWARDING]
    assert scope["state"]["arrival"].is_forwarded
    assert not scope["state"]["arrival"].is_trusted


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.2", "::1"])
def test_an_address_is_the_same_in_any_dress(peer: str) -> None:
    assert settled({"X-Forwarded-For": "2001:db8::7"}, peer=peer)["client"][0] == "2001:db8::7"


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("1.1.1.1, 203.0.113.7", "203.0.113.7"),  # what the client wrote itself stands before
        ("1.1.1.1, 203.0.113.7, 10.0.0.9", "203.0.113.7"),  # through two proxies of ours
        ("10.0.0.3, 10.0.0.9", "10.0.0.3"),  # somebody among them
        ("1.1.1.1, unknown", PROXY),
        ("1.1.1.1, <script>", PROXY),
        ("1.1.1.1,", PROXY),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("203.0.113.7:443", "203.0.113.7"),
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(told: str, client: str) -> None:
    assert settled({"X-Forwarded-For": told})["client"][0] == client
    quoted = ",".join(f'for="{one.strip()}"' for one in told.split(","))
    assert settled({"Forwarded": quoted})["client"][0] == client


def test_what_a_client_wrote_before_the_proxys_words_is_not_heard() -> None:
    scope = settled({"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "e, o"})
    assert (scope["scheme"], host_of(scope)) == ("http", b"o")
    scope = settled({"X-Forwarded-For": "203.0.113.7, 10.0.0.9", "X-Forwarded-Proto": "https, http"})
    assert scope["scheme"] == "https", "of two proxies of ours, the outer one knows"
    scope = settled({"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=1.1.1.1;proto=https;host=evil.example"})
    assert (scope["client"][0], scope["scheme"], host_of(scope)) == ("203.0.113.7", "http", b"inner:8080")
    scope = settled({"Forwarded": 'for="evil;proto=https, for=203.0.113.7'})
    assert (scope["client"][0], scope["scheme"]) == ("203.0.113.7", "http")


@pytest.mark.parametrize("path", ["/admin/chats", "/tools/agent/admin/chats"])
@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Prefix": "/other"}])
def test_the_root_path_holds_whether_the_proxy_takes_it_off_or_not(path: str, headers: dict[str, str]) -> None:
    scope = settled(headers, root="/tools/agent", path=path)
    assert (scope["path"], root_of(scope)) == ("/tools/agent/admin/chats", "/tools/agent")
    assert route_of(scope) == "/admin/chats"


@pytest.mark.parametrize("path", ["/tools/agent", "/tools/agent/", "/"])
def test_the_root_path_itself_is_the_start(path: str) -> None:
    assert route_of(settled({}, root="/tools/agent", path=path)) == "/"


def test_what_only_begins_like_the_root_path_is_not_below_it() -> None:
    assert route_of(settled({}, root="/tools/agent", path="/tools/agents/x")) == "/tools/agents/x"


def test_a_listed_proxy_may_say_the_root_path_where_none_is_set() -> None:
    scope = settled({"X-Forwarded-Prefix": "/chat/"}, path="/admin/chats")
    assert (scope["path"], root_of(scope), route_of(scope)) == ("/chat/admin/chats", "/chat", "/admin/chats")


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", "https://evil.example", '/"><script>', "/a/../b", "/.", "/admin", "/api/x", "chat", "/a b"],
)  # fmt: skip
def test_a_prefix_that_is_no_root_path_is_none(prefix: str) -> None:
    assert not is_root_path(prefix)
    assert root_of(settled({"X-Forwarded-Prefix": prefix})) == ""


@given(st.dictionaries(st.sampled_from(["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"]),
                       st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=60)))  # fmt: skip
def test_any_words_are_survived_and_leave_the_request_whole(headers: dict[str, str]) -> None:
    scope = settled(headers)
    assert scope["scheme"] in ("http", "https")
    assert scope["client"][0]
    assert host_of(scope) is not None
