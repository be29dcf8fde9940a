"""A long session in the real opencode: what the index knows of it, jumps, and searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.seed import last_words, seed
from sprintagen.opencode import ids
from sprintagen.services.reader import Reader
from sprintagen.services.refs import OPERATOR
from sprintagen.services.session_search import words_in
from tests.services.fakes import until
from tests.services.test_real import LONG, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rig import RealOpencode

pytestmark = pytest.mark.real
SIZE = 600


async def test_a_long_session_is_indexed_jumped_in_and_searched(real_opencode: RealOpencode, tmp_path: Path) -> None:
    _, seeded = seed(real_opencode, [SIZE])
    session_id = ids.session_id(seeded[SIZE])
    stored = real_opencode.messages(session_id)
    services = build(real_opencode, tmp_path)
    await services.start()
    try:
        await until(services.feed.is_connected, LONG)
        view = await services.sessions.open(OPERATOR, session_id)
        reader = Reader(services.histories.of(view))
        index = reader.history.index
        first = stored[0]["info"]["id"]
        assert await reader.go_to(first)
        assert next(iter(reader.messages)) == first
        assert index.count() == len(stored)
        assert index.is_complete
        prompts = [item for item in stored if item["info"]["role"] == "user"]
        turns = index.turns()
        assert [turn.message_id for turn in turns] == [item["info"]["id"] for item in prompts]
        assert [turn.at for turn in turns] == [item["info"]["time"]["created"] for item in prompts]
        assert {turn.line for turn in turns} == {"/x think 60", "/x say 80"}
        found = [hit async for one in services.search.run(view, words_in(last_words(SIZE).upper())) for hit in one.hits]
        assert [hit.message_id for hit in found] == [stored[-1]["info"]["id"]]
        found = [hit async for one in services.search.run(view, words_in("seq 40 counts")) for hit in one.hits]
        assert len(found) == 2 * len(prompts) // 2, "the prompt, and the tool call with the same words"
    finally:
        await services.stop()


async def test_what_falls_out_of_a_live_view_is_the_page_opencode_hands_out(
    real_opencode: RealOpencode, tmp_path: Path
) -> None:
    _, seeded = seed(real_opencode, [SIZE])
    session_id = ids.session_id(seeded[SIZE])
    stored = [item["info"]["id"] for item in real_opencode.messages(session_id)]
    services = build(real_opencode, tmp_path)
    await services.start()
    try:
        await until(services.feed.is_connected, LONG)
        view = await services.sessions.open(OPERATOR, session_id)
        reader = Reader(services.histories.of(view))
        page = await services.server.client.messages.list(session_id, limit=250)
        services.store.emit_all(view.load(page))
        await until(lambda: len(view.messages) == 150, LONG)
        assert view.older_cursor is not None
        page = await services.server.client.messages.list(session_id, limit=100, before=view.older_cursor)
        assert list(reader.messages) == stored[-250:]
        assert [item.info.id for item in page.items] == list(reader.messages)[:100]
        assert reader.pages == 1
        while await reader.read_older():
            assert reader.check()
        assert list(reader.messages) == stored
        assert reader.pages == 5, "the cursor of the page that fell out is the one that was known before"
    finally:
        await services.stop()
