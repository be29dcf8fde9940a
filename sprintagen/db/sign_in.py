"""Table `sprintagen_sign_in`: who is signed in. Only the hash of a session id is kept, so the table opens no door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from sprintagen.db.trouble import query

if TYPE_CHECKING:
    from collections.abc import Collection


class SignIn(Model):
    id_hash = fields.CharField(max_length=64, primary_key=True)
    """SHA-256 of the session id, in hex."""
    actor = fields.CharField(max_length=255)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    address = fields.CharField(max_length=64, default="", db_default="")
    browser = fields.CharField(max_length=200, default="", db_default="")
    """How the browser calls itself; anybody's text."""
    opened_by = fields.CharField(max_length=64, default="", db_default="")
    """Tells the secret that opened it from others, and nothing of it."""

    class Meta:
        table = "sprintagen_sign_in"


@query
async def add(
    id_hash: str, actor: str, expires_at: datetime, *, opened_by: str, address: str = "", browser: str = ""
) -> SignIn:
    now = datetime.now(UTC)
    return await SignIn.create(
        id_hash=id_hash,
        actor=actor,
        created_at=now,
        expires_at=expires_at,
        last_seen_at=now,
        address=address[:64],
        browser=browser[:200],
        opened_by=opened_by,
    )


@query
async def find(id_hash: str) -> SignIn | None:
    """The sign-in, also when it has expired."""
    return await SignIn.get_or_none(id_hash=id_hash)


@query
async def present(id_hashes: Collection[str]) -> set[str]:
    """Those of them that are still there."""
    rows = await SignIn.filter(id_hash__in=list(id_hashes)).values_list("id_hash", flat=True)
    return {str(id_hash) for id_hash in rows}


@query
async def of(actor: str, now: datetime) -> list[SignIn]:
    """The actor's that have not expired, the one that was seen last first."""
    return await SignIn.filter(actor=actor, expires_at__gt=now).order_by("-last_seen_at", "id_hash")


@query
async def seen(id_hash: str, at: datetime) -> None:
    await SignIn.filter(id_hash=id_hash).update(last_seen_at=at)


@query
async def remove(id_hash: str) -> int:
    """Returns how many there were: 0 or 1."""
    return await SignIn.filter(id_hash=id_hash).delete()


@query
async def remove_others(actor: str, id_hash: str) -> int:
    """All of the actor's but this one; returns how many."""
    return await SignIn.filter(actor=actor).exclude(id_hash=id_hash).delete()


@query
async def remove_opened_otherwise(opened_by: Collection[str]) -> int:
    """All that something else opened; returns how many."""
    return await SignIn.exclude(opened_by__in=list(opened_by)).delete()


@query
async def remove_expired(now: datetime) -> int:
    return await SignIn.filter(expires_at__lte=now).delete()
