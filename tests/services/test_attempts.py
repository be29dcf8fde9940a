"""Limits of guessing: by address, in all, of what comes at once, and in memory."""

from __future__ import annotations

import pytest

from sprintagen.services import attempts
from sprintagen.services.attempts import Attempts, TooManyAttempts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tries(clock: Clock) -> Attempts:
    return Attempts(clock)


def refused(tries: Attempts, address: str) -> bool:
    try:
        tries.take(address)
    except TooManyAttempts:
        return True
    return False


def test_an_attempt_counts_before_it_is_looked_at(tries: Attempts) -> None:
    under_way = [tries.take("10.0.0.1") for _ in range(10)]
    assert refused(tries, "10.0.0.1")
    under_way[0]()
    assert not refused(tries, "10.0.0.1")


def test_who_is_right_is_never_limited(tries: Attempts) -> None:
    for _ in range(500):
        tries.take("10.0.0.1")()


def test_many_addresses_are_no_way_around(tries: Attempts, clock: Clock) -> None:
    for number in range(100):
        clock.now += 1
        assert not refused(tries, f"10.0.{number}.1")
    assert refused(tries, "10.1.0.1")
    clock.now += 3600
    assert not refused(tries, "10.1.0.1")


def test_guesses_from_everywhere_lock_nobody_out_where_somebody_has_signed_in(tries: Attempts) -> None:
    tries.take("192.0.2.7")()
    for number in range(100):
        tries.take(f"10.0.{number}.1")
    assert refused(tries, "10.1.0.1")
    assert not refused(tries, "192.0.2.7")


def test_a_network_of_ipv6_is_one_address_and_ipv4_in_its_clothes_is_itself(tries: Attempts) -> None:
    for number in range(10):
        tries.take(f"2001:db8:1:2::{number}")
        tries.take("::ffff:10.0.0.1")
    assert refused(tries, "2001:db8:1:2:ffff::1")
    assert not refused(tries, "2001:db8:1:3::1")
    assert refused(tries, "10.0.0.1")


def test_what_is_remembered_is_bounded(tries: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "ADDRESSES", 10)
    monkeypatch.setattr(attempts, "PROVEN", 10)
    for number in range(300):
        tries.take(f"10.{number}.0.1")()
        tries.take(f"10.{number}.0.1")
    assert len(tries._by_address) == len(tries._proven) == 10
    assert len(tries._of_unknown) == 0
