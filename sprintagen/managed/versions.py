"""Which opencode this release of sprintagen is made for: the one place that names its version.

The Makefile and the Docker files read `PINNED_VERSION` from here. The supported range is what the typed client was
checked against; a server outside it may answer in shapes we do not know.
"""

from __future__ import annotations

import re

PINNED_VERSION = "1.18.33"
"""The version that is fetched when no supported one is on PATH."""

SUPPORTED_FROM = (1, 18, 0)
SUPPORTED_BEFORE = (1, 20, 0)
SUPPORTED_WORDS = "1.18 or 1.19"
"""The supported range, for people."""

Version = tuple[int, int, int]

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+][0-9A-Za-z.+-]+)?")


def parse(text: str) -> Version | None:
    """The three numbers of `1.18.33` or `v1.18.33-beta.1`; None for anything else."""
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        return None
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def is_supported(text: str) -> bool:
    """Whether an opencode that calls itself this version can be used."""
    version = parse(text)
    return version is not None and SUPPORTED_FROM <= version < SUPPORTED_BEFORE


def compared(text: str) -> str:
    """A sentence about a server of this version; empty when it is the one that this release is tested with."""
    if text == PINNED_VERSION:
        return ""
    version, pinned = parse(text), parse(PINNED_VERSION)
    assert pinned is not None
    if version is None:
        return f"opencode calls its version {text!r}; sprintagen is tested with {PINNED_VERSION}."
    word = "older" if version < pinned else "newer" if version > pinned else "another build"
    than = "of" if version == pinned else "than"
    return f"opencode {text} is {word} {than} {PINNED_VERSION}, which sprintagen is tested with."
