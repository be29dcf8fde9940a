"""`FileChange`: what became of one file, from opencode's words for it, and from several changes of it after another."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sprintagen.services import line_diff

if TYPE_CHECKING:
    from collections.abc import Iterable
Status = Literal["added", "deleted", "modified", "renamed"]
Lack = Literal["", "binary", "large", "unreadable"]
"""Why there is no text to show: there is (or nothing in it), it is no text, there is too much, opencode lost it."""
Notes = list[dict[str, Any]]
"""What opencode noted at a prompt: the files its turn changed."""
ALIKE = 0.6
"""How much of a file must be the same in another for the one to have become the other."""
PAIRS = 2000
"""Deleted times added files that are held against each other at most."""
WEIGHED = 2_000_000
"""Lines that are compared for it at most."""

_HUNK = re.compile(r"^@@ ", re.MULTILINE)
_BINARY = re.compile(r"^(?:Binary files .* differ|GIT binary patch)$", re.MULTILINE)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"a": b"\a"}


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file."""

    path: str
    status: Status
    added: int = 0
    """Lines."""
    removed: int = 0
    old_path: str = ""
    """What it was called before, of a renamed one."""
    lack: Lack = ""
    script: tuple[str, ...] | None = None
    """All its lines, with what became of each; None: only the hunks are known."""
    hunks: str = ""
    """The unified diff as opencode gave it, where there is no script."""

    @property
    def is_changed(self) -> bool:
        """Whether anything is different after all."""
        if self.status != "modified" or self.lack or self.script is None:
            return True
        return any(line[0] != " " for line in self.script)

    def patch(self, context: int | None = None) -> str:
        """The change as the hunks of a unified diff.

        Args:
            context: Lines around each change; None: all there are.
        """
        return line_diff.write(list(self.script), context) if self.script is not None else self.hunks

    @property
    def lines(self) -> int:
        """Lines that a patch with all there is would have."""
        return len(self.script) if self.script is not None else self.hunks.count("\n")


def of_wire(note: dict[str, Any]) -> FileChange:
    """One file as opencode tells it, in a prompt's summary or from git; without a path if it names none."""
    path, patch, status = note.get("file"), note.get("patch"), note.get("status")
    path = unquoted(path) if isinstance(path, str) else ""
    patch = patch if isinstance(patch, str) else ""
    known: Status = status if status in ("added", "deleted", "modified") else "modified"
    added, removed = _count(note.get("additions")), _count(note.get("deletions"))
    if _HUNK.search(patch):
        script = line_diff.read(patch)
        if script is None:
            return FileChange(path, known, added, removed, hunks=patch[_hunks_at(patch) :])
        count = line_diff.counts(script)
        return FileChange(path, known, count.added, count.removed, script=tuple(script))
    lack: Lack = ""
    if _BINARY.search(patch) or (not patch and not added and not removed):
        lack = "binary"
    elif added or removed:  # of a name that git quotes, 1.18 finds no text
        lack = "unreadable" if path != note.get("file") else "large"
    is_empty = not lack and known != "modified"
    return FileChange(path, known, added, removed, lack=lack, script=() if is_empty else None)


def joined(first: FileChange, second: FileChange) -> FileChange:
    """What became of a file that was changed twice; unchanged if it is what it was."""
    was, ends = first.status != "added", second.status != "deleted"
    status: Status = "modified" if was == ends else "deleted" if was else "added"
    lack = first.lack or second.lack
    if lack:
        if not was and not ends:
            return FileChange(first.path, "modified", script=())
        added, removed = first.added + second.added, first.removed + second.removed
        return FileChange(first.path, status, added, removed, lack=lack)
    if first.script is None or second.script is None:
        hunks = "".join(
            text if text.endswith("\n") else f"{text}\n" for text in (first.patch(), second.patch()) if text
        )
        return FileChange(first.path, status, first.added + second.added, first.removed + second.removed, hunks=hunks)
    script = line_diff.join(list(first.script), list(second.script))
    count = line_diff.counts(script)
    return FileChange(first.path, status, count.added, count.removed, script=tuple(script))


def notes_in(summary: Any) -> Notes:
    """The notes in a prompt's `summary`, whatever that is."""
    diffs = summary.get("diffs") if isinstance(summary, dict) else None
    return [note for note in diffs if isinstance(note, dict)] if isinstance(diffs, list) else []


def join_notes(by_path: dict[str, FileChange], notes: Notes, *, are_older: bool = False) -> None:
    """Take a turn's files into those of others.

    Args:
        by_path: What there is; a file that became what it was before stays in it, unchanged.
        notes: As opencode noted them.
        are_older: The turn comes before the others rather than after them.
    """
    for note in notes:
        change = of_wire(note)
        if not change.path:
            continue
        known = by_path.get(change.path)
        if known is not None:
            change = joined(change, known) if are_older else joined(known, change)
        by_path[change.path] = change


def with_renames(files: Iterable[FileChange]) -> tuple[FileChange, ...]:
    """The changed ones by path, those that were only called otherwise before as one each.

    opencode has git tell a renamed file as one that went and one that came.
    """
    changed = {file.path: file for file in files if file.path and file.is_changed}
    gone = [file for file in changed.values() if file.status == "deleted" and file.script]
    come = [file for file in changed.values() if file.status == "added" and file.script]
    if gone and come and len(gone) * len(come) <= PAIRS:
        for old, new in _pairs(gone, come):
            script = line_diff.compare(
                line_diff.before(list(old.script or ())), line_diff.after(list(new.script or ()))
            )
            count = line_diff.counts(script)
            del changed[old.path]
            changed[new.path] = replace(
                new, status="renamed", old_path=old.path, added=count.added, removed=count.removed, script=tuple(script)
            )
    return tuple(sorted(changed.values(), key=lambda file: file.path))


def unquoted(path: str) -> str:
    """A path that git put into quotes, as it is."""
    if len(path) < 2 or not (path.startswith('"') and path.endswith('"')):
        return path

    def said(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if code[:1] in b"01234567":
            return bytes([int(code, 8) & 0xFF])
        return _ESCAPED.get(code, code)

    return _ESCAPE.sub(said, path[1:-1].encode()).decode("utf-8", "replace")


def _pairs(gone: list[FileChange], come: list[FileChange]) -> list[tuple[FileChange, FileChange]]:
    """Which of those that went is which of those that came, the likest first."""
    found: list[tuple[float, FileChange, FileChange]] = []
    weight = 0
    for old in gone:
        was = line_diff.before(list(old.script or ()))
        for new in come:
            shorter, longer = sorted((len(was), len(new.script or ())))
            if shorter < ALIKE / 2 * longer:
                continue
            weight += shorter + longer
            if weight > WEIGHED:
                return []
            alike = line_diff.likeness(was, line_diff.after(list(new.script or ())))
            if alike >= ALIKE:
                found.append((alike, old, new))
    pairs: list[tuple[FileChange, FileChange]] = []
    taken: set[str] = set()
    for _, old, new in sorted(found, key=lambda one: (-one[0], one[1].path, one[2].path)):
        if old.path not in taken and new.path not in taken:
            taken |= {old.path, new.path}
            pairs.append((old, new))
    return pairs


def _hunks_at(patch: str) -> int:
    found = _HUNK.search(patch)
    return found.start() if found else 0


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
