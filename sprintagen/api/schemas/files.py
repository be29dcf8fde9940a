"""Folders, files and lines of them, as the API shows them."""

from __future__ import annotations

import base64
from typing import Literal, Self

from pydantic import BaseModel, Field

from sprintagen.services.browsing import Entry, Folder, TextMatch
from sprintagen.services.file_text import FileView
from sprintagen.services.project_files import FoundPath


class PathOut(BaseModel):
    """Something that resembles what was looked for."""

    path: str
    kind: Literal["file", "directory"]

    @classmethod
    def of(cls, found: FoundPath) -> Self:
        return cls(path=found.path, kind=found.kind)


class EntryOut(BaseModel):
    name: str
    kind: Literal["file", "directory"]
    is_ignored: bool = Field(description="git does not look at it.")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(name=entry.name, kind=entry.kind, is_ignored=entry.is_ignored)


class FolderOut(BaseModel):
    """Folders first, then files, by name. Links are not listed."""

    path: str = Field(description="Empty for the directory itself.")
    entries: list[EntryOut]
    left_out: int = Field(description="How many there are beyond `limit`.")

    @classmethod
    def of(cls, folder: Folder, limit: int) -> Self:
        shown = folder.entries[:limit]
        return cls(
            path=folder.path,
            entries=[EntryOut.of(entry) for entry in shown],
            left_out=folder.left_out + len(folder.entries) - len(shown),
        )


class FileOut(BaseModel):
    """A file, or as much of it as is read of any (5 MB)."""

    path: str
    kind: Literal["text", "picture", "binary"]
    size: int | None = Field(description="Bytes of the whole file; null: not known.")
    is_whole: bool = Field(description="false: the file is larger than what is read.")
    text: str | None = Field(description="The lines that were asked for, ended by newlines; null: it is no text.")
    lines: int = Field(description="How many lines were read; 0: it is no text.")
    first: int = Field(description="The number of the first line in `text`.")
    is_exact: bool = Field(description="false: it has bytes that are no text, shown as U+FFFD.")
    mime: str = Field(description="Of a picture.")
    data: str | None = Field(description="A picture, in base64; null: it is none, or too large.")

    @classmethod
    def of(cls, view: FileView, first: int, last: int | None) -> Self:
        is_text = view.kind == "text"
        lines = view.lines[first - 1 : last] if is_text else ()
        return cls(
            path=view.path,
            kind=view.kind,
            size=view.size,
            is_whole=view.is_whole,
            text="".join(f"{line}\n" for line in lines) if is_text else None,
            lines=len(view.lines) if is_text else 0,
            first=first,
            is_exact=view.is_exact,
            mime=view.mime,
            data=base64.b64encode(view.data).decode() if view.data else None,
        )


class LineOut(BaseModel):
    """A line that has the text."""

    path: str
    line: int
    text: str = Field(description="The line, or what of it is around the first hit.")
    spans: list[tuple[int, int]] = Field(description="Where in `text` the hits are: code points from and to.")

    @classmethod
    def of(cls, found: TextMatch) -> Self:
        return cls(path=found.path, line=found.line, text=found.text, spans=list(found.spans))
