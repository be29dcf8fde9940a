"""What this sprintagen is, for the page's header and its empty states."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A prompt offered on an empty chat."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class AppInfo:
    """Facts that hold for the life of the process."""

    version: str
    managed: bool = False
    """Whether the opencode server is our own child process."""
    demo: bool = False
    """Whether the model is the scripted one; the page says so."""
    suggestions: tuple[Suggestion, ...] = ()
    directory: str | None = None
    """The project directory as opencode sees it; None: the server's own."""
    repo_url: str | None = None
    """The repository's address without credentials."""


def without_credentials(url: str | None) -> str | None:
    """A repository's address without user name, password and query; one that cannot be read becomes None."""
    if url is None or "://" not in url:  # host:path, the short form of ssh, has no place for a password
        return url
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return None
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
