"""Where the server is and what lies there: health, projects, paths, files, version control."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from sprintagen.opencode.ids import ProjectID
from sprintagen.opencode.models.base import WireModel


class Health(WireModel):
    healthy: bool
    version: str


class ProjectTime(WireModel):
    created: datetime
    updated: datetime | None = None
    initialized: datetime | None = None


class Project(WireModel):
    """A repository, known by its root commit: two clones are one project. `global` is every other directory."""

    id: ProjectID
    worktree: str
    vcs: str | None = None
    name: str | None = None
    time: ProjectTime | None = None
    sandboxes: list[str] = Field(default_factory=list)


class Paths(WireModel):
    """The server's own directories, and the project the asked directory belongs to."""

    home: str = ""
    state: str = ""
    config: str = ""
    worktree: str = ""
    directory: str = ""


class Vcs(WireModel):
    """Cached by the server: after a checkout elsewhere it may be stale until the next prompt."""

    branch: str | None = None
    default_branch: str | None = Field(default=None, alias="default_branch")


class FileNode(WireModel):
    name: str
    path: str
    """Below the directory; ends in `/` for a directory."""
    absolute: str = ""
    type: str = "file"
    ignored: bool = False


class FileContent(WireModel):
    """Text without the white space at its ends, or base64 of a binary file; a missing file is empty text."""

    type: str = "text"
    content: str = ""
    encoding: str | None = None
    mime_type: str | None = None


class FileBytes(NamedTuple):
    """The first bytes of a file."""

    data: bytes
    size: int | None
    """Of the whole file; None: more than these, the server does not say how many."""

    @property
    def is_whole(self) -> bool:
        return self.size == len(self.data)


class MatchText(WireModel):
    text: str = ""


class Submatch(WireModel):
    match: MatchText = MatchText()
    start: int = 0
    end: int = 0


class SearchMatch(WireModel):
    """One line ripgrep found."""

    path: MatchText
    lines: MatchText = MatchText()
    line_number: int | None = Field(default=None, alias="line_number")
    absolute_offset: int | None = Field(default=None, alias="absolute_offset")
    submatches: list[Submatch] = Field(default_factory=list)
