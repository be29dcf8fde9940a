"""What a person can read in a message: the words a search looks through, and the one line a prompt is known by.

Works on parts as the wire has them and on our models alike: the fields that hold words have the same names in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sprintagen.services.message_view import MessageView

LINE = 120
"""Characters of a prompt's line."""
DEEPEST = 6
"""Levels of a tool's input that are looked through."""


class Words(NamedTuple):
    """The words of one part."""

    part_id: str
    text: str


def words_of(item: dict[str, Any]) -> list[Words]:
    """The words of a message as the wire has it, part by part; parts without any are left out."""
    parts = item.get("parts")
    found = [(part, _words(part)) for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return _with_failure(
        ((str(part.get("id", "")), text) for part, text in found),
        _get(item.get("info"), "error"),
    )


def words_of_view(view: MessageView) -> list[Words]:
    """The same of a message that is in memory, text that still streams included."""
    return _with_failure(
        ((id_, _words(part.part, part.text)) for id_, part in view.parts.items()), _get(view.info, "error")
    )


def line_of(item: dict[str, Any]) -> str | None:
    """What was asked, in one line; None for a prompt in which no person says anything."""
    parts = item.get("parts")
    return _line((part, None) for part in parts if isinstance(part, dict)) if isinstance(parts, list) else None


def line_of_view(view: MessageView) -> str | None:
    """The same of a message that is in memory."""
    return _line((part.part, part.text) for part in view.parts.values())


def _line(parts: Iterable[tuple[Any, str | None]]) -> str | None:
    other: str | None = None
    for part, live in parts:
        match _get(part, "type"):
            case "text" if not (_get(part, "synthetic") or _get(part, "ignored")):
                text = _text(_get(part, "text") if live is None else live).lstrip()
                line = one_line(text.partition("\n")[0], LINE)
                if line:
                    return line
                other = other or ""
            case "file":
                other = other or one_line(_text(_get(part, "filename")), LINE)
            case "subtask":
                other = other or one_line(_text(_get(part, "description")), LINE)
    return other


def _with_failure(parts: Iterable[tuple[str, str]], error: Any) -> list[Words]:
    found = [Words(id_, text) for id_, text in parts if text]
    message = _text(_get(_get(error, "data"), "message"))
    return [*found, Words("", message)] if message else found


def _words(part: Any, live: str | None = None) -> str:
    match _get(part, "type"):
        case "text" if _get(part, "synthetic") or _get(part, "ignored"):
            return ""
        case "text" | "reasoning":
            return _text(_get(part, "text") if live is None else live)
        case "tool":
            state = _get(part, "state")
            fields = (_text(_get(state, name)) for name in ("title", "output", "error"))
            return "\n".join(filter(None, (_text(_get(part, "tool")), *_strings(_get(state, "input")), *fields)))
        case "file":
            return _text(_get(part, "filename"))
        case "subtask":
            return "\n".join(filter(None, (_text(_get(part, name)) for name in ("description", "prompt"))))
        case "agent":
            return _text(_get(part, "name"))
        case "patch":
            return "\n".join(_strings(_get(part, "files")))
        case _:
            return ""


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < DEEPEST and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner, depth + 1)


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
