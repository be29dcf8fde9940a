"""The words of the longer answers: Markdown files in `answers/`, with `{{name}}` where something is filled in."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "answers"


def answer(name: str, **values: object) -> str:
    """The text of `answers/<name>.md`, without the newline at its end."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").rstrip()
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", str(value))
    return text
