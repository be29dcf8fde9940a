"""Table `sprintagen_deletion`: sessions somebody wants deleted, until the time to think better of it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from sprintagen.db.trouble import query

if TYPE_CHECKING:
    from datetime import datetime


class Deletion(Model):
    id = fields.IntField(primary_key=True)
    server = fields.CharField(max_length=255)
    opencode_session_id = fields.CharField(max_length=255)
    actor = fields.CharField(max_length=255)
    title = fields.TextField(default="")
    due_at = fields.DatetimeField()

    class Meta:
        table = "sprintagen_deletion"
        unique_together = (("server", "opencode_session_id"),)


@query
async def all_for(server: str) -> list[Deletion]:
    """Every deletion of a server's sessions that has not been carried out, the first one wanted first."""
    return await Deletion.filter(server=server).order_by("due_at", "id")


@query
async def put(*, server: str, opencode_session_id: str, actor: str, title: str, due_at: datetime) -> None:
    """Write down that a session is to be deleted; one that is already keeps nothing of its first time."""
    await Deletion.update_or_create(
        server=server,
        opencode_session_id=opencode_session_id,
        defaults={"actor": actor, "title": title, "due_at": due_at},
    )


@query
async def is_wanted(server: str, opencode_session_id: str) -> bool:
    """Whether it has not been taken back, by whichever process."""
    return await Deletion.filter(server=server, opencode_session_id=opencode_session_id).exists()


@query
async def remove(server: str, opencode_session_id: str) -> None:
    await Deletion.filter(server=server, opencode_session_id=opencode_session_id).delete()
