"""A terminal of the server's: a program behind a pseudo-terminal."""

from __future__ import annotations

from pydantic import Field

from sprintagen.opencode.ids import PtyID
from sprintagen.opencode.models.base import WireModel


class Pty(WireModel):
    """One terminal. 1.18 forgets it when its program ends; `exit_code` is there in case it does not."""

    id: PtyID
    title: str
    command: str = ""
    args: list[str] = Field(default_factory=list)
    cwd: str = ""
    status: str = "running"
    """`running` or `exited`."""
    pid: int = 0
    exit_code: int | None = Field(default=None, alias="exitCode")
