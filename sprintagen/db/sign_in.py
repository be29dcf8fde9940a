"""Table `sprintagen_sign_in`: who is signed in. Only the hash of a session id is kept, so the table opens no door."""

from __future__ import annotations

from datetime import UTC, datetime

from tortoise import fields
from tortoise.models import Model

from sprintagen.db.trouble import query


class SignIn(Model):
    id_hash = fields.CharField(max_length=64, primary_key=True)
    """SHA-256 of the session id, in hex."""
    actor = fields.CharField(max_length=255)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()

    class Meta:
        table = "sprintagen_sign_in"


@query
async def add(id_hash: str, actor: str, expires_at: datetime) -> SignIn:
    now = datetime.now(UTC)
    return await SignIn.create(id_hash=id_hash, actor=actor, created_at=now, expires_at=expires_at, last_seen_at=now)


@query
async def find(id_hash: str) -> SignIn | None:
    """The sign-in, also when it has expired."""
    return await SignIn.get_or_none(id_hash=id_hash)


@query
async def seen(id_hash: str, at: datetime) -> None:
    await SignIn.filter(id_hash=id_hash).update(last_seen_at=at)


@query
async def remove(id_hash: str) -> int:
    """Returns how many there were: 0 or 1."""
    return await SignIn.filter(id_hash=id_hash).delete()


@query
async def remove_expired(now: datetime) -> int:
    return await SignIn.filter(expires_at__lte=now).delete()
