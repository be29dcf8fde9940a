"""Table `sprintagen_pin`: the sessions a person keeps at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from sprintagen.db.trouble import query

if TYPE_CHECKING:
    from datetime import datetime


class Pin(Model):
    id = fields.IntField(primary_key=True)
    user = fields.CharField(max_length=255)
    server = fields.CharField(max_length=255)
    opencode_session_id = fields.CharField(max_length=255)
    pinned_at = fields.DatetimeField()

    class Meta:
        table = "sprintagen_pin"
        unique_together = (("user", "server", "opencode_session_id"),)


@query
async def all_for(server: str) -> dict[tuple[str, str], datetime]:
    """When each person pinned what, by (user, session)."""
    return {(row.user, row.opencode_session_id): row.pinned_at for row in await Pin.filter(server=server)}


@query
async def put(user: str, server: str, opencode_session_id: str, pinned_at: datetime) -> None:
    await Pin.update_or_create(
        user=user, server=server, opencode_session_id=opencode_session_id, defaults={"pinned_at": pinned_at}
    )


@query
async def remove(server: str, opencode_session_id: str, user: str | None = None) -> None:
    """Take a person's pin away; None: everybody's."""
    pins = Pin.filter(server=server, opencode_session_id=opencode_session_id)
    await (pins if user is None else pins.filter(user=user)).delete()
