"""What a person says to lines of changed files, as words of the prompt it goes along with.

It is text like the rest of the prompt, so that every client of opencode shows it and a search finds it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 50
"""Comments that go along with one prompt."""
_BLOCK = re.compile(
    r"(\d+)\. ([^\n]+):\n(`{3,})diff\n(.*?)\n\3\n(.*?)(?:\n\n(?=\d+\. [^\n]+:\n`{3,}diff\n)|\Z)", re.DOTALL
)
HEAD = "Comments on the changes:"


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """One comment."""

    path: str
    side: Literal["old", "new"]
    """Whether the lines are counted in the file as it was, or as it is."""
    first: int
    last: int
    code: tuple[str, ...]
    """The lines, each with its sign, as in a unified diff."""
    note: str
    is_cut: bool = False
    """There were more lines than go along."""

    @property
    def place(self) -> str:
        """Where, in words."""
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"
        return f"{one_line(self.path, 500)}, {lines}{' before the change' if self.side == 'old' else ''}"


class ToldComment(NamedTuple):
    """A comment as a sent prompt has it."""

    place: str
    code: str
    note: str


def with_comments(text: str, comments: Sequence[ReviewComment]) -> str:
    """The prompt's text with the comments below it; as it is if there are none."""
    if not comments:
        return text
    blocks = [_block(number, comment) for number, comment in enumerate(comments[:MOST], start=1)]
    return "\n\n".join([*([text.rstrip()] if text.strip() else []), HEAD, *blocks])


def told(text: str) -> tuple[str, list[ToldComment]]:
    """A prompt's text without the comments below it, and those; the other way round of `with_comments`."""
    said, head, rest = text.rpartition(f"{HEAD}\n\n")
    if not head or (said and not said.endswith("\n\n")):
        return text, []
    found: list[ToldComment] = []
    at = 0
    while at < len(rest):
        match = _BLOCK.match(rest, at)
        if match is None or int(match[1]) != len(found) + 1:
            return text, []  # a person wrote something of their own that begins alike
        found.append(ToldComment(match[2], match[4], match[5]))
        at = match.end()
    return said.rstrip(), found


def _block(number: int, comment: ReviewComment) -> str:
    code = "\n".join(one if one[:1] in ("+", "-", " ") else f" {one}" for one in comment.code)
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    rest = "\n…" if comment.is_cut else ""
    return f"{number}. {comment.place}:\n{fence}diff\n{code}{rest}\n{fence}\n{comment.note.strip()}"
