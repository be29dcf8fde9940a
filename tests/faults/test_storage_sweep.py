"""For every k the k-th statement fails: nothing is left half done, and it works again when the fault is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.db import close_db, open_db, preference, sign_in
from sprintagen.db.session_record import SessionRecord
from sprintagen.db.sign_in import SignIn
from sprintagen.errors import DatabaseError
from sprintagen.opencode import errors as opencode_errors
from sprintagen.services import database_watch, write_behind
from sprintagen.services.refs import OPERATOR
from tests.faults import storage
from tests.services.conftest import build, fake, first_handshake, services
from tests.services.fakes import FakeOpencode, until

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services

__all__ = ["build", "fake", "first_handshake", "services"]

HOPELESS = 60
faults = pytest.mark.parametrize("fault", ["full", "locked"])
once = pytest.mark.parametrize("once", [True, False])


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> storage.Statements:
    """Installed before the services open their database."""
    monkeypatch.setattr(database_watch, "TRY_EVERY", 60.0)  # its own writes are no part of what is counted
    monkeypatch.setattr(write_behind, "RETRY_AFTER", 0.01)
    return storage.install(monkeypatch)


async def stored(services: Services) -> dict[str | None, tuple[str | None, bool]]:
    """What the database has of each session: ticket, and whether it is archived."""
    await services.ledger.flush()
    return {row.opencode_session_id: (row.ticket, row.archived_at is not None) for row in await SessionRecord.all()}


@faults
@once
async def test_a_new_session_is_here_and_there_or_nowhere(
    statements: storage.Statements, services: Services, fake: FakeOpencode, fault: str, once: bool
) -> None:
    for k in range(1, HOPELESS):
        made = None
        with statements.failing(k, storage.FAULTS[fault], once=once):
            try:
                made = await services.sessions.create(OPERATOR, title="t", ticket="T-1")
            except DatabaseError:
                assert services.sessions.rows(OPERATOR) == []
        rows = await stored(services)
        rows.pop(None, None)  # one that was never confirmed, which the next start removes
        assert list(rows) == list(fake.stored) == ([made.session_id] if made else []), statements.seen
        if not statements.failed:
            break
        if made:  # what failed was written behind
            await services.sessions.delete(OPERATOR, made.session_id)
    assert k > 3
    assert list(rows.values()) == [("T-1", False)]


@faults
@once
async def test_a_title_a_ticket_and_the_archive_change_together_or_not_at_all(
    statements: storage.Statements, services: Services, fake: FakeOpencode, fault: str, once: bool
) -> None:
    session_id = (await services.sessions.create(OPERATOR, title="old")).session_id
    for k in range(1, HOPELESS):
        with statements.failing(k, storage.FAULTS[fault], once=once):
            try:
                await services.sessions.update(OPERATOR, session_id, title="new", ticket="T-1", archived=True)
            except DatabaseError:
                entry = services.ledger.get(session_id)
                assert (fake.stored[session_id].title, entry.ticket, entry.archived_at) == ("old", None, None)
        is_new = fake.stored[session_id].title == "new"
        assert await stored(services) == {session_id: ("T-1", True) if is_new else (None, False)}, statements.seen
        if not statements.failed:
            break
        if is_new:  # what failed was written behind
            await services.sessions.update(OPERATOR, session_id, title="old", ticket="", archived=False)
    assert k > 1
    row = await services.sessions.update(OPERATOR, session_id, title="new", ticket="T-1", archived=True)
    assert (row.title, row.ticket, await stored(services)) == ("new", "T-1", {session_id: ("T-1", True)})


@faults
@once
async def test_a_deleted_session_leaves_no_record_behind(
    statements: storage.Statements, services: Services, fake: FakeOpencode, fault: str, once: bool
) -> None:
    for k in range(1, HOPELESS):
        session_id = (await services.sessions.create(OPERATOR, title="t")).session_id
        with statements.failing(k, storage.FAULTS[fault], once=once):
            await services.sessions.delete(OPERATOR, session_id)
            assert services.sessions.rows(OPERATOR) == []
            try:
                await services.ledger.flush()
            except DatabaseError:
                assert statements.failed
        assert await stored(services) == {}
        assert fake.stored == {}
        if not statements.failed:
            break
    assert k > 1


@faults
async def test_a_sign_in_that_is_not_written_down_opens_nothing(
    statements: storage.Statements, services: Services, fault: str
) -> None:
    cookie = ""
    for k in range(1, HOPELESS):
        with statements.failing(k, storage.FAULTS[fault]):
            try:
                cookie = await services.sign_ins.sign_in("a token of sixteen")
            except DatabaseError:
                assert services.sign_ins._known == {}
        assert await SignIn.all().count() == bool(cookie)
        if cookie:
            break
    assert k > 1
    assert await services.sign_ins.check(cookie) == OPERATOR
    for k in range(1, HOPELESS):
        with statements.failing(k, storage.FAULTS[fault]):
            try:
                await services.sign_ins.sign_out(cookie)
            except DatabaseError:
                assert statements.failed
        if not statements.failed:
            break
    assert k > 1
    assert await sign_in.find(cookie) is None
    assert await services.sign_ins.check(cookie) is None


@faults
@once
async def test_a_choice_counts_at_once_and_is_stored_when_that_can_be(
    statements: storage.Statements, services: Services, fault: str, once: bool
) -> None:
    await services.preferences.get(OPERATOR, "theme")
    for k in range(1, HOPELESS):
        with statements.failing(k, storage.FAULTS[fault], once=once):
            await services.preferences.set(OPERATOR, "theme", k)
            assert await services.preferences.get(OPERATOR, "theme") == k
        await until(lambda: services.behind.waiting == 0)
        assert await preference.all_of(OPERATOR.name) == {"theme": k}
        if not statements.failed:
            break
    assert k > 1


@pytest.mark.parametrize("fault", storage.FAULTS)
@once
async def test_a_first_start_that_fails_anywhere_is_made_good_by_the_next(
    statements: storage.Statements, tmp_path: Path, fault: str, once: bool
) -> None:
    for k in range(1, 500, 7 if once else 5):
        url = SecretStr(f"sqlite://{tmp_path}/{k}.sqlite")
        with statements.failing(k, storage.FAULTS[fault], once=once):
            try:
                await open_db(url)
            except DatabaseError:
                assert statements.failed
        was_touched = statements.failed
        await close_db()
        await open_db(url)
        await preference.put("u", "k", 1)
        await close_db()
        if not was_touched:
            break
    assert k > 7


async def test_what_opencode_does_not_take_leaves_our_part_as_it_was(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR, title="old", ticket="T-1")).session_id
    fake.broken["sessions.update"] = [opencode_errors.ServerUnreachable("It is away.")]
    with pytest.raises(opencode_errors.ServerUnreachable):
        await services.sessions.update(OPERATOR, session_id, title="new", ticket="T-2", archived=True)
    assert await stored(services) == {session_id: ("T-1", False)}
    assert [row.ticket for row in services.sessions.rows(OPERATOR)] == ["T-1"]


async def test_a_ticket_of_a_session_whose_record_is_missing_is_kept(services: Services) -> None:
    session_id: SessionID = (await services.sessions.create(OPERATOR, title="t")).session_id
    await SessionRecord.all().delete()
    row = await services.sessions.update(OPERATOR, session_id, ticket="T-1")
    assert (row.ticket, await stored(services)) == ("T-1", {session_id: ("T-1", False)})
