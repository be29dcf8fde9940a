"""JSON to Python, for bodies and events alike: quick for what is well formed, patient with the rest.

opencode stores and sends half surrogate pairs (a title cut in the middle of an emoji), and pydantic refuses them; here
they become the replacement character. Nothing that comes out of `decode` contains one. A model may also nest the input
of a tool as deep as it likes, which no reader bears: see `DEEPEST`.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, Final

from pydantic_core import from_json

DEEPEST: Final = 100
"""Levels of lists and objects in each other that are kept where there are more than any reader takes."""
_READABLE: Final = 200
"""Levels that `from_json` takes."""
TOO_DEEP: Final = "(nested too deep to be shown)"
"""Stands for what is deeper."""
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)
"""Strings and brackets. One that never ends is a string, too: else it would be looked through from each quote in it."""


class NotJSON(ValueError):
    """The text is not JSON; the text itself is not repeated."""


def decode(text: str | bytes | bytearray) -> Any:
    """The value.

    Raises:
        NotJSON: It is none.
    """
    try:
        return from_json(text, cache_strings="keys")
    except ValueError as error:
        is_deep = "recursion" in str(error)
    if not isinstance(text, str):
        text = text.decode("utf-8", "replace")
    try:
        if not is_deep:
            with suppress(RecursionError):  # what `from_json` found wrong came before the deep place
                return _whole(json.loads(text))
        return _whole(json.loads(_shallow(text)))
    except (ValueError, RecursionError):
        raise NotJSON("not JSON") from None


def encode(value: Any) -> bytes:
    """The value as JSON; half surrogate pairs are sent as escapes, which the server keeps."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _shallow(text: str) -> str:
    """The same JSON with `TOO_DEEP` in the place of what lies deeper than `DEEPEST`."""
    pieces: list[str] = []
    depth = begin = 0
    for found in _TOKEN.finditer(text):
        match found[0]:
            case "[" | "{":
                depth += 1
                if depth == DEEPEST + 1:
                    pieces.append(text[begin : found.start()])
            case "]" | "}":
                if depth == DEEPEST + 1:
                    pieces.append(json.dumps(TOO_DEEP))
                    begin = found.end()
                depth -= 1
    return "".join([*pieces, text[begin:]])


def _whole(value: Any, level: int = 0) -> Any:
    if level > _READABLE:
        raise RecursionError
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole(item, level + 1) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item, level + 1) for key, item in value.items()}
    return value
