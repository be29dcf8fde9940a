"""Table `sprintagen_text_in_flight`: text that is being said, piece by piece, until opencode has stored it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from sprintagen.db.trouble import query

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class TextInFlight(Model):
    id = fields.IntField(primary_key=True)
    server = fields.CharField(max_length=255)
    opencode_session_id = fields.CharField(max_length=255)
    message_id = fields.CharField(max_length=255)
    part_id = fields.CharField(max_length=255, db_index=True)
    at = fields.IntField()
    """The character of the part's text at which the piece belongs."""
    text = fields.TextField()
    said_at = fields.DatetimeField()

    class Meta:
        table = "sprintagen_text_in_flight"


class KeptText(NamedTuple):
    """What is stored of one part."""

    session_id: str
    message_id: str
    part_id: str
    text: str


@query
async def all_for(server: str, *, parts: int, before: datetime) -> list[KeptText]:
    """The text of the last so many parts of a server, but for older ones, which are removed."""
    await TextInFlight.filter(server=server, said_at__lt=before).delete()
    rows = TextInFlight.filter(server=server).order_by("-id")
    known = list(dict.fromkeys(await rows.values_list("part_id", flat=True)))
    await _remove(server, known[parts:])
    texts: dict[str, KeptText] = {}
    for row in await TextInFlight.filter(server=server).order_by("part_id", "at", "id"):
        kept = texts.get(row.part_id) or KeptText(row.opencode_session_id, row.message_id, row.part_id, "")
        if row.at == len(kept.text):  # else it is stored a second time: a COMMIT failed that had been done
            kept = kept._replace(text=kept.text + row.text)
        texts[row.part_id] = kept
    return list(texts.values())


@query
async def write(pieces: Iterable[TextInFlight], *, server: str, ended: Iterable[object]) -> None:
    """Add pieces and remove the parts that have ended, all or nothing."""
    async with in_transaction():
        await _remove(server, ended)
        if found := list(pieces):
            await TextInFlight.bulk_create(found, batch_size=100)


async def _remove(server: str, part_ids: Iterable[object]) -> None:
    found = list(part_ids)
    for start in range(0, len(found), 500):  # a statement takes only so many values
        await TextInFlight.filter(server=server, part_id__in=found[start : start + 500]).delete()
