"""Table `sprintagen_preference`: what a person chose, one JSON value per key."""

from __future__ import annotations

import json
from typing import Any

from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from sprintagen.db.trouble import query


class Preference(Model):
    id = fields.IntField(primary_key=True)
    user = fields.CharField(max_length=255)
    key = fields.CharField(max_length=255)
    value = fields.TextField()
    """JSON. Not a `JSONField`, which takes a plain string for JSON of its own."""

    class Meta:
        table = "sprintagen_preference"
        unique_together = (("user", "key"),)


@query
async def all_of(user: str) -> dict[str, Any]:
    """Everything the person chose, by key."""
    return {row.key: json.loads(row.value) for row in await Preference.filter(user=user)}


@query
async def put(user: str, key: str, value: Any) -> None:
    await Preference.update_or_create(user=user, key=key, defaults={"value": json.dumps(value)})


@query
async def remove(user: str, key: str) -> None:
    await Preference.filter(user=user, key=key).delete()


@query
async def write_nothing() -> None:
    """A row that comes and goes in one transaction: it takes the disk, the lock and the right to write."""
    async with in_transaction():
        row = await Preference.create(user="", key="", value="null")
        await row.delete()
