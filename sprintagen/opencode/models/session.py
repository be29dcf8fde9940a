"""Sessions and what belongs to one: status, todos, file differences."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sprintagen.opencode.ids import MessageID, PartID, ProjectID, SessionID
from sprintagen.opencode.models.base import Amount, WireModel

MOST_LINES = 1_000_000_000
"""What a difference is believed to count at most."""


class CacheTokens(WireModel):
    read: Amount = 0
    write: Amount = 0


class Tokens(WireModel):
    """Tokens counted by the provider. Cached ones are not part of `input`."""

    input: Amount = 0
    output: Amount = 0
    reasoning: Amount = 0
    cache: CacheTokens = CacheTokens()
    total: float | None = None


class SessionModel(WireModel):
    """The model a session uses next. Here it is `id`; in messages and prompts it is `model_id` (`ModelRef`)."""

    id: str
    provider_id: str
    variant: str | None = None


class DiffSummary(WireModel):
    """Always zeros in 1.18 outside a revert."""

    additions: int = 0
    deletions: int = 0
    files: int = 0


class Revert(WireModel):
    """Messages from this one on are undone: still listed, deleted by the next prompt."""

    message_id: MessageID
    part_id: PartID | None = None
    snapshot: str | None = None
    diff: str | None = None


class Share(WireModel):
    url: str


class SessionTime(WireModel):
    created: datetime
    updated: datetime
    archived: datetime | None = None
    compacting: datetime | None = None


class Session(WireModel):
    """One session. An absent field means "none", also when an earlier event had one."""

    id: SessionID
    slug: str = ""
    project_id: ProjectID = ProjectID("")
    directory: str
    path: str = ""
    """Below the project's worktree; empty for the worktree itself."""
    parent_id: SessionID | None = None
    """The session whose task tool made this one."""
    title: str = ""
    agent: str | None = None
    model: SessionModel | None = None
    version: str = ""
    summary: DiffSummary | None = None
    cost: Amount = 0
    """US dollars."""
    tokens: Tokens | None = None
    permission: list[dict[str, Any]] | None = None
    """The session's own permission rules, before those of the configuration."""
    metadata: dict[str, Any] | None = None
    revert: Revert | None = None
    share: Share | None = None
    time: SessionTime


class SessionStatus(WireModel):
    """What a session is doing; `next` is when a retry starts."""

    type: Literal["idle", "busy", "retry"] | str
    attempt: int | None = None
    message: str | None = None
    next: datetime | None = None


class Todo(WireModel):
    content: str
    status: str = "pending"
    """`pending`, `in_progress`, `completed` or `cancelled`."""
    priority: str = "medium"
    id: str | None = None


class FileDiff(WireModel):
    """One changed file; `patch` is a unified diff where the route sends one."""

    file: str = ""
    patch: str | None = None
    additions: int = 0
    deletions: int = 0
    status: str | None = None
    """`added`, `deleted` or `modified`."""

    @classmethod
    def of(cls, item: Any) -> FileDiff | None:
        """What can be read of one that nobody has checked; None when it names no file."""
        if not isinstance(item, dict) or not isinstance(item.get("file"), str):
            return None
        texts = {name: item[name] for name in ("patch", "status") if isinstance(item.get(name), str)}
        return cls(
            file=item["file"],
            additions=_lines(item.get("additions")),
            deletions=_lines(item.get("deletions")),
            **texts,
        )


def _lines(value: Any) -> int:
    """As many as a file can have."""
    return min(int(value), MOST_LINES) if isinstance(value, int | float) and 0 < value < float("inf") else 0
