"""JSON to Python, for bodies and events alike: quick for what is well formed, patient with the rest.

opencode stores and sends half surrogate pairs (a title cut in the middle of an emoji), and pydantic refuses them; here
they become the replacement character. Nothing that comes out of `decode` contains one.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json


class NotJSON(ValueError):
    """The text is not JSON; the text itself is not repeated."""


def decode(text: str | bytes | bytearray) -> Any:
    """The value.

    Raises:
        NotJSON: It is none.
    """
    try:
        return from_json(text, cache_strings="keys")
    except ValueError:
        pass
    try:
        if not isinstance(text, str):
            text = text.decode("utf-8", "replace")
        return _whole(json.loads(text))
    except (ValueError, RecursionError):
        raise NotJSON("not JSON") from None


def encode(value: Any) -> bytes:
    """The value as JSON; half surrogate pairs are sent as escapes, which the server keeps."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
