"""Host and Origin: what is ours, what is somebody else's."""

from __future__ import annotations

import socket

import pytest

from sprintagen.api.hosts import HostRules, same_origin


@pytest.mark.parametrize(
    "header",
    ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "192.168.1.5:8080", "app.localhost:8080",
     socket.gethostname(), "chat.example:443", "CHAT.example"],
)  # fmt: skip
def test_addresses_and_listed_names_are_ours(header: str) -> None:
    assert HostRules(("chat.example",)).accepts_host(header)


@pytest.mark.parametrize(
    "header",
    [None, "", "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
     "localhost@evil.example", "evil.example#localhost", "localhost, evil.example", "[::1", "chat.example.evil"],
)  # fmt: skip
def test_any_other_name_is_refused(header: str | None) -> None:
    assert not HostRules(("chat.example",)).accepts_host(header)


@pytest.mark.parametrize(
    ("origin", "host"),
    [("http://localhost:8080", "localhost:8080"), ("https://chat.example", "chat.example"),
     ("http://chat.example:80", "chat.example"), ("http://[::1]:8080", "[::1]:8080"), ("https://chat.example",
     "chat.example:443")],
)  # fmt: skip
def test_an_origin_that_is_the_host_is_the_same(origin: str, host: str) -> None:
    assert same_origin(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [(None, "localhost:8080"), ("null", "localhost:8080"), ("http://localhost:8081", "localhost:8080"),
     ("http://evil.example", "localhost:8080"), ("file://localhost:8080", "localhost:8080"),
     ("http://localhost:8080", None)],
)  # fmt: skip
def test_any_other_origin_is_not(origin: str | None, host: str | None) -> None:
    assert not same_origin(origin, host)
