"""A query that was begun ends, wholly or not at all, whoever is cancelled and whatever COMMIT says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from sprintagen.db import close_db, open_db, session_record

SERVER = "http://one"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def confirm(session_id: str) -> None:
    record = await session_record.create_pending(
        server=SERVER, title="t", directory="/d", repo_url=None, ticket=None, created_by="ann"
    )
    await session_record.confirm(record, opencode_session_id=session_id, title="t", directory="/d", created_at=NOW)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("steps", range(25))
async def test_a_caller_that_leaves_at_any_moment_keeps_nobody_waiting(steps: int) -> None:
    leaving = asyncio.ensure_future(confirm("ses_1"))
    for _ in range(steps):
        await asyncio.sleep(0.0005)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    async with asyncio.timeout(20):
        await confirm("ses_2")
    assert "ses_2" in {record.opencode_session_id for record in await session_record.all_for(SERVER)}


async def test_closing_waits_for_a_query_whose_caller_has_left(url: object) -> None:
    await open_db(url)  # type: ignore[arg-type]
    leaving = asyncio.ensure_future(confirm("ses_1"))
    await asyncio.sleep(0.001)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    await close_db()
    await open_db(url)  # type: ignore[arg-type]
    try:
        await confirm("ses_2")
    finally:
        await close_db()
