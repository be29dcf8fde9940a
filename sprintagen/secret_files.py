"""Secrets by file: where `NAME` is unset or empty, the file that `NAME_FILE` names has the value.

So a secret can come as a mounted file, as container engines hand it over, and stays out of the environment, which
process lists and child processes show.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUFFIX: Final = "_FILE"
LARGEST: Final = 64 * 1024
"""Bytes of a file that is taken for a secret."""


def read(names: Iterable[str], *places: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """What files say of the settings `names`, and a line for each file that cannot be used.

    Args:
        names: Of the variables, in capitals.
        places: Where variables are set, the one that counts most first: a file that an earlier place names wins over
            a value in a later one, as the earlier place's own value does.
    """
    values: dict[str, str] = {}
    problems: list[str] = []
    for name in names:
        for place in places:
            if place.get(name):
                break
            if path := place.get(name + SUFFIX):
                try:
                    values[name] = _content(Path(path).expanduser())
                except _Unusable as error:
                    problems.append(f"{name}{SUFFIX}: wants a file with the secret in it; {path} {error}")
                break
    return values, problems


class _Unusable(Exception):
    """A file is not one with a secret in it; says why, after its path."""


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        text = content.decode().rstrip("\r\n")
    except OSError as error:
        raise _Unusable(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise _Unusable("is not text") from error
    if len(content) > LARGEST:
        raise _Unusable(f"is larger than {LARGEST // 1024} kB")
    if not text.strip():
        raise _Unusable("is empty")
    return text
