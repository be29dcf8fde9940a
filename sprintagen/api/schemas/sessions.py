"""Sessions, todos and changes as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from sprintagen.opencode.models import Todo
from sprintagen.services.changed_file import FileChange
from sprintagen.services.file_changes import Changes
from sprintagen.services.sessions import SessionRow


class SessionOut(BaseModel):
    """One session."""

    id: str
    title: str = Field(description="Empty until the first prompt has given it one.")
    directory: str
    parent_id: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    state: str = Field(description="idle, working, asking, retrying or failed")
    detail: str = Field(description="One line about the state; empty when there is nothing to say.")
    unread: bool
    origin: str = Field(description="created: made here; found: made by another client of the server")
    ticket: str | None
    additions: int
    deletions: int
    files: int
    cost: float

    @classmethod
    def of(cls, row: SessionRow) -> Self:
        return cls(
            id=row.session_id,
            title=row.title,
            directory=row.directory,
            parent_id=row.parent_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            archived_at=row.archived_at,
            state=row.state,
            detail=row.detail,
            unread=row.unread,
            origin=row.origin,
            ticket=row.ticket,
            additions=row.additions,
            deletions=row.deletions,
            files=row.files,
            cost=row.cost,
        )


class SessionList(BaseModel):
    """Newest first; `total` counts all that match, before `limit`."""

    sessions: list[SessionOut]
    total: int


class SessionCreate(BaseModel, extra="forbid"):
    title: str | None = Field(None, max_length=300)
    directory: str | None = Field(None, max_length=4096, description="Omitted: the project's directory.")
    ticket: str | None = Field(None, max_length=200)


class SessionUpdate(BaseModel, extra="forbid"):
    """A field left out stays as it is; `ticket` set to null or empty is removed."""

    title: str | None = Field(None, min_length=1, max_length=300)
    ticket: str | None = Field(None, max_length=200)
    archived: bool | None = None


class TodoOut(BaseModel):
    content: str
    status: str
    priority: str

    @classmethod
    def of(cls, todo: Todo) -> Self:
        return cls(content=todo.content, status=todo.status, priority=todo.priority)


class FileDiffOut(BaseModel):
    file: str
    status: str | None
    additions: int
    deletions: int
    patch: str | None

    @classmethod
    def of(cls, file: FileChange) -> Self:
        return cls(
            file=file.path, status=file.status, additions=file.added, deletions=file.removed, patch=file.patch() or None
        )


class ChangedFileOut(BaseModel):
    path: str
    old_path: str | None = Field(description="What a renamed file was called before.")
    status: Literal["added", "deleted", "modified", "renamed"]
    additions: int
    deletions: int
    patch: str | None = Field(description="Hunks of a unified diff, without a head.")
    lack: Literal["binary", "large", "unreadable"] | None = Field(
        description="Why there is no patch: it is no text, is too large for the server, or the server lost it."
    )


class ChangesOut(BaseModel):
    scope: Literal["session", "turn", "worktree", "branch"]
    message_id: str | None
    additions: int
    deletions: int
    files: list[ChangedFileOut]

    @classmethod
    def of(cls, changes: Changes, context: int) -> Self:
        return cls(
            scope=changes.scope,
            message_id=changes.message_id or None,
            additions=changes.added,
            deletions=changes.removed,
            files=[
                ChangedFileOut(
                    path=file.path,
                    old_path=file.old_path or None,
                    status=file.status,
                    additions=file.added,
                    deletions=file.removed,
                    patch=file.patch(context) or None,
                    lack=file.lack or None,
                )
                for file in changes.files
            ],
        )


Origin = Literal["all", "created"]
