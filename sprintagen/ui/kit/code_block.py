"""`CodeBlock`: text as it is, in the code face, with a copy button and, for a known language, colours."""

from __future__ import annotations

from pathlib import PurePosixPath

from nicegui import ui

from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed

LANGUAGES = {
    "py": "python", "js": "javascript", "mjs": "javascript", "ts": "typescript", "tsx": "typescript",
    "jsx": "javascript", "sh": "bash", "bash": "bash", "zsh": "bash", "rs": "rust", "go": "go", "rb": "ruby",
    "java": "java", "kt": "kotlin", "c": "c", "h": "c", "cpp": "cpp", "hpp": "cpp", "cs": "csharp", "php": "php",
    "swift": "swift", "sql": "sql", "html": "xml", "xml": "xml", "svg": "xml", "vue": "xml", "css": "css",
    "scss": "scss", "less": "less", "json": "json", "yaml": "yaml", "yml": "yaml", "toml": "ini", "ini": "ini",
    "md": "markdown", "diff": "diff", "patch": "diff", "lua": "lua", "pl": "perl", "r": "r", "graphql": "graphql",
}  # fmt: skip
"""File name endings whose language the highlighter knows."""


def language_of(path: str) -> str:
    """The highlighter's language for a file, or an empty string."""
    name = PurePosixPath(path.replace("\\", "/")).name.lower()
    if name == "makefile":
        return "makefile"
    return LANGUAGES.get(name.rpartition(".")[2], "") if "." in name else ""


class CodeBlock(
    ui.element,
    component="code_block.js",
    dependencies=PROSE,
):
    """A block of text.

    Args:
        text: What it says; very long texts are shown in part until the rest is asked for.
        language: A language of the highlighter; empty: no colours.
        title: Shown in the bar instead of the language.
        wrap: Break long lines instead of scrolling.
        tail: The end matters most (output of a command): show and keep it in view.
        first: The number of its first line; 0: lines have none.
    """

    def __init__(
        self, text: str, language: str = "", *, title: str = "", wrap: bool = False, tail: bool = False, first: int = 0
    ) -> None:
        super().__init__()
        self._props["text"] = well_formed(text)
        self._props["language"] = language
        self._props["title"] = title
        self._props["wrap"] = wrap
        self._props["tail"] = tail
        self._props["first"] = first
