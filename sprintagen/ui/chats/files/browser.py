"""`FileBrowser`: the tree, the searches and the open file in the browser, which asks for each thing it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nicegui import ui

from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sprintagen.services.browsing import Folder, Mark

Lines = tuple[int, int]
"""The first and the last, from 1."""
MOST_LINES = 10_000_000
QUERY_LIMIT = 1_000


class Wanted(NamedTuple):
    """A file somebody wants to see, and lines of it."""

    path: str
    lines: Lines | None = None


class Find(NamedTuple):
    """A search, numbered by the browser."""

    number: int
    mode: Literal["names", "text"]
    text: str
    is_pattern: bool


class Named(NamedTuple):
    """Something to name in the prompt."""

    kind: Literal["file", "directory"]
    path: str
    lines: Lines | None


class FileBrowser(
    ui.element,
    component="file_browser.js",
    dependencies=[
        "file_tree.js",
        "file_viewer.js",
        "../../kit/code_lines.js",
        *PROSE,
    ],
):
    """What the browser asks for, as it says it; nothing of it is checked but its shape.

    Args:
        on_ready: It is there and can be told things.
        on_list: A folder was opened.
        on_marks: It wants git's marks.
        on_find: Something was typed into the search.
        on_read: A file was opened, or is to be read again.
        on_piece: Lines came into view: a reading's number, and which piece of it.
        on_mention: Something is to be named in the prompt.
        on_copy: The text is to be copied, or lines of it.
        on_shut: No file is open any more.
    """

    def __init__(
        self,
        *,
        on_ready: Callable[[], Any],
        on_list: Callable[[str], Any],
        on_marks: Callable[[], Any],
        on_find: Callable[[Find], Any],
        on_read: Callable[[Wanted], Any],
        on_piece: Callable[[int, int], Any],
        on_mention: Callable[[Named], Any],
        on_copy: Callable[[Lines | None], Any],
        on_shut: Callable[[], Any],
    ) -> None:
        super().__init__()
        self.mark("files")
        self.on("ready", on_ready, args=[])
        self.on("list", lambda event: on_list(event.args) if isinstance(event.args, str) else None)
        self.on("marks", on_marks, args=[])
        self.on("find", lambda event: on_find(find) if (find := _find(event.args)) else None)
        self.on("read", lambda event: on_read(wanted) if (wanted := wanted_of(event.args)) else None)
        self.on("piece", lambda event: on_piece(*piece) if (piece := _piece(event.args)) else None)
        self.on("mention", lambda event: on_mention(named) if (named := _named(event.args)) else None)
        self.on("copy", lambda event: on_copy(lines_of(event.args)))
        self.on("shut", on_shut, args=[])

    def begin(self, name: str) -> None:
        """Show another directory, by its name; it asks for what is in it."""
        self.run_method("begin", name)

    def listed(self, folder: Folder) -> None:
        """A folder's entries."""
        entries = [[well_formed(entry.name), entry.kind, entry.is_ignored] for entry in folder.entries]
        self.run_method("listed", folder.path, {"entries": entries, "left": folder.left_out})

    def not_listed(self, path: str, error: str) -> None:
        """A folder cannot be looked into."""
        self.run_method("listed", path, {"entries": [], "left": 0, "error": error})

    def marked(self, marks: Mapping[str, Mark]) -> None:
        """How files differ from the last commit."""
        self.run_method("marked", {path: {"status": mark.status} for path, mark in marks.items()})

    def found(self, find: Find, hits: Sequence[Any], note: str = "", error: str = "") -> None:
        """What a search found: `[path, kind]` by name, `[path, line, text, spans]` by text."""
        self.run_method("answered", find.number, {"mode": find.mode, "hits": list(hits), "note": note, "error": error})

    def opened(self, file: dict[str, Any], index: int, lines: Sequence[str], chosen: Lines | None) -> None:
        """A file was read: facts about it, and one piece of its lines."""
        self.run_method("opened", file, index, [well_formed(line) for line in lines], chosen)

    def not_opened(self, path: str, error: str, hint: str) -> None:
        """A file cannot be read."""
        self.run_method("failed", path, error, hint)

    def piece(self, version: int, index: int, lines: Sequence[str]) -> None:
        """More lines of a file."""
        self.run_method("piece", version, index, [well_formed(line) for line in lines])

    def stale(self, path: str | None = None) -> None:
        """This file was changed, or anything may have been: what is shown asks again."""
        self.run_method("stale", *([path] if path is not None else []))

    def show(self, wanted: Wanted) -> None:
        """Open a file, and show where it is."""
        self.run_method("show", wanted.path, wanted.lines)

    def seen(self, is_seen: bool) -> None:
        """Whether somebody sees it; what is open is in the address only then."""
        self.run_method("seen", is_seen)


def wanted_of(args: Any) -> Wanted | None:
    """A file as the page names it: `{path, lines}`."""
    path = args.get("path") if isinstance(args, dict) else None
    return Wanted(path, lines_of(args.get("lines"))) if isinstance(path, str) and path else None


def wanted_in(query: Mapping[str, str]) -> Wanted | None:
    """A file as an address names it: `?file=src/a.py&lines=3-9`."""
    path = query.get("file", "")
    found = re.fullmatch(r"(\d{1,8})(?:-(\d{1,8}))?", query.get("lines", ""))
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    return Wanted(path, lines_of([first, last])) if path else None


def lines_of(args: Any) -> Lines | None:
    """`[from, to]`; None for anything else."""
    if not (isinstance(args, list) and len(args) == 2 and all(type(line) is int for line in args)):
        return None
    return (args[0], args[1]) if 1 <= args[0] <= args[1] <= MOST_LINES else None


def _find(args: Any) -> Find | None:
    if not isinstance(args, dict):
        return None
    count, mode, text = args.get("count"), args.get("mode"), args.get("text")
    if not isinstance(count, int) or mode not in ("names", "text") or not isinstance(text, str):
        return None
    return Find(count, mode, text[:QUERY_LIMIT], args.get("pattern") is True)


def _piece(args: Any) -> tuple[int, int] | None:
    version, index = (args.get("version"), args.get("index")) if isinstance(args, dict) else (None, None)
    return (version, index) if isinstance(version, int) and isinstance(index, int) and index >= 0 else None


def _named(args: Any) -> Named | None:
    if not isinstance(args, dict) or not isinstance(args.get("path"), str):
        return None
    kind = args.get("kind")
    return Named(kind, args["path"], lines_of(args.get("lines"))) if kind in ("file", "directory") else None
