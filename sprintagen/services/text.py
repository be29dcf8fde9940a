"""Words that came from outside, made fit for one line."""

from __future__ import annotations


def one_line(text: str, limit: int) -> str:
    """The text without line breaks, control and text-direction characters, cut with an ellipsis."""
    text = text[: limit * 4]
    if not text.isprintable():
        text = "".join(" " if character.isspace() else character for character in text if _shown(character))
    clean = " ".join(text.split())
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def _shown(character: str) -> bool:
    return character.isprintable() or character.isspace()
