"""What a measurement of the way between a browser and us means, and what it says to change."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from sprintagen.ui.settings.way_here import Finding, Measured, Seen, findings

WELL = Measured("websocket", 12.3, "https", "chat.example", 4, 590.0, "")
BEHIND = Seen("https", "chat.example", "203.0.113.7", "10.0.0.2", is_forwarded=True, is_trusted=True)


def found(measured: Measured, seen: Seen = BEHIND) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings(measured, seen)}


def test_a_way_that_passes_everything_has_nothing_to_change() -> None:
    said = found(WELL)
    assert {finding.state for finding in said.values()} == {"good"}
    assert not any(finding.changes for finding in said.values())
    assert said["client"].detail == "You come from 203.0.113.7, through the proxy at 10.0.0.2."


def test_events_that_come_all_at_once_are_held_back() -> None:
    finding = found(replace(WELL, span=3.0))["stream"]
    assert finding.state == "bad"
    assert "all at once" in finding.detail
    assert "proxy_buffering off;" in finding.changes["nginx"]


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (replace(WELL, events=0, span=0, trouble="status 504"), "status 504"),
        (replace(WELL, events=2, span=200), "2 of 4 events came"),
    ],
)
def test_a_stream_that_does_not_get_through_says_why(measured: Measured, words: str) -> None:
    finding = found(measured)["stream"]
    assert finding.state == "bad"
    assert words in finding.detail


def test_long_polling_and_a_slow_line_are_told() -> None:
    said = found(replace(WELL, socket="polling", round_trip=2345.6))
    assert said["socket"].state == "bad"
    assert said["round-trip"].state == "slow"
    assert "2346 ms" in said["round-trip"].detail


def test_a_proxy_that_is_not_believed_is_named_with_the_line_that_lists_it() -> None:
    seen = Seen("http", "127.0.0.1:8080", "10.0.0.2", "10.0.0.2", is_forwarded=True, is_trusted=False)
    said = found(WELL, seen)
    assert said["address"].changes == {".env of sprintagen": "SPRINTAGEN_TRUSTED_PROXIES=10.0.0.2"}
    assert "cookie is not kept to https" in said["address"].detail
    assert said["client"].state == "bad"


def test_a_proxy_that_says_nothing_is_told_what_to_say() -> None:
    seen = Seen("http", "127.0.0.1:8080", "127.0.0.1", "127.0.0.1", is_forwarded=False, is_trusted=False)
    assert "X-Forwarded-Proto" in found(WELL, seen)["address"].changes["nginx"]


def test_what_a_request_looked_like_is_read_as_the_guard_settled_it() -> None:
    arrival = SimpleNamespace(peer="10.0.0.2", is_forwarded=True, is_trusted=True)
    scope = {"scheme": "https", "client": ("203.0.113.7", 0), "state": {"arrival": arrival}}
    assert Seen.of(scope, "chat.example") == BEHIND


@pytest.mark.parametrize(
    "told",
    [
        None, [], {}, {"socket": "websocket"},
        {"socket": "x" * 301, "scheme": "", "host": "", "trouble": "", "round_trip": 1, "events": 1, "span": 1},
        {"socket": "", "scheme": "", "host": "", "trouble": "", "round_trip": True, "events": 1, "span": 1},
        {"socket": "", "scheme": "", "host": "", "trouble": "", "round_trip": float("nan"), "events": 1, "span": 1},
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_none(told: object) -> None:
    assert Measured.of(told) is None
