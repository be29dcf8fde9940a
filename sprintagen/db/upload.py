"""Table `sprintagen_upload`: files that were attached to a message which is not sent yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.functions import Sum
from tortoise.models import Model

from sprintagen.db.trouble import query

if TYPE_CHECKING:
    from datetime import datetime


class Upload(Model):
    upload_id = fields.CharField(max_length=64, primary_key=True)
    actor = fields.CharField(max_length=255)
    filename = fields.CharField(max_length=255)
    mime = fields.CharField(max_length=127)
    size = fields.IntField()
    data = fields.BinaryField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "sprintagen_upload"


@query
async def add(upload: Upload) -> None:
    await upload.save(force_create=True)


@query
async def get(actor: str, upload_id: str) -> Upload | None:
    """The person's upload, with its bytes."""
    return await Upload.get_or_none(upload_id=upload_id, actor=actor)


@query
async def total() -> int:
    """Bytes of all of them."""
    [row] = await Upload.annotate(bytes=Sum("size")).values("bytes")
    return int(row["bytes"] or 0)


@query
async def remove_before(moment: datetime) -> None:
    await Upload.filter(created_at__lt=moment).delete()
