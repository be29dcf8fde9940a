"""Tables `sprintagen_prompt` and `sprintagen_prompt_content`: prompts that were taken and have no answer yet.

What changes (state, reason) and what is large (text, files) are apart, so that a change of state writes little. A
prompt that has ended leaves a row with its `outcome` behind, by which its client key is known for a while.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.transactions import in_transaction

from sprintagen.db.trouble import query

if TYPE_CHECKING:
    from collections.abc import Iterable


class Prompt(Model):
    id = fields.IntField(primary_key=True)
    """Ascending: the order in which they were taken."""
    place = fields.IntField(default=0, db_default=0)
    """Comes before the order in which they were taken: a person moved it."""
    prompt_id = fields.CharField(max_length=64, unique=True)
    server = fields.CharField(max_length=255)
    opencode_session_id = fields.CharField(max_length=255)
    actor = fields.CharField(max_length=255)
    client_key = fields.CharField(max_length=255, null=True)
    message_id = fields.CharField(max_length=255)
    """The id its user message has, or will have."""
    state = fields.CharField(max_length=16)
    was_tried = fields.BooleanField(default=False, db_default=False)
    """It failed and is tried again."""
    reason = fields.TextField(default="")
    hint = fields.TextField(default="")
    outcome = fields.CharField(max_length=16, null=True)
    """`answered` or `removed`; null while it waits or is on its way."""
    owner = fields.CharField(max_length=255)
    """The process that delivers it."""
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "sprintagen_prompt"
        unique_together = (("server", "opencode_session_id", "actor", "client_key"),)


class PromptContent(Model):
    prompt_id = fields.CharField(max_length=64, primary_key=True)
    draft = fields.TextField()
    """JSON: the text, what the files are called, the ids of the parts."""
    files = fields.BinaryField()
    """The bytes of all files, one after the other."""

    class Meta:
        table = "sprintagen_prompt_content"


@query
async def add(prompt: Prompt, content: PromptContent) -> bool:
    """Store both, or neither; False when the client key is taken."""
    try:
        async with in_transaction():
            await prompt.save(force_create=True)
            await content.save(force_create=True)
    except IntegrityError:
        return False
    return True


@query
async def all_for(server: str) -> list[tuple[Prompt, PromptContent]]:
    """Every prompt of a server, also those that have ended, in the order they were taken."""
    prompts = await Prompt.filter(server=server).order_by("place", "id")
    contents = {one.prompt_id: one for one in await PromptContent.filter(prompt_id__in=[p.prompt_id for p in prompts])}
    return [(prompt, contents[prompt.prompt_id]) for prompt in prompts if prompt.prompt_id in contents]


@query
async def by_key(
    server: str, opencode_session_id: str, actor: str, client_key: str
) -> tuple[Prompt, PromptContent] | None:
    """The prompt that was sent with this key."""
    prompt = await Prompt.get_or_none(
        server=server, opencode_session_id=opencode_session_id, actor=actor, client_key=client_key
    )
    content = await PromptContent.get_or_none(prompt_id=prompt.prompt_id) if prompt is not None else None
    return (prompt, content) if prompt is not None and content is not None else None


@query
async def claim(prompt_ids: Iterable[str], owner: str) -> None:
    """Another process delivers them from now on."""
    await Prompt.filter(prompt_id__in=list(prompt_ids)).update(owner=owner)


@query
async def waiting_elsewhere(server: str, owner: str) -> dict[str, list[str]]:
    """What others than `owner` deliver: by process, the ids of its prompts, in the order they were taken."""
    found: dict[str, list[str]] = {}
    rows = Prompt.filter(server=server, outcome__isnull=True).exclude(owner=owner).order_by("id")
    for other, prompt_id in await rows.values_list("owner", "prompt_id"):
        found.setdefault(str(other), []).append(str(prompt_id))
    return found


@query
async def take_over(prompt_ids: Iterable[str], *, before: str, owner: str) -> list[tuple[Prompt, PromptContent]]:
    """Deliver them from now on, but for those that somebody else has taken over from `before` already."""
    async with in_transaction():
        mine = Prompt.filter(prompt_id__in=list(prompt_ids), owner=before)
        ids = [str(prompt_id) for prompt_id in await mine.values_list("prompt_id", flat=True)]
        await mine.update(owner=owner)
        prompts = await Prompt.filter(prompt_id__in=ids).order_by("place", "id")
        contents = {one.prompt_id: one for one in await PromptContent.filter(prompt_id__in=ids)}
    return [(prompt, contents[prompt.prompt_id]) for prompt in prompts if prompt.prompt_id in contents]


@query
async def set_state(prompt_id: str, *, state: str, was_tried: bool, reason: str, hint: str) -> None:
    await Prompt.filter(prompt_id=prompt_id).update(
        state=state, was_tried=was_tried, reason=reason, hint=hint, updated_at=datetime.now(UTC)
    )


@query
async def set_places(places: dict[str, int]) -> None:
    """Other places in line, all of them or none."""
    async with in_transaction():
        for prompt_id, place in places.items():
            await Prompt.filter(prompt_id=prompt_id).update(place=place)


@query
async def set_draft(prompt_id: str, *, draft: str) -> None:
    """It says something else now; its files stay."""
    await PromptContent.filter(prompt_id=prompt_id).update(draft=draft)


@query
async def end(prompt_id: str, *, outcome: str, draft: str) -> None:
    """It was answered or removed: its files go, and of its text what `draft` has stays."""
    async with in_transaction():
        await Prompt.filter(prompt_id=prompt_id).update(outcome=outcome, updated_at=datetime.now(UTC))
        await PromptContent.filter(prompt_id=prompt_id).update(draft=draft, files=b"")


@query
async def discard(prompt_id: str) -> None:
    """Remove what was refused, should it be there."""
    await _remove(await Prompt.filter(prompt_id=prompt_id).values_list("id", flat=True))


@query
async def remove_session(server: str, opencode_session_id: str) -> None:
    """Remove everything of a session that is gone."""
    await _remove(
        await Prompt.filter(server=server, opencode_session_id=opencode_session_id).values_list("id", flat=True)
    )


@query
async def prune(server: str, *, keep: int, before: datetime) -> None:
    """Remove what has ended, but for the last so many that ended since."""
    ended = Prompt.filter(server=server, outcome__not_isnull=True)
    await _remove(await ended.filter(updated_at__lt=before).values_list("id", flat=True))
    await _remove(await ended.order_by("-updated_at", "-id").offset(keep).limit(100_000).values_list("id", flat=True))


async def _remove(ids: Iterable[object]) -> None:
    if not (found := list(ids)):
        return
    async with in_transaction():
        for start in range(0, len(found), 500):  # a statement takes only so many values
            prompts = Prompt.filter(id__in=found[start : start + 500])
            await PromptContent.filter(prompt_id__in=await prompts.values_list("prompt_id", flat=True)).delete()
            await prompts.delete()
