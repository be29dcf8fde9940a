"""The access token: the operator's own, or one generated once and kept in the data directory for its owner only."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from sprintagen.errors import SprintagenError

if TYPE_CHECKING:
    from sprintagen.config import Settings

LENGTH = 16
"""A token has at least so many characters."""


def token_file(settings: Settings) -> Path:
    """Where a generated token is kept."""
    return settings.sprintagen_data_dir / "token"


def load_token(settings: Settings) -> SecretStr:
    """The token in force; generates and keeps one where there is none.

    Raises:
        SprintagenError: The data directory cannot be written, or the file in it cannot be used.
    """
    if settings.sprintagen_token is not None:
        return settings.sprintagen_token
    path = token_file(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SecretStr(_read(path) or _make(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SprintagenError(
            f"The access token cannot be kept in {path}: {reason}.",
            hint="Make the data directory writable, choose another with SPRINTAGEN_DATA_DIR, or set SPRINTAGEN_TOKEN.",
        ) from error


def _read(path: Path) -> str | None:
    """The token in the file; None when there is no file or what is in it is too short to be one."""
    try:
        path.chmod(0o600)  # others may have been let in since; shut the door rather than complain
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return token if len(token) >= LENGTH else None


def _make(path: Path) -> str:
    """A new token in the file, or the one that another process was quicker to put there."""
    descriptor, name = tempfile.mkstemp(prefix=".token-", dir=path.parent)  # for its owner only
    temporary = Path(name)
    try:
        token = secrets.token_urlsafe(32)
        with os.fdopen(descriptor, "w") as file:
            file.write(token + "\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            if (other := _read(path)) is not None:
                return other
            temporary.replace(path)
        except OSError:  # a file system without hard links
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return token
