"""Table `sprintagen_opencode_session`: what sprintagen knows of a session beyond what opencode keeps."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.transactions import in_transaction

from sprintagen.db.trouble import query
from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterable

_FOUND_MEANWHILE = 3
"""So often a session may be found by another connection while its record is confirmed."""


class SessionRecord(Model):
    """One session of one server. While `opencode_session_id` is null the server has not made it yet."""

    id = fields.UUIDField(primary_key=True)
    opencode_session_id = fields.CharField(max_length=255, null=True)
    server = fields.CharField(max_length=255)
    title = fields.TextField(default="")
    directory = fields.TextField(default="")
    repo_url = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)
    origin = fields.CharField(max_length=16)
    """`created` here, or `found` on the server."""
    ticket = fields.CharField(max_length=255, null=True)
    created_by = fields.CharField(max_length=255, null=True)
    failure = fields.TextField(default="", db_default="")
    """JSON: why the last turn failed; empty: it did not."""
    failed_at = fields.DatetimeField(null=True)
    """The session's own last update when it had failed."""
    additions = fields.IntField(default=0, db_default=0)
    deletions = fields.IntField(default=0, db_default=0)
    files = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "sprintagen_opencode_session"
        table_description = "what sprintagen keeps of an opencode session"
        unique_together = (("server", "opencode_session_id"),)


@query
async def all_for(server: str) -> list[SessionRecord]:
    """Every confirmed record of a server."""
    return await SessionRecord.filter(server=server, opencode_session_id__not_isnull=True)


@query
async def create_pending(
    *, server: str, title: str, directory: str, repo_url: str | None, ticket: str | None, created_by: str | None
) -> SessionRecord:
    """A record for a session that is about to be made on the server."""
    now = datetime.now(UTC)
    return await SessionRecord.create(
        id=uuid.uuid4(),
        opencode_session_id=None,
        server=server,
        title=title,
        directory=directory,
        repo_url=repo_url,
        created_at=now,
        updated_at=now,
        origin="created",
        ticket=ticket,
        created_by=created_by,
    )


@query
async def confirm(
    record: SessionRecord, *, opencode_session_id: str, title: str, directory: str, created_at: datetime
) -> SessionRecord:
    """The server has made the session: the record is its own now, also if the session was found first, or just now."""
    record.opencode_session_id = opencode_session_id
    record.title, record.directory = title, directory
    record.created_at, record.updated_at = created_at, datetime.now(UTC)
    for _ in range(_FOUND_MEANWHILE):
        try:
            async with in_transaction():
                await SessionRecord.filter(server=record.server, opencode_session_id=opencode_session_id).delete()
                await record.save()
        except IntegrityError:  # on a database server another connection may have found it in between
            continue
        return record
    raise DatabaseError("The session's record cannot be kept.", hint="Try again; the session itself is there.")


@query
async def claim(server: str, opencode_session_id: str, *, created_by: str, ticket: str | None) -> None:
    """The session was made here after all; a ticket it has stays."""
    async with in_transaction():
        record = SessionRecord.filter(server=server, opencode_session_id=opencode_session_id)
        await record.update(origin="created", created_by=created_by)
        if ticket is not None:
            await record.filter(ticket__isnull=True).update(ticket=ticket)


@query
async def drop_pending(server: str, record: SessionRecord | None = None) -> int:
    """Remove one pending record, or all that a crash left behind; returns how many there were."""
    pending = SessionRecord.filter(server=server, opencode_session_id__isnull=True)
    return await (pending if record is None else pending.filter(id=record.id)).delete()


@query
async def upsert_found(
    *, server: str, opencode_session_id: str, title: str, directory: str, repo_url: str | None = None
) -> SessionRecord:
    """The record of a session that is on the server, made with origin `found` if there is none."""
    known = await SessionRecord.get_or_none(server=server, opencode_session_id=opencode_session_id)
    if known is None:
        now = datetime.now(UTC)
        try:
            return await SessionRecord.create(
                id=uuid.uuid4(),
                opencode_session_id=opencode_session_id,
                server=server,
                title=title,
                directory=directory,
                repo_url=repo_url,
                created_at=now,
                updated_at=now,
                origin="found",
            )
        except IntegrityError:  # another task was faster
            known = await SessionRecord.get(server=server, opencode_session_id=opencode_session_id)
    if (known.title, known.directory) != (title, directory):
        known.title, known.directory, known.updated_at = title, directory, datetime.now(UTC)
        await known.save()
    return known


@query
async def add_found(records: Iterable[SessionRecord]) -> None:
    """Add records of found sessions in one go; those that exist stay as they are."""
    await SessionRecord.bulk_create(list(records), ignore_conflicts=True)


def found(
    *, server: str, opencode_session_id: str, title: str, directory: str, now: datetime, repo_url: str | None = None
) -> SessionRecord:
    """A record for `add_found`, not stored yet."""
    return SessionRecord(
        id=uuid.uuid4(),
        opencode_session_id=opencode_session_id,
        server=server,
        title=title,
        directory=directory,
        repo_url=repo_url,
        created_at=now,
        updated_at=now,
        origin="found",
    )


@query
async def mark(server: str, opencode_session_id: str, *, ticket: str | None, archived_at: datetime | None) -> bool:
    """Both as they are now; False when there is no such record."""
    record = SessionRecord.filter(server=server, opencode_session_id=opencode_session_id)
    return bool(await record.update(ticket=ticket, archived_at=archived_at, updated_at=datetime.now(UTC)))


@query
async def put_outcome(
    server: str,
    opencode_session_id: str,
    *,
    failure: str,
    failed_at: datetime | None,
    additions: int,
    deletions: int,
    files: int,
) -> None:
    """How it stands with the session, if it has a record."""
    record = SessionRecord.filter(server=server, opencode_session_id=opencode_session_id)
    await record.update(failure=failure, failed_at=failed_at, additions=additions, deletions=deletions, files=files)


@query
async def remove(server: str, opencode_session_ids: Iterable[str]) -> int:
    """Remove the records of sessions that are gone; returns how many there were."""
    return await SessionRecord.filter(server=server, opencode_session_id__in=list(opencode_session_ids)).delete()
