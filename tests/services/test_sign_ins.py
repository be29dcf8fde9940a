"""Sign-ins: only who holds the token or a fresh code comes in, and leaving is leaving."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.db import close_db, open_db
from sprintagen.db.sign_in import SignIn
from sprintagen.errors import NotSignedIn
from sprintagen.password import Password, hash_password, mark
from sprintagen.services.attempts import TooManyAttempts
from sprintagen.services.refs import OPERATOR, Actor
from sprintagen.services.sign_ins import SignIns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "a token of sixteen characters"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sign_ins(clock: Clock) -> AsyncIterator[SignIns]:
    await open_db(SecretStr("sqlite://:memory:"))
    sign_ins = SignIns(SecretStr(TOKEN), clock=clock)
    await sign_ins.start()
    yield sign_ins
    await sign_ins.stop()
    await close_db()


async def test_the_token_opens_a_session(sign_ins: SignIns) -> None:
    first, second = await sign_ins.sign_in(TOKEN), await sign_ins.sign_in(TOKEN)
    assert first != second
    assert await sign_ins.check(first) == OPERATOR
    assert sign_ins.check_token(TOKEN) == OPERATOR


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + " ", "\ud800", "é"])
async def test_anything_else_does_not(sign_ins: SignIns, token: str) -> None:
    with pytest.raises(NotSignedIn):
        await sign_ins.sign_in(token)


@pytest.mark.parametrize("session_id", ["", "x", "x" * 43, "x" * 5000, "\ud800" * 43])
async def test_no_session_is_made_up(sign_ins: SignIns, session_id: str) -> None:
    assert await sign_ins.check(session_id) is None


async def test_guessing_is_limited_by_address_and_the_limit_passes(sign_ins: SignIns, clock: Clock) -> None:
    for _ in range(10):
        with pytest.raises(NotSignedIn):
            await sign_ins.sign_in("wrong", "10.0.0.1")
    with pytest.raises(TooManyAttempts) as caught:
        await sign_ins.sign_in(TOKEN, "10.0.0.1")
    assert caught.value.status == 429
    assert await sign_ins.sign_in(TOKEN, "10.0.0.2")
    clock.now += 61
    assert await sign_ins.sign_in(TOKEN, "10.0.0.1")


async def test_guessing_slowly_is_limited_too(sign_ins: SignIns, clock: Clock) -> None:
    for _ in range(30):
        clock.now += 30
        with pytest.raises(NotSignedIn):
            sign_ins.check_token("wrong", "10.0.0.1")
    with pytest.raises(TooManyAttempts):
        sign_ins.check_token(TOKEN, "10.0.0.1")
    clock.now += 3600
    assert sign_ins.check_token(TOKEN, "10.0.0.1") == OPERATOR


async def test_a_password_opens_a_session_and_is_nothing_to_programs(sign_ins: SignIns) -> None:
    with_password = SignIns(SecretStr(TOKEN), password=Password(hash_password("a long password")))
    assert with_password.takes_password
    assert not sign_ins.takes_password
    assert await with_password.check(await with_password.sign_in("a long password")) == OPERATOR
    assert await with_password.check(await with_password.sign_in(TOKEN)) == OPERATOR
    with pytest.raises(NotSignedIn, match="This is not the password or the token"):
        await with_password.sign_in("a longer password")
    with pytest.raises(NotSignedIn):
        with_password.check_token("a long password")
    await with_password.stop()


async def test_a_links_code_works_once(sign_ins: SignIns) -> None:
    code = sign_ins.new_link_code()
    assert await sign_ins.check(await sign_ins.redeem(code)) == OPERATOR
    with pytest.raises(NotSignedIn):
        await sign_ins.redeem(code)


async def test_a_links_code_works_for_half_a_day(sign_ins: SignIns, clock: Clock) -> None:
    later, too_late = sign_ins.new_link_code(), sign_ins.new_link_code()
    clock.now += 12 * 3600 - 1
    assert await sign_ins.check(await sign_ins.redeem(later)) == OPERATOR
    clock.now += 2
    code = too_late
    with pytest.raises(NotSignedIn):
        await sign_ins.redeem(code)


async def test_signing_out_ends_the_session_everywhere(sign_ins: SignIns) -> None:
    revoked: list[str] = []
    sign_ins.REVOKED.subscribe(revoked.append)
    session_id = await sign_ins.sign_in(TOKEN)
    await sign_ins.sign_out(session_id)
    await sign_ins.sign_out(session_id)
    assert revoked == [session_id]
    assert await sign_ins.check(session_id) is None


@pytest.mark.parametrize("opened_with", ["token", "password", "link"])
async def test_a_session_ends_with_the_secret_that_opened_it(sign_ins: SignIns, opened_with: str) -> None:
    def restarted(token: str, password: str) -> SignIns:
        return SignIns(SecretStr(token), password=Password(hash_password(password), mark=mark(password)))

    await sign_ins.stop()
    before = restarted(TOKEN, "a long password")
    await before.start()
    if opened_with == "link":
        session_id = await before.redeem(before.new_link_code())
    else:
        session_id = await before.sign_in(TOKEN if opened_with == "token" else "a long password")
    await before.stop()
    survives = {}
    for name, token, password in (
        ("nothing", TOKEN, "a long password"),
        ("the password", TOKEN, "another long password"),
        ("the token", TOKEN + "x", "another long password"),
    ):
        after = restarted(token, password)
        await after.start()
        survives[name] = await after.check(session_id) == OPERATOR
        assert len(await after.list(OPERATOR, None)) == survives[name], "nor is it listed any more"
        await after.stop()
    assert survives == {"nothing": True, "the password": opened_with != "password", "the token": False}


async def test_a_password_given_as_its_hash_keeps_its_sessions_while_the_hash_is_the_same(sign_ins: SignIns) -> None:
    await sign_ins.stop()
    hashed = hash_password("a long password")
    seen = []
    session_id = ""
    for one in (hashed, hashed, hash_password("a long password")):
        running = SignIns(SecretStr(TOKEN), password=Password(one))
        await running.start()
        session_id = session_id or await running.sign_in("a long password")
        seen.append(await running.check(session_id))
        await running.stop()
    assert seen == [OPERATOR, OPERATOR, None]


async def test_what_is_kept_beside_a_session_says_nothing_of_the_secret(sign_ins: SignIns) -> None:
    await sign_ins.sign_in(TOKEN)
    (row,) = await SignIn.all()
    assert len(row.opened_by) == 64
    for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        assert digest(TOKEN.encode()).hexdigest() not in row.opened_by
    assert mark(TOKEN).hex() != row.opened_by


async def test_a_session_outlives_a_restart_and_ends_when_it_expires(sign_ins: SignIns, clock: Clock) -> None:
    session_id = await sign_ins.sign_in(TOKEN)
    restarted = SignIns(SecretStr(TOKEN), clock=clock)
    await restarted.start()
    assert await restarted.check(session_id) == OPERATOR
    revoked: list[str] = []
    restarted.REVOKED.subscribe(revoked.append)
    restarted._known[session_id].expires_at = datetime.now(UTC) - timedelta(seconds=1)
    assert await restarted.check(session_id) is None
    assert revoked == [session_id]
    await restarted.stop()


async def test_expired_sessions_are_forgotten_at_the_start(sign_ins: SignIns) -> None:
    await sign_ins.sign_in(TOKEN)
    await SignIn.all().update(expires_at=datetime.now(UTC) - timedelta(days=1))
    await sign_ins.start()
    assert await SignIn.all().count() == 0


async def test_the_database_holds_no_session_id_and_no_log_holds_a_token(
    sign_ins: SignIns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    session_id = await sign_ins.sign_in(TOKEN)
    with pytest.raises(NotSignedIn):
        await sign_ins.sign_in("my-wrong-password", "10.0.0.1")
    assert session_id not in str(await SignIn.all().values())
    assert session_id not in caplog.text
    assert "my-wrong-password" not in caplog.text
    assert TOKEN not in repr(sign_ins.__dict__)


async def test_sign_ins_are_listed_with_where_from_and_ones_own_first(sign_ins: SignIns) -> None:
    mine = await sign_ins.sign_in(TOKEN, "10.0.0.1", "Firefox\n\x1b[31m\u202e" + "x" * 500)
    other = await sign_ins.redeem(sign_ins.new_link_code(), "10.0.0.2", "Chrome")
    first, second = await sign_ins.list(OPERATOR, mine)
    assert (first.is_this, first.address, second.is_this, second.address) == (True, "10.0.0.1", False, "10.0.0.2")
    assert first.browser.startswith("Firefox[31mxxx")
    assert len(first.browser) == 200
    assert mine not in repr([first, second])
    assert other not in repr([first, second])
    assert [row.is_this for row in await sign_ins.list(OPERATOR, None)] == [False, False]
    assert await sign_ins.list(Actor("somebody else"), mine) == []


async def test_one_is_ended_by_what_it_is_listed_under(sign_ins: SignIns) -> None:
    revoked: list[str] = []
    sign_ins.REVOKED.subscribe(revoked.append)
    mine, other = await sign_ins.sign_in(TOKEN), await sign_ins.sign_in(TOKEN)
    [listed] = [row for row in await sign_ins.list(OPERATOR, mine) if not row.is_this]
    await sign_ins.end(listed.id)
    await sign_ins.end(listed.id)
    assert revoked == [other]
    assert await sign_ins.check(other) is None
    assert not sign_ins.is_open(other)
    assert await sign_ins.check(mine) == OPERATOR
    assert await sign_ins.check(listed.id) is None  # what is shown of a session opens nothing


async def test_all_others_are_ended_also_those_nobody_has_used_since_the_start(sign_ins: SignIns, clock: Clock) -> None:
    unused = await sign_ins.sign_in(TOKEN)
    restarted = SignIns(SecretStr(TOKEN), clock=clock)
    revoked: list[str] = []
    restarted.REVOKED.subscribe(revoked.append)
    mine, used = await restarted.sign_in(TOKEN), await restarted.sign_in(TOKEN)
    assert await restarted.end_others(OPERATOR, mine) == 2
    assert revoked == [used]
    assert [await restarted.check(one) for one in (mine, used, unused)] == [OPERATOR, None, None]


async def test_what_another_process_has_ended_ends_here_with_the_next_sweep(sign_ins: SignIns, clock: Clock) -> None:
    stays, goes = await sign_ins.sign_in(TOKEN), await sign_ins.sign_in(TOKEN)
    revoked: list[str] = []
    sign_ins.REVOKED.subscribe(revoked.append)
    await SignIns(SecretStr(TOKEN), clock=clock).sign_out(goes)
    assert await sign_ins.check(goes) == OPERATOR
    await sign_ins.sweep()
    assert revoked == [goes]
    assert [await sign_ins.check(one) for one in (stays, goes)] == [OPERATOR, None]


async def test_a_session_that_expires_ends_its_open_pages_too(sign_ins: SignIns) -> None:
    session_id = await sign_ins.sign_in(TOKEN)
    revoked: list[str] = []
    sign_ins.REVOKED.subscribe(revoked.append)
    sign_ins._known[session_id].expires_at = datetime.now(UTC) - timedelta(seconds=1)
    await sign_ins.sweep()
    assert revoked == [session_id]


async def test_who_has_an_open_page_is_seen_without_asking_for_anything(sign_ins: SignIns) -> None:
    open_page, left = await sign_ins.sign_in(TOKEN), await sign_ins.sign_in(TOKEN)
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    await SignIn.all().update(last_seen_at=long_ago)
    for known in sign_ins._known.values():
        known.seen_at = long_ago
    sign_ins.in_use = lambda: [open_page]
    await sign_ins.sweep()
    seen = {row.is_this: row.seen_at for row in await sign_ins.list(OPERATOR, left)}
    assert seen[True] == long_ago
    assert seen[False] > long_ago
    assert await SignIn.filter(last_seen_at=long_ago).count() == 1
