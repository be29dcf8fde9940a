"""`SignIns`: who may come in. A token, a password, one-time codes for printed links, sessions that a cookie carries.

Secrets are compared in constant time, guesses are limited (`attempts`), and the database holds hashes only.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nicegui import Event

from sprintagen.db import sign_in
from sprintagen.errors import DatabaseError, NotSignedIn
from sprintagen.password import mark
from sprintagen.services import tasks
from sprintagen.services.attempts import Attempts
from sprintagen.services.refs import OPERATOR, Actor
from sprintagen.services.write_behind import WriteBehind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pydantic import SecretStr

    from sprintagen.password import Password

LIFETIME = timedelta(days=30)
CODE_SECONDS = 12 * 3600.0
CODES = 20
"""How many link codes may be valid at once."""
SEEN_EVERY = timedelta(minutes=1)
SWEEP_SECONDS = 2.0
"""How often the database is asked whether what is signed in here still is: another process may have ended it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignInRow:
    """One sign-in, as it is listed."""

    id: str
    """To end it by; opens nothing."""
    address: str
    browser: str
    """How the browser called itself; anybody's text, empty when it did not."""
    created_at: datetime
    seen_at: datetime
    is_this: bool
    """Whether it is the one that asks."""


@dataclass(slots=True)
class _Known:
    id_hash: str
    actor: Actor
    expires_at: datetime
    seen_at: datetime


class SignIns:
    """The sign-ins of this installation.

    Args:
        token: The operator's.
        password: Opens a session as the token does, but nothing to programs; None: there is none. Closed by `stop`.
        clock: Seconds that only grow, for limits and codes.
        behind: Takes the writes that nobody waits for.
    """

    def __init__(
        self,
        token: SecretStr,
        *,
        password: Password | None = None,
        clock: Callable[[], float] = time.monotonic,
        behind: WriteBehind | None = None,
    ) -> None:
        self._behind = behind or WriteBehind()
        self.REVOKED: Event[str] = Event()
        """A session was signed out or has expired; with its id."""
        self._token = token
        self._password = password
        self._clock = clock
        self._codes: OrderedDict[str, float] = OrderedDict()
        self._known: dict[str, _Known] = {}
        self._attempts = Attempts(clock)
        self._opened_by_token = self._opened_by_password = secrets.token_hex()  # nothing's, until `start`
        self._sweeping: asyncio.Task[None] | None = None
        self.in_use: Callable[[], Collection[str]] = tuple
        """Ids of sessions that have an open page; whoever holds the sockets puts in what tells them."""

    async def start(self) -> None:
        """Forget the sign-ins that have expired or that no secret in force opened, and from now on those that were
        ended elsewhere."""
        await self._set_marks()
        opened_by = [self._opened_by_token, self._opened_by_password]
        await self._behind.write("sign-ins of other secrets", lambda: sign_in.remove_opened_otherwise(opened_by))
        await self._behind.write("expired sign-ins", lambda: sign_in.remove_expired(datetime.now(UTC)))
        self._sweeping = tasks.create(self._sweep_on(), name="sign-ins that have ended")

    async def stop(self) -> None:
        """End what checks passwords and sign-ins; harmless when it was not started."""
        await tasks.end(self._sweeping)
        if self._password is not None:
            self._password.close()

    @property
    def takes_password(self) -> bool:
        """Whether there is a password besides the token."""
        return self._password is not None

    # -- the token ----------------------------------------------------------------------------------------------------

    def check_token(self, token: str, address: str = "") -> Actor:
        """Whoever holds the token.

        Args:
            token: What was given.
            address: Where from; guesses are counted by it.

        Raises:
            NotSignedIn: It is not the token.
            TooManyAttempts: There were too many wrong ones from there; the right one is not looked at either.
        """
        forgive = self._attempts.take(address)
        if not self._is_token(token):
            _log.warning("A wrong token from %s", address or "an unknown address")
            raise NotSignedIn("This is not the token.", hint="It was printed, or set in SPRINTAGEN_TOKEN.")
        forgive()
        return OPERATOR

    async def sign_in(self, secret: str, address: str = "", browser: str = "") -> str:
        """A new session for whoever knows the token or the password; raises as `check_token`."""
        forgive = self._attempts.take(address)
        opened_by = self._opened_by_token
        is_right = self._is_token(secret)
        if not is_right and self._password is not None:
            opened_by = self._opened_by_password
            is_right = await self._password.matches(secret)
        if not is_right:
            _log.warning("A wrong sign-in from %s", address or "an unknown address")
            known = "the password or the token" if self.takes_password else "the token"
            raise NotSignedIn(f"This is not {known}.", hint="The token was printed, or set in SPRINTAGEN_TOKEN.")
        forgive()
        return await self._open(OPERATOR, opened_by, address, browser)

    # -- links --------------------------------------------------------------------------------------------------------

    def new_link_code(self) -> str:
        """A code for a link: good for one sign-in within half a day, so that the morning's link works after lunch."""
        code = secrets.token_urlsafe(24)
        self._codes[_hash(code)] = self._clock() + CODE_SECONDS
        while len(self._codes) > CODES:
            self._codes.popitem(last=False)
        return code

    async def redeem(self, code: str, address: str = "", browser: str = "") -> str:
        """A new session for a code, which is used up by that.

        Raises:
            NotSignedIn: There is no such code any more.
        """
        valid_until = self._codes.pop(_hash(code), None)
        if valid_until is None or valid_until < self._clock():
            raise NotSignedIn(
                "This link has been used or is too old.", hint="Sign in with the token, or start sprintagen again."
            )
        self._attempts.prove(address)
        return await self._open(OPERATOR, self._opened_by_token, address, browser)

    # -- sessions -----------------------------------------------------------------------------------------------------

    async def check(self, session_id: str) -> Actor | None:
        """Whose session it is; None if it is none, or was ended."""
        now = datetime.now(UTC)
        known = self._known.get(session_id)
        if known is None:
            if not 20 <= len(session_id) <= 100:
                return None
            row = await sign_in.find(_hash(session_id))
            if row is None or row.opened_by not in (self._opened_by_token, self._opened_by_password):
                return None
            known = self._known[session_id] = _Known(row.id_hash, Actor(row.actor), row.expires_at, row.last_seen_at)
        if known.expires_at <= now:
            await self.sign_out(session_id)
            return None
        await self._see(known, now)
        return known.actor if self.is_open(session_id) else None

    def is_open(self, session_id: str) -> bool:
        """Whether a session that `check` knew has not been ended since."""
        return session_id in self._known

    async def sign_out(self, session_id: str) -> None:
        """End a session everywhere; one that is none is fine."""
        known = self._known.pop(session_id, None)
        removed = await sign_in.remove(_hash(session_id))
        if known is not None or removed:
            self.REVOKED.emit(session_id)

    # -- the list of them ---------------------------------------------------------------------------------------------

    async def list(self, actor: Actor, session_id: str | None) -> list[SignInRow]:
        """The actor's sessions, that of the asking one first, then as they were last seen.

        Args:
            actor: Whose.
            session_id: The session that asks; None: a program's, which is none of them.
        """
        this = _hash(session_id) if session_id is not None else ""
        seen = {known.id_hash: known.seen_at for known in self._known.values()}
        rows = [
            SignInRow(
                id=row.id_hash,
                address=row.address,
                browser=row.browser,
                created_at=row.created_at,
                seen_at=max(row.last_seen_at, seen.get(row.id_hash, row.last_seen_at)),
                is_this=row.id_hash == this,
            )
            for row in await sign_in.of(actor.name, datetime.now(UTC))
        ]
        return sorted(rows, key=lambda row: not row.is_this)

    async def end(self, id: str) -> None:
        """End the session that is listed under `id`; one that is none any more is fine."""
        await sign_in.remove(id)
        self._end_known(lambda known: known.id_hash == id)

    async def end_others(self, actor: Actor, session_id: str) -> int:
        """End all of the actor's sessions but this one. Returns how many there were."""
        this = _hash(session_id)
        count = await sign_in.remove_others(actor.name, this)
        self._end_known(lambda known: known.actor == actor and known.id_hash != this)
        return count

    def _end_known(self, is_meant: Callable[[_Known], bool]) -> None:
        for session_id in [session_id for session_id, known in self._known.items() if is_meant(known)]:
            del self._known[session_id]
            self.REVOKED.emit(session_id)

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except DatabaseError:  # told by the watch over the database; whoever is signed in stays so meanwhile
                continue

    async def sweep(self) -> None:
        """End here what has ended elsewhere or has expired, and note who is there.

        Raises:
            DatabaseError: It cannot be asked.
        """
        now = datetime.now(UTC)
        asked = {known.id_hash for known in self._known.values()}
        if not asked:
            return
        gone = asked - await sign_in.present(asked)
        self._end_known(lambda known: known.expires_at <= now or known.id_hash in gone)
        for session_id in self.in_use():
            if (known := self._known.get(session_id)) is not None:
                await self._see(known, now)

    async def _see(self, known: _Known, now: datetime) -> None:
        if known.seen_at < now - SEEN_EVERY:
            known.seen_at = now
            await self._behind.write(("sign-in seen", known.id_hash), lambda: sign_in.seen(known.id_hash, now))

    async def _set_marks(self) -> None:
        """What is kept beside a session to know which secret opened it.

        Both are keyed by the token, so that who reads the database alone has nothing to try passwords against.
        """
        key = await asyncio.to_thread(mark, self._token.get_secret_value())
        by = b"" if self._password is None else self._password.mark.get_secret_value()
        self._opened_by_token = hmac.digest(key, b"token", "sha256").hex()
        self._opened_by_password = hmac.digest(key, b"password " + by, "sha256").hex()

    async def _open(self, actor: Actor, opened_by: str, address: str, browser: str) -> str:
        session_id = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        words = "".join(character for character in browser if character.isprintable())
        row = await sign_in.add(
            _hash(session_id), actor.name, now + LIFETIME, opened_by=opened_by, address=address, browser=words
        )
        self._known[session_id] = _Known(row.id_hash, actor, row.expires_at, now)
        return session_id

    def _is_token(self, token: str) -> bool:
        given, wanted = token.encode("utf-8", "replace"), self._token.get_secret_value().encode()
        return bool(wanted) and hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(wanted).digest())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
