"""`/sessions/{id}/search`: words in everything that was said and done in a session."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query

from sprintagen.api.deps import TheActor, TheServices, TheSession
from sprintagen.api.schemas.search import HitOut, SearchResult
from sprintagen.services.session_search import LONGEST, words_in

router = APIRouter(prefix="/sessions/{session_id}/search", tags=["messages"])


@router.get("")
async def search_session(
    services: TheServices,
    actor: TheActor,
    session_id: TheSession,
    q: Annotated[str, Query(max_length=LONGEST, description="Words; a hit has every one of them, in any case.")],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SearchResult:
    """The messages with these words, newest first: prompts, answers, reasoning, tool inputs and outputs, file names.

    Reads the session back to its beginning, or until there are `limit` hits; a second search soon after is quick.
    """
    words = words_in(q)
    view = await services.sessions.view(actor, session_id)
    hits: list[HitOut] = []
    back_to = None
    async with aclosing(services.search.run(view, words, excerpts=True)) as pieces:
        async for found in pieces:
            hits += [HitOut.of(hit) for hit in found.hits]
            back_to = found.back_to
            if len(hits) >= limit and (back_to is not None or len(hits) > limit):
                last = hits[limit - 1].created_at
                return SearchResult(hits=hits[:limit], is_complete=False, searched_back_to=last)
    return SearchResult(hits=hits, is_complete=True, searched_back_to=None)
