"""The search tool opencode needs and would download at first use: ours, so that it works without the internet.

One on PATH is as good. Else the one of the PyPI package `ripgrep`, a dependency of sprintagen, is linked into a
folder of its own: the folder it was installed to has our Python too, which the agent's commands must not find.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

from sprintagen.errors import ManagedError


def find_ripgrep(path: str | None = None) -> Path | None:
    """The `rg` to use: on PATH (or on `path`), else beside our own Python; None when there is none."""
    on_path = shutil.which("rg", path=path)
    if on_path is not None:
        return Path(on_path)
    ours = Path(sysconfig.get_path("scripts")) / "rg"
    return ours if os.access(ours, os.X_OK) else None


def ripgrep_directory(data_dir: Path, path: str | None = None) -> Path | None:
    """A folder with nothing but `rg` in it, for the child's PATH; None when there is no `rg` at all.

    Args:
        data_dir: Where the folder is kept; it is made when missing, and the link in it brought up to date.
        path: What is searched instead of PATH.

    Raises:
        ManagedError: The folder cannot be written.
    """
    program = find_ripgrep(path)
    if program is None:
        return None
    folder = data_dir / "bin"
    try:
        _link(folder, program.absolute())
    except OSError as error:
        raise ManagedError(
            f"{folder} cannot be written: {error.strerror or error}.",
            hint="Make the folder writable, or set SPRINTAGEN_DATA_DIR to another one.",
        ) from error
    return folder


def _link(folder: Path, target: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "rg"
    if target == link.absolute() or (link.is_symlink() and link.readlink() == target):
        return
    fresh = folder / f".rg-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
