"""`Browsing`: what a person looks at in a session's directory: folders, files, lines that hold a text, git's marks.

Everything is asked of opencode, which may run on another machine and refuses what leads out of the directory. Names
are relative, as in `project_files.py`. A file is read as its bytes: opencode's own reading cuts blank lines off both
ends, so that no line would have its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from sprintagen.errors import InvalidInput, NotFound
from sprintagen.opencode.errors import InvalidID, RequestRefused, ServerAuthError
from sprintagen.services.file_text import view_of
from sprintagen.services.relative_path import leads_inside
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.services.file_text import FileView
    from sprintagen.services.server import OpencodeServer

ENTRIES = 20_000
"""Entries of one folder that are listed."""
FILE_LIMIT = 5 * 1024 * 1024
"""Bytes of a file that are read."""
MARKS = 5_000
PATTERN_LIMIT = 1_000
LINE_LIMIT = 400
"""Characters of a line that was found."""
MATCHES = 10
"""opencode looks for no more."""
_META = re.compile(r"[\\.+*?()|\[\]{}^$#&\-~]")
"""What the search would not take for itself; it refuses an escape it does not know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a folder."""

    name: str
    kind: Literal["file", "directory"]
    is_ignored: bool = False
    """git does not look at it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: folders first, then files, by name. Links are not listed by opencode."""

    path: str
    """Empty for the directory itself."""
    entries: tuple[Entry, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A line that was found."""

    path: str
    line: int
    text: str
    """The line, or what of it is around the first hit."""
    spans: tuple[tuple[int, int], ...]
    """Where in `text` the hits are; code points."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a file differs from the last commit."""

    status: Literal["added", "deleted", "modified"]
    added: int
    removed: int


class Browsing:
    """The directories one server works in.

    Args:
        server: Whose.
    """

    def __init__(self, server: OpencodeServer) -> None:
        self._server = server

    async def list(self, path: str = "", *, directory: str | None = None) -> Folder:
        """A folder's entries.

        Raises:
            InvalidInput: It is not in the directory.
            NotFound: It is not there, or is no folder.
            OpencodeError: The server cannot be asked.
        """
        if path:
            _check(path)
        client = self._server.at(directory)
        try:
            nodes = await client.files.list(path or ".")
        except ServerAuthError:
            raise
        except RequestRefused as error:
            raise await _reason(client, path, error, wanted="directory") from error
        nodes = [node for node in nodes if path or node.name.rstrip("/") != ".git"]
        nodes.sort(key=lambda node: (node.type != "directory", node.name.casefold(), node.name))
        entries = tuple(
            Entry(node.name.rstrip("/"), "directory" if node.type == "directory" else "file", node.ignored)
            for node in nodes[:ENTRIES]
        )
        return Folder(path, entries, len(nodes) - len(entries))

    async def read(self, path: str, *, directory: str | None = None) -> FileView:
        """A file, or as much of it as is read of any.

        Raises:
            InvalidInput: It is not in the directory, or is a folder.
            NotFound: It is not there (any more).
            OpencodeError: The server cannot be asked, or cannot read it.
        """
        _check(path)
        client = self._server.at(directory)
        try:
            read = await client.files.read(path, limit=FILE_LIMIT)
        except InvalidID as error:
            raise _outside(path) from error
        except ServerAuthError:
            raise
        except RequestRefused as error:
            raise await _reason(client, path, error, wanted="file") from error
        return view_of(path, read.data, read.size, is_whole=read.is_whole)

    async def search(
        self, text: str, *, directory: str | None = None, is_pattern: bool = False
    ) -> tuple[TextMatch, ...]:
        """Lines that hold a text, `MATCHES` at most; small letters fit large ones too.

        Args:
            text: What to look for.
            directory: Where.
            is_pattern: It is a regular expression.

        Raises:
            InvalidInput: It is empty, too long, or opencode cannot look for it.
            OpencodeError: The server cannot be asked.
        """
        if not text.strip() or len(text) > PATTERN_LIMIT or "\n" in text:
            raise InvalidInput("Type one line of up to 1,000 characters to look for.", field="text")
        pattern = text if is_pattern else _META.sub(r"\\\g<0>", text)
        if text == text.lower():
            pattern = f"(?i){pattern}"
        try:
            found = await self._server.at(directory).files.search(pattern)
        except ServerAuthError:
            raise
        except RequestRefused as error:
            raise InvalidInput(
                "opencode cannot look for this.",
                hint="Is the regular expression right? It fails, too, when a file that fits is not UTF-8."
                if is_pattern
                else "It fails when a file that fits is not UTF-8, or when ripgrep is not there.",
                field="text",
            ) from error
        return tuple(
            _match(
                one.path.text, one.line_number or 1, one.lines.text, ((hit.start, hit.end) for hit in one.submatches)
            )
            for one in found
            if leads_inside(one.path.text)
        )

    async def marks(self, *, directory: str | None = None) -> Mapping[str, Mark]:
        """How files differ from the last commit, by path; nothing outside git.

        Raises:
            OpencodeError: The server cannot be asked.
        """
        return {
            one.file: Mark(
                "added" if one.status == "added" else "deleted" if one.status == "deleted" else "modified",
                one.additions,
                one.deletions,
            )
            for one in (await self._server.at(directory).vcs.status())[:MARKS]
            if leads_inside(one.file)
        }


def _match(path: str, line: int, text: str, spans: Iterable[tuple[int, int]]) -> TextMatch:
    """Cut to what can be shown; ripgrep counts bytes. The one line of a minified file has hits without end, so that
    each is counted from the one before it, and none behind what is shown."""
    data = text.encode()
    found: list[tuple[int, int]] = []
    begin = at = point = 0
    for start, end in spans:
        first = point + _points(data[at:start])
        at, point = end, first + _points(data[start:end])
        if not found and point > LINE_LIMIT:
            begin = max(0, first - LINE_LIMIT // 4)
        if first >= begin + LINE_LIMIT:
            break
        found.append((first, point))
    shown = text.rstrip("\r\n")[begin : begin + LINE_LIMIT]
    inside = [(max(0, first - begin), min(len(shown), last - begin)) for first, last in found]
    return TextMatch(path, line, shown, tuple((first, last) for first, last in inside if first < last))


def _points(data: bytes) -> int:
    return len(data.decode(errors="ignore"))


async def _reason(client: OpencodeClient, path: str, refused: RequestRefused, *, wanted: str) -> Exception:
    """Why a path was refused, which opencode does not say."""
    place = PurePosixPath(path)
    try:
        siblings = await client.files.list(str(place.parent))
    except ServerAuthError:
        raise
    except RequestRefused:
        return _missing(path)
    found = next((node.type for node in siblings if node.name.rstrip("/") == place.name), None)
    if found is None:
        return _missing(path)
    if found != wanted:
        kind = "folder" if found == "directory" else "file"
        return InvalidInput(f"“{one_line(path, 200)}” is a {kind}.", field="path")
    return refused


def _check(path: str) -> None:
    if not leads_inside(path):
        raise _outside(path)


def _outside(path: str) -> InvalidInput:
    return InvalidInput(
        f"“{one_line(path, 200)}” is not in the project.",
        hint="Files below the session's directory can be looked at.",
        field="path",
    )


def _missing(path: str) -> NotFound:
    return NotFound(
        f"“{one_line(path, 200) or 'The directory'}” is not there (any more), or leads out of the project.",
        hint="It may have been renamed or deleted. Look into the folder again.",
        field="path",
    )
