"""What a tool's row says and what is inside it: the contract between the row (`frame.py`) and the tool modules.

Everything in a tool call comes from the model or from a program, so nothing about its shape can be relied upon: read
it with `words`, `number`, `items` and `table`, which answer with something empty rather than fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.services.session_view import SessionView

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
Update = Callable[["ToolPart"], bool]
"""Shows a later state of a call in what was drawn for an earlier one; False: it has to be drawn anew."""


@dataclass(slots=True)
class RenderContext:
    """What a renderer may look at and ask for."""

    view: SessionView
    """What the message is in: the live end of its session, or a page before it once it has fallen out."""
    open_session: Callable[[str], None]
    """Show another session on the page."""
    draw_session: Callable[[str], None] = lambda _: None
    """Draw another session's work where we are, live for as long as it is there."""
    show_changes: Callable[[str], None] | None = None
    """Show what the turn of a prompt changed, beside the transcript; None: nothing can."""

    def relative(self, path: str) -> str:
        """A path as seen from the session's directory, when it lies below it; nothing for the directory itself."""
        directory = self.view.session.directory.rstrip("/") if self.view.session else ""
        if not directory:
            return path
        return "" if path.rstrip("/") == directory else path.removeprefix(directory + "/")

    def is_whole(self, path: str) -> bool:
        """Whether a path says everything from the root on."""
        return path.startswith("/") or bool(_DRIVE.match(path))

    def inside(self, path: str) -> str:
        """The same for a path below the session's directory; empty for any other, which cannot be opened."""
        below = self.relative(path)
        return "" if below.startswith(("/", "~")) or ".." in below.split("/") else below


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLook:
    """One line about a tool call."""

    icon: str
    verb: str
    target: str = ""
    mono: bool = True
    note: str = ""
    """A result in a word or two; the row adds the state itself."""
    tone: str = ""
    added: int = 0
    removed: int = 0
    file: str = ""
    """A file of the directory the call is about, to be opened with a click: as `RenderContext.inside` has it."""
    line: int = 0
    last: int = 0


class Tool:
    """How the calls of one tool look."""

    names: ClassVar[tuple[str, ...]] = ()

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        """The row."""
        raise NotImplementedError

    def build(self, part: ToolPart, context: RenderContext) -> Update | None:
        """The inside, drawn where we are: input and output. Errors are drawn by the frame.

        Returns what brings it up to date as the call goes on; None: it is drawn anew with each change.
        """
        raise NotImplementedError


def table(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def words(value: Any) -> str:
    """The value if it is text or a number, else nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(value: Any) -> int:
    """The value if it is a whole number, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def input_of(part: ToolPart) -> dict[str, Any]:
    return table(getattr(part.state, "input", None))


def metadata_of(part: ToolPart) -> dict[str, Any]:
    return table(getattr(part.state, "metadata", None))


def output_of(part: ToolPart) -> str:
    return words(getattr(part.state, "output", None))


def error_of(part: ToolPart) -> str:
    """Why the tool failed; in words of ours where opencode's are only the name of a function."""
    error = words(getattr(part.state, "error", None))
    if "FileSystem.writeFile" in error or "FileSystem.makeDirectory" in error:
        return f"The file could not be written. Is the project mounted read-only, or the disk full?\n{error}"
    return error


def first_line(text: str, limit: int = 160) -> str:
    """A text in one line, cut to what a row can show."""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first of them, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
