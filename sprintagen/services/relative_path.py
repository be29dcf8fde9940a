"""Which names of files and folders are taken: those below a directory, written as opencode writes them."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 4096
_DRIVE = re.compile(r"[A-Za-z]:")


def leads_inside(path: str) -> bool:
    """Whether a name is relative, plain, and leads nowhere else. That a link leads elsewhere only opencode can tell."""
    is_plain = 0 < len(path) <= LONGEST and not any(ord(char) < 32 for char in path) and "\\" not in path
    return is_plain and not path.startswith(("/", "~")) and ".." not in path.split("/") and not _DRIVE.match(path)
