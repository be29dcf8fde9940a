"""Differences of a text line by line: reading unified diffs, joining those of one file into one, writing them again.

A `Script` is how a whole text becomes another: the lines of a unified diff whose one hunk holds everything, each with
its sign (space, `-` or `+`). opencode's snapshots come so, which makes two turns' diffs of a file one diff in a few
steps per line, however long the file is, without the file.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

Script = list[str]

OPEN_END = "\n\\ No newline at end of file"
"""Belongs to the line it follows: a last line with and without a newline are two different lines."""
COMPARED = 60_000
"""Lines removed times lines added, up to which a block of changes is looked through for lines that stay."""

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Counts(NamedTuple):
    """Lines added and removed."""

    added: int
    removed: int


def read(patch: str) -> Script | None:
    """The script a unified diff holds; empty when it has no hunk, None when it does not show the whole text.

    That a hunk goes on to the text's end cannot be seen in it: who joins scripts finds out.
    """
    lines = iter(patch.split("\n"))
    script: Script = []
    seen = False
    for line in lines:
        if (hunk := _HUNK.match(line)) is None:
            continue
        old_start, new_start = int(hunk[1]), int(hunk[3])
        if seen or old_start > 1 or new_start > 1:
            return None
        seen = True
        old_left, new_left = int(hunk[2] or 1), int(hunk[4] or 1)
        while old_left > 0 or new_left > 0:
            body = next(lines, None)
            if body is None or body[:1] not in (" ", "-", "+"):
                if body is not None and body.startswith("\\") and script:
                    script[-1] += OPEN_END
                    continue
                return None
            script.append(body)
            old_left -= body[0] != "+"
            new_left -= body[0] != "-"
        if script and (following := next(lines, "")).startswith("\\"):
            script[-1] += OPEN_END
        elif script and _HUNK.match(following):
            return None
    return script


def join(first: Script, second: Script) -> Script:
    """How the text before the first script becomes the text after the second one.

    Between the two somebody else may have changed the text; that is then part of the result.
    """
    middle = after(first)
    begin = before(second)
    if middle != begin:
        first = _pass_on(first, compare(middle, begin))
    return tidy(_pass_on(first, second))


def compare(old: list[str], new: list[str]) -> Script:
    """A script from one text's lines to another's; not always the shortest, but always quick."""
    start = 0
    while start < len(old) and start < len(new) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    kept_before, kept_after = old[:start], old[len(old) - end :]
    inner = _block(old[start : len(old) - end], new[start : len(new) - end])
    return [*(f" {line}" for line in kept_before), *inner, *(f" {line}" for line in kept_after)]


def tidy(script: Script) -> Script:
    """The same with nothing removed that is added again beside it."""
    tidied: Script = []
    for is_kept, group in groupby(script, lambda line: line[0] == " "):
        lines = list(group)
        if is_kept:
            tidied += lines
            continue
        gone = [line[1:] for line in lines if line[0] == "-"]
        come = [line[1:] for line in lines if line[0] == "+"]
        tidied += compare(gone, come)
    return tidied


def before(script: Script) -> list[str]:
    """The text it begins with."""
    return [line[1:] for line in script if line[0] != "+"]


def after(script: Script) -> list[str]:
    """The text it ends with."""
    return [line[1:] for line in script if line[0] != "-"]


def counts(script: Script) -> Counts:
    """How many lines it adds and removes."""
    return Counts(sum(line[0] == "+" for line in script), sum(line[0] == "-" for line in script))


def write(script: Script, context: int | None = None) -> str:
    """The script as the hunks of a unified diff, without a head.

    Args:
        script: What to write; one that changes nothing gives nothing.
        context: Lines that stay to show before and after each change; None: all of them, in one hunk.
    """
    changed = [at for at, line in enumerate(script) if line[0] != " "]
    if not changed:
        return ""
    stretches: list[list[int]] = []
    for at in changed:
        low, high = (0, len(script)) if context is None else (max(0, at - context), min(len(script), at + context + 1))
        if stretches and low <= stretches[-1][1]:
            stretches[-1][1] = max(stretches[-1][1], high)
        else:
            stretches.append([low, high])
    out: list[str] = []
    at = old = new = 0
    for low, high in stretches:
        gap = script[at:low]
        old += len(gap)
        new += len(gap)
        body = script[low:high]
        old_count = sum(line[0] != "+" for line in body)
        new_count = sum(line[0] != "-" for line in body)
        out.append(f"@@ -{_range(old, old_count)} +{_range(new, new_count)} @@")
        out += body
        old, new, at = old + old_count, new + new_count, high
    return "\n".join(out) + "\n"


def likeness(old: list[str], new: list[str]) -> float:
    """How much of two texts is the same, from 0 to 1, wherever it stands."""
    if not old or not new:
        return 0.0
    left: dict[str, int] = {}
    for line in old:
        left[line] = left.get(line, 0) + 1
    same = 0
    for line in new:
        if left.get(line, 0) > 0:
            left[line] -= 1
            same += 1
    return 2 * same / (len(old) + len(new))


def _range(start: int, count: int) -> str:
    first = start + 1 if count else start
    return f"{first}" if count == 1 else f"{first},{count}"


def _block(gone: list[str], come: list[str]) -> Script:
    if not gone or not come or len(gone) * len(come) > COMPARED:
        return [*(f"-{line}" for line in gone), *(f"+{line}" for line in come)]
    script: Script = []
    for kind, i, j, k, m in SequenceMatcher(None, gone, come, autojunk=False).get_opcodes():
        if kind == "equal":
            script += (f" {line}" for line in gone[i:j])
        else:
            script += (f"-{line}" for line in gone[i:j])
            script += (f"+{line}" for line in come[k:m])
    return script


def _pass_on(first: Script, second: Script) -> Script:
    """Follow each line of the text between the two: where it came from, and what becomes of it."""
    out: Script = []
    at = 0
    for line in second:
        if line[0] == "+":
            out.append(line)
            continue
        while first[at][0] == "-":
            out.append(first[at])
            at += 1
        origin = first[at]
        at += 1
        if line[0] == " ":
            out.append(origin)
        elif origin[0] == " ":
            out.append(f"-{origin[1:]}")
    return out + first[at:]
