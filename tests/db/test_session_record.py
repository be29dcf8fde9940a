"""Session records: one per session and server, whichever of two tasks is first."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tortoise.exceptions import IntegrityError

from sprintagen.db import Database, seen, session_record, sign_in
from sprintagen.db.session_record import SessionRecord

pytestmark = pytest.mark.usefixtures("database")
SERVER = "http://one"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def pending(**more: str) -> SessionRecord:
    return await session_record.create_pending(
        server=SERVER, title="t", directory="/d", repo_url=None, ticket=more.get("ticket"), created_by="ann"
    )


async def confirmed(session_id: str) -> SessionRecord:
    return await session_record.confirm(
        await pending(), opencode_session_id=session_id, title="t", directory="/d", created_at=NOW
    )


async def found(session_id: str, title: str = "t", server: str = SERVER) -> SessionRecord:
    return await session_record.upsert_found(server=server, opencode_session_id=session_id, title=title, directory="/d")


async def test_a_pending_record_is_not_listed_until_it_is_confirmed() -> None:
    record = await pending()
    assert await session_record.all_for(SERVER) == []
    await session_record.confirm(record, opencode_session_id="ses_1", title="T", directory="/e", created_at=NOW)
    (listed,) = await session_record.all_for(SERVER)
    assert (listed.opencode_session_id, listed.title, listed.directory, listed.origin) == (
        "ses_1",
        "T",
        "/e",
        "created",
    )
    assert listed.created_at == NOW


async def test_several_can_be_pending_at_once_and_are_dropped_together() -> None:
    first = await pending()
    await pending()
    await confirmed("ses_1")
    assert await session_record.drop_pending(SERVER, first) == 1
    assert await session_record.drop_pending(SERVER) == 1
    assert len(await session_record.all_for(SERVER)) == 1


async def test_a_session_found_before_it_was_confirmed_is_ours_all_the_same() -> None:
    record = await pending(ticket="T-1")
    await found("ses_1")
    await session_record.confirm(record, opencode_session_id="ses_1", title="t", directory="/d", created_at=NOW)
    (listed,) = await session_record.all_for(SERVER)
    assert (listed.origin, listed.ticket) == ("created", "T-1")


async def test_finding_a_session_again_changes_its_title_only() -> None:
    await confirmed("ses_1")
    await session_record.mark(SERVER, "ses_1", ticket="T-2", archived_at=None)
    record = await found("ses_1", "renamed")
    assert (record.title, record.origin, record.ticket) == ("renamed", "created", "T-2")
    await asyncio.gather(*(found("ses_2") for _ in range(5)))
    assert await SessionRecord.all().count() == 2


async def test_the_same_session_id_on_two_servers_is_two_sessions() -> None:
    await found("ses_1")
    await found("ses_1", server="http://two")
    assert len(await session_record.all_for(SERVER)) == 1
    with pytest.raises(IntegrityError):
        await session_record.found(server=SERVER, opencode_session_id="ses_1", title="", directory="", now=NOW).save()


async def test_many_found_sessions_are_added_at_once_and_known_ones_stay() -> None:
    await confirmed("ses_1")
    fresh = [
        session_record.found(server=SERVER, opencode_session_id=f"ses_{n}", title="x", directory="/d", now=NOW)
        for n in (1, 2, 3)
    ]
    await session_record.add_found(fresh)
    listed = {record.opencode_session_id: record.origin for record in await session_record.all_for(SERVER)}
    assert listed == {"ses_1": "created", "ses_2": "found", "ses_3": "found"}


async def test_a_record_is_ticketed_archived_and_removed() -> None:
    await found("ses_1")
    assert await session_record.mark(SERVER, "ses_1", ticket="T-1", archived_at=NOW)
    assert not await session_record.mark(SERVER, "ses_9", ticket="T-1", archived_at=NOW)
    (record,) = await session_record.all_for(SERVER)
    assert (record.ticket, record.archived_at) == ("T-1", NOW)
    assert await session_record.remove(SERVER, ["ses_1", "ses_9"]) == 1
    assert await session_record.remove("http://two", ["ses_1"]) == 0


async def test_a_title_of_any_characters_is_kept_as_it_is() -> None:
    title = "nul\x00 'quote' \u202e 😀 " + "x" * 10_000
    await found("ses_1", title)
    kept = (await session_record.all_for(SERVER))[0].title
    assert kept in (title, title.replace("\x00", "\N{REPLACEMENT CHARACTER}"))  # PostgreSQL has no NUL


async def test_seen_is_each_persons_own() -> None:
    await seen.put("ann", SERVER, "ses_1", NOW)
    await seen.put("ann", SERVER, "ses_1", NOW.replace(day=3))
    await seen.put("bob", SERVER, "ses_1", NOW)
    assert await seen.all_for(SERVER) == {("ann", "ses_1"): NOW.replace(day=3), ("bob", "ses_1"): NOW}
    await seen.remove(SERVER, ["ses_1"])
    assert await seen.all_for(SERVER) == {}


async def test_a_sign_in_is_found_until_it_is_removed(database: Database) -> None:
    await sign_in.add("a" * 64, "ann", NOW, opened_by="x")
    await sign_in.seen("a" * 64, NOW)
    row = await sign_in.find("a" * 64)
    assert row is not None
    assert (row.actor, row.expires_at, row.last_seen_at) == ("ann", NOW, NOW)
    assert await sign_in.remove("a" * 64) == 1
    assert await sign_in.find("a" * 64) is None
