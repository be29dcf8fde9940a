"""What opencode says: the file it is written to, the last lines for the page, its warnings for our own log.

The child writes to the file itself, so nothing is lost or held up when we are busy; this side only reads along. The
file may hold what a person would not want to see in public (opencode logs the bodies it rejects), therefore 0600, and
what leaves it through here is shortened and has secrets painted over.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import SecretStr

logger = logging.getLogger("sprintagen.opencode-server")

_KEEP_BYTES = 10_000_000
_READ_BYTES = 1_000_000
_LINE_CHARACTERS = 400
_SCAN_CHARACTERS = 65_536
_TAIL_LINES = 30
_FORWARD_AT_ONCE = 20

_LISTENING = "opencode server listening on http://"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LEVEL = re.compile(r"\blevel=(?:WARN|WARNING|ERROR|FATAL)\b")
_MESSAGE = re.compile(r'\bmessage=("(?:[^"\\]|\\.)*"|\S+)(.*)', re.DOTALL)
_SECRETS = re.compile(
    r"""(?ix)
    (?P<name> \b (?:api[-_]?key|key|token|secret|password|access|refresh|authorization) \\*["']? \s* [:=] \s* )
    (?P<value> \\*"[^"]*" | (?:bearer|basic)\s+\S+ | [^\s,;}"]+ )
    | \b(?:sk|csk|gsk|xai|pk|ghp|gho|glpat)[-_][A-Za-z0-9_-]{12,}
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)
    """
)


class ServerLog:
    """Reads along with the file one child writes to.

    Args:
        path: The file.
        secrets: Values that never leave it, besides what looks like one.
    """

    def __init__(self, path: Path, *, secrets: Sequence[SecretStr] = ()) -> None:
        self.path = path
        self._secrets = [secret.get_secret_value() for secret in secrets if secret.get_secret_value()]
        self.says_listening = False
        """Whether the child has said that it takes requests."""
        self._position = 0
        self._rest = b""
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines since `begin`, safe to show."""
        return tuple(self._tail)

    def begin(self) -> None:
        """Makes the file ready for a new child: readable by its owner only, an old one that is big moved aside.

        Raises:
            OSError: It cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > _KEEP_BYTES // 2:
            self.path.replace(self._old)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            self._position = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        self._rest = b""
        self._tail.clear()
        self.says_listening = False

    def read(self) -> list[str]:
        """The complete lines written since the last call; warnings among them go to our log."""
        lines = [self._clean(line) for line in self._new_lines()]
        self._tail.extend(lines)
        self.says_listening |= any(line.startswith(_LISTENING) for line in lines)
        loud = [line for line in lines if _LEVEL.search(line)]
        for line in loud[:_FORWARD_AT_ONCE]:
            logger.warning("%s", _without_preamble(line))
        if len(loud) > _FORWARD_AT_ONCE:
            logger.warning("%d more warnings are in %s", len(loud) - _FORWARD_AT_ONCE, self.path)
        return lines

    @property
    def _old(self) -> Path:
        return self.path.with_name(self.path.name + ".1")

    def _new_lines(self) -> list[str]:
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < self._position:  # emptied by somebody
                    self._position, self._rest = 0, b""
                if size - self._position > _READ_BYTES:  # a flood: the end is what matters
                    self._position, self._rest = size - _READ_BYTES, b""
                file.seek(self._position)
                data = file.read(_READ_BYTES)
        except OSError:  # moved away under us: there is nothing to read
            return []
        self._position += len(data)
        if self._position > _KEEP_BYTES:
            self._start_over()
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_READ_BYTES:]
        return [line.decode(errors="replace") for line in lines if line.strip()]

    def _start_over(self) -> None:
        # The child goes on writing to the same file, at its end: so the file is emptied, not replaced.
        try:
            shutil.copyfile(self.path, self._old)
            self._old.chmod(0o600)
            os.truncate(self.path, 0)
        except OSError as error:
            logger.warning("the log %s cannot be shortened: %s", self.path, error.strerror)
        self._position = 0

    def _clean(self, line: str) -> str:
        line = _CONTROL.sub("", line[:_SCAN_CHARACTERS])
        for secret in self._secrets:
            line = line.replace(secret, "***")
        line = _SECRETS.sub(lambda match: f"{match['name'] or ''}***", line)
        return line if len(line) <= _LINE_CHARACTERS else line[:_LINE_CHARACTERS] + "…"


def _without_preamble(line: str) -> str:
    match = _MESSAGE.search(line)
    return f"{match[1].strip(chr(34))}{match[2]}" if match else line
