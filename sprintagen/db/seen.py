"""Table `sprintagen_seen`: up to when a person has read a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from sprintagen.db.trouble import query

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Seen(Model):
    id = fields.IntField(primary_key=True)
    user = fields.CharField(max_length=255)
    server = fields.CharField(max_length=255)
    opencode_session_id = fields.CharField(max_length=255)
    seen_at = fields.DatetimeField()

    class Meta:
        table = "sprintagen_seen"
        unique_together = (("user", "server", "opencode_session_id"),)


@query
async def all_for(server: str) -> dict[tuple[str, str], datetime]:
    """When each person last read each session, by (user, session)."""
    return {(row.user, row.opencode_session_id): row.seen_at for row in await Seen.filter(server=server)}


@query
async def put(user: str, server: str, opencode_session_id: str, seen_at: datetime) -> None:
    await Seen.update_or_create(
        user=user, server=server, opencode_session_id=opencode_session_id, defaults={"seen_at": seen_at}
    )


@query
async def remove(server: str, opencode_session_ids: Iterable[str]) -> None:
    await Seen.filter(server=server, opencode_session_id__in=list(opencode_session_ids)).delete()
