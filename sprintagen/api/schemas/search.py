"""What a search in a session finds, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from sprintagen.services.session_search import Hit


class HitOut(BaseModel):
    """A message that has every word that was asked for."""

    message_id: str
    role: str
    created_at: datetime
    part_ids: list[str] = Field(description="The parts that have at least one of the words; empty: only its error has.")
    excerpt: str = Field(description="One line around the first word.")

    @classmethod
    def of(cls, hit: Hit) -> Self:
        return cls(
            message_id=hit.message_id,
            role=hit.role,
            created_at=hit.at,
            part_ids=[part_id for part_id in hit.part_ids if part_id],
            excerpt=hit.excerpt,
        )


class SearchResult(BaseModel):
    """Newest first."""

    hits: list[HitOut]
    is_complete: bool = Field(description="false: `limit` was reached, and there may be more in older messages.")
    searched_back_to: datetime | None = Field(
        description="Everything since then has been searched; null: the whole session."
    )
