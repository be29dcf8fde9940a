"""The operator's password: hashed when it is first seen, checked beside the event loop, kept nowhere as it was written.

A check costs 64 MB and about a tenth of a second on purpose. So there is one at a time, and few may wait: whoever sends
many passwords at once takes neither the machine's memory nor the event loop.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw
from pydantic import SecretBytes, SecretStr

from sprintagen.config import LEAST_PASSWORD, MOST_PASSWORD
from sprintagen.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from sprintagen.config import Settings

VARIABLE: Final = "SPRINTAGEN_PASSWORD"
MOST_WAITING: Final = 8
"""Checks that may be under way or wait for their turn."""


class TooManyChecks(Refused):
    """More passwords came at once than are looked at."""

    code = "too_many_attempts"
    status = 429


class Password:
    """A password that can be checked and not be read.

    Args:
        hashed: What `hash_password` made of it.
        mark: Tells it from others at every start; None: its hash does, which stays the same.
    """

    def __init__(self, hashed: str, *, mark: bytes | None = None) -> None:
        self.mark: Final = SecretBytes(mark or hashed.encode())
        self._hash = SecretStr(hashed)
        self._waiting = 0
        # the pool bounds what runs also where whoever waited for it has left; its thread begins with the first check
        self._checking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")

    async def matches(self, text: str) -> bool:
        """Whether it is the password.

        Raises:
            TooManyChecks: Too many wait for theirs already.
        """
        if self._waiting >= MOST_WAITING:
            raise TooManyChecks("Too many are signing in at once.", hint="Try again in a few seconds.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._checking, self._is, text)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the thread; does not wait for it."""
        self._checking.shutdown(wait=False, cancel_futures=True)

    def _is(self, text: str) -> bool:
        try:
            return PasswordHasher().verify(self._hash.get_secret_value(), _normal(text))
        except (VerificationError, InvalidHashError):
            return False


def mark(text: str) -> bytes:
    """Tells a secret from others, the same at every start; slow, so that few can be tried against it."""
    return hash_secret_raw(_normal(text), b"sprintagen sign-in", 2, 19 * 1024, 1, 32, Type.ID)


def hash_password(text: str) -> str:
    """An argon2id hash of it, with its salt and cost."""
    return PasswordHasher().hash(_normal(text))


def take_password(settings: Settings) -> tuple[Password | None, Settings]:
    """The password in force, and the settings without it; a plain one is left in no variable of ours either."""
    if settings.sprintagen_password is None:
        return None, settings
    text = settings.sprintagen_password.get_secret_value()
    is_hash = text.startswith("$argon2")
    hashed = text if is_hash else hash_password(text)
    if os.environ.get(VARIABLE):
        os.environ[VARIABLE] = hashed  # it is still looked at for whether there is a password
    return Password(hashed, mark=None if is_hash else mark(text)), settings.model_copy(
        update={"sprintagen_password": None}
    )


def ask_for_hash() -> str:
    """`sprintagen hash-password`: asks for a password twice, or reads the first line of what is piped in; its hash.

    Raises:
        InvalidInput: The two are not the same, or it is too short or too long.
    """
    if sys.stdin.isatty():
        text = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != text:
            raise InvalidInput("These are two different passwords.", hint="Run it again.")
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    if not LEAST_PASSWORD <= len(text.strip()) <= MOST_PASSWORD:
        raise InvalidInput(f"A password has {LEAST_PASSWORD} characters or more, and at most {MOST_PASSWORD}.")
    return hash_password(text)


def _normal(text: str) -> bytes:
    """The same bytes for the same characters, whichever keyboard wrote them and whatever was pasted around them."""
    return unicodedata.normalize("NFC", text.strip()).encode("utf-8", "replace")
