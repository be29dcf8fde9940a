"""Finding an opencode that is already on this machine and of a version we support."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sprintagen.errors import ManagedError
from sprintagen.managed import commands
from sprintagen.managed.versions import SUPPORTED_WORDS, is_supported, parse

_ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Opencode:
    """A program that can be started, and what it calls itself."""

    binary: Path
    version: str


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, and a sentence about each program that was found and cannot be used."""

    found: Opencode | None
    rejected: tuple[str, ...] = ()


async def locate(path: str | None = None, *, home: Path | None = None) -> Search:
    """Looks through PATH, then where opencode's own installer puts it; the first supported one wins.

    Args:
        path: What to search instead of PATH.
        home: Whose home directory; None is the person's own.
    """
    rejected: list[str] = []
    for binary in _candidates(os.environ.get("PATH", "") if path is None else path, home or Path.home()):
        try:
            version = await version_of(binary)
        except ManagedError as error:
            rejected.append(error.message)
            continue
        if is_supported(version):
            return Search(Opencode(binary, version), tuple(rejected))
        rejected.append(f"{binary} is version {version}; sprintagen needs {SUPPORTED_WORDS}.")
    return Search(None, tuple(rejected))


async def version_of(binary: Path) -> str:
    """The version an opencode program says it is.

    Raises:
        ManagedError: It does not start, does not answer in time, or is something else.
    """
    try:
        answer = await commands.run([binary, "--version"], timeout=_ANSWER_SECONDS)
    except OSError as error:
        raise ManagedError(f"{binary} cannot be started: {error.strerror or error}.") from error
    if answer.code is None:
        raise ManagedError(f"{binary} --version did not answer within {_ANSWER_SECONDS:.0f} s.")
    version = answer.last_lines(1)
    if answer.code != 0 or parse(version) is None:
        raise ManagedError(f"{binary} --version did not answer with a version (exit code {answer.code}).")
    return version.removeprefix("v")


def _candidates(path: str, home: Path) -> list[Path]:
    folders = [Path(entry) for entry in path.split(os.pathsep) if entry]
    folders.append(home / ".opencode" / "bin")
    found: dict[Path, Path] = {}
    for folder in folders:
        binary = folder / "opencode"
        if binary.is_file() and os.access(binary, os.X_OK):
            found.setdefault(binary.resolve(), binary.absolute())
    return list(found.values())
