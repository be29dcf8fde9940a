"""Terminals, as the API shows them."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from sprintagen.services.terminals import TITLE, TerminalRow


class TerminalOut(BaseModel):
    """One that runs."""

    id: str
    title: str
    directory: str = Field(description="Where its shell was started.")

    @classmethod
    def of(cls, row: TerminalRow) -> Self:
        return cls(id=row.id, title=row.title, directory=row.directory)


class TerminalIn(BaseModel, extra="forbid"):
    title: str = Field("", max_length=TITLE, description="What it is called; empty: `Terminal 1` and so on.")


class TerminalTitleIn(BaseModel, extra="forbid"):
    title: str = Field(min_length=1, max_length=TITLE)
