"""Markdown of an agent as HTML that can do nothing: no tag of its own, no script, no picture, links to the web only."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

COLOURED = 4_000
"""Characters of code that are worth colouring."""
LANGUAGES = frozenset(
    [
        "bash",
        "sh",
        "c",
        "cpp",
        "css",
        "diff",
        "go",
        "html",
        "ini",
        "java",
        "javascript",
        "js",
        "json",
        "kotlin",
        "php",
        "python",
        "py",
        "ruby",
        "rust",
        "sql",
        "toml",
        "tsx",
        "typescript",
        "ts",
        "xml",
        "yaml",
        "yml",
    ]
)
"""An agent names the language, and some of Pygments' lexers take for ever on 60 characters, holding the interpreter."""

_formatter = HtmlFormatter(nowrap=True)  # escapes; one `span` with a class for each token


def render(text: str) -> str:
    """The Markdown as HTML."""
    rendered: str = _markdown.render(text)
    return rendered


def coloured(code: str, language: str) -> str:
    """Code as HTML, with a `span` around each token where the language is known."""
    if language.lower() not in LANGUAGES or len(code) > COLOURED:
        return html.escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, _formatter))


def _is_link(url: str) -> bool:
    return url.lower().startswith(("https://", "http://", "mailto:"))


def _open_link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _make() -> MarkdownIt:
    def colour(code: str, language: str, _attributes: Any) -> str:
        return coloured(code, language)

    made = MarkdownIt("commonmark", {"html": False, "highlight": colour}).enable(["table", "strikethrough"])
    made.disable("image")
    made.validateLink = _is_link  # type: ignore[method-assign]
    made.add_render_rule("link_open", _open_link)
    return made


_markdown = _make()
