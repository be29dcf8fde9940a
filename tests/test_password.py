"""The password: what is taken for one, that it is kept as a hash only, and that checking it bounds itself."""

from __future__ import annotations

import asyncio
import os
import threading
import unicodedata
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen import config, password
from sprintagen.config import Settings
from sprintagen.errors import SettingsError
from sprintagen.password import MOST_WAITING, Password, TooManyChecks, hash_password, take_password

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "correct horse battery"


def settings(text: str) -> Settings:
    return Settings(sprintagen_password=SecretStr(text), _env_file=None)


async def test_only_the_password_matches_its_hash() -> None:
    known = Password(hash_password(PLAIN))
    assert await known.matches(PLAIN)
    assert await known.matches(f" {PLAIN}\n")
    for other in ("", PLAIN[:-1], PLAIN + "!", "\ud800", "x" * 100_000):
        assert not await known.matches(other)
    known.close()


async def test_it_is_the_same_whichever_keyboard_wrote_it() -> None:
    known = Password(hash_password(unicodedata.normalize("NFD", "schöner Garten")))
    assert await known.matches(unicodedata.normalize("NFC", "schöner Garten"))
    known.close()


@pytest.mark.parametrize("is_hashed", [False, True])
async def test_a_plain_one_and_its_hash_are_taken_and_the_plain_one_is_dropped(
    is_hashed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = hash_password(PLAIN) if is_hashed else PLAIN
    monkeypatch.setenv("SPRINTAGEN_PASSWORD", given)
    known, rest = take_password(settings(given))
    assert known is not None
    assert await known.matches(PLAIN)
    assert rest.sprintagen_password is None
    assert os.environ["SPRINTAGEN_PASSWORD"].startswith("$argon2id$")
    assert PLAIN not in repr(vars(known)) + repr(os.environ)
    assert "argon2" not in repr(vars(known))
    known.close()


def test_without_one_nothing_changes() -> None:
    plain = Settings(_env_file=None)
    assert take_password(plain) == (None, plain)


async def test_checks_run_one_at_a_time_beside_the_loop_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    going, most, may_end = 0, 0, threading.Event()

    def slow(_self: Password, _text: str) -> bool:
        nonlocal going, most
        going += 1
        most = max(most, going)
        may_end.wait(10)
        going -= 1
        return True

    monkeypatch.setattr(password.Password, "_is", slow)
    known = Password("unused")
    checks = [asyncio.create_task(known.matches(PLAIN)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyChecks):
        await known.matches(PLAIN)
    may_end.set()
    assert await asyncio.gather(*checks) == [True] * MOST_WAITING
    assert most == 1
    assert await known.matches(PLAIN)
    known.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("too short", "wants 12 to 1000 characters"),
        (" " * 20, "wants 12 to 1000 characters"),
        ("  too short  ", "wants 12 to 1000 characters"),
        ("x" * 1001, "wants 12 to 1000 characters"),
        ("$argon2id$v=19$m=65536,t=3,p=4$cut", "wants a whole hash"),
        ("$argon2i$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA", "wants a whole hash"),
        ("$argon2id$v=19$m=9999999,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA", "wants a hash that costs less"),
        ("$argon2id$v=19$m=65536,t=99,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA", "wants a hash that costs less"),
    ],
)
def test_what_is_none_is_refused_in_words_without_it(
    text: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPRINTAGEN_PASSWORD", text)
    with pytest.raises(SettingsError) as caught:
        config.load()
    [problem] = caught.value.problems
    assert problem.startswith(f"SPRINTAGEN_PASSWORD: {wanted}")
    assert text not in problem


def test_a_password_is_enough_to_listen_beyond_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPRINTAGEN_HOST", "0.0.0.0")
    monkeypatch.setenv("SPRINTAGEN_PASSWORD", hash_password(PLAIN))
    assert config.load().sprintagen_token is None
