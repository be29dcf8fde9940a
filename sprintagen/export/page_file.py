"""A session as one HTML file: light and dark, readable without a script, loading nothing from anywhere.

Every text in it is escaped; the file forbids itself scripts and requests besides, in case one was not.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sprintagen.export import prose, telling
from sprintagen.opencode.models import FilePart, ReasoningPart, TextPart, ToolPart, UserMessage
from sprintagen.services.session_row import title_of
from sprintagen.ui.theme import tokens_css

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sprintagen.opencode.models import FileDiff, Session
    from sprintagen.services.message_view import MessageView, PartView

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_STYLE = (Path(__file__).parent / "page_file.css").read_text(encoding="utf-8")


class PageFile:
    """A writer; see `document.Writer`."""

    def __init__(self) -> None:
        self._changes: list[FileDiff] = []
        """Of the turn that is being written; they stand at its end."""
        self._is_open = False

    def begin(self, session: Session) -> str:
        title = escape(title_of(session) or "Session")
        facts = "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in telling.facts(session)
        )
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta name="referrer" content="no-referrer"><style>{tokens_css()}{_STYLE}</style></head>\n'
            f"<body><main><header><h1>{title}</h1><dl>{facts}</dl></header>\n"
        )

    def messages(self, messages: Sequence[MessageView]) -> str:
        return "".join(piece for message in messages for piece in self._message(message))

    def end(self) -> str:
        return f"{self._close()}</main></body></html>\n"

    def _message(self, message: MessageView) -> Iterator[str]:
        if not telling.is_shown(message):
            return
        info = message.info
        who, when = telling.speaker(info), telling.said_when(info)
        if isinstance(info, UserMessage):
            yield self._close()
            self._changes = telling.diffs_of(info)
            yield f'<article class="you" id="{escape(info.id)}"><h2>{who} <time>{escape(when)}</time></h2>'
            yield from (piece for view in message.parts.values() for piece in _asked(view))
            yield "</article>\n"
            return
        if not self._is_open:
            self._is_open = True
            yield f'<article class="agent" id="{escape(info.id)}"><h2>{who} <time>{escape(when)}</time></h2>'
        yield from (piece for view in message.parts.values() for piece in _answered(view))
        if trouble := telling.trouble_of(info):
            yield f'<p class="trouble">{escape(trouble)}</p>'

    def _close(self) -> str:
        """The end of a turn: what it changed."""
        changes, self._changes = self._changes, []
        pieces = []
        if changes:
            added, removed = sum(c.additions for c in changes), sum(c.deletions for c in changes)
            named = changes[0].file if len(changes) == 1 else f"{len(changes)} files"
            inside = "".join(f"<h3>{escape(change.file)}</h3>{_diff(change.patch or '')}" for change in changes)
            pieces.append(_fold("Changed", named, f"+{added} −{removed}", inside))
        if self._is_open:
            pieces.append("</article>\n")
        elif pieces:
            pieces = [f'<article class="agent">{pieces[0]}</article>\n']
        self._is_open = False
        return "".join(pieces)


def _asked(view: PartView) -> Iterator[str]:
    part = view.part
    if isinstance(part, TextPart):
        if text := telling.text_of(view):
            yield f'<div class="said">{escape(text)}</div>'
        return
    if note := telling.note_of(part):
        yield f'<p class="note">{escape(note)}</p>'
    if isinstance(part, FilePart) and part.mime in PICTURES and part.url.startswith(f"data:{part.mime};base64,"):
        yield f'<img src="{escape(part.url)}" alt="{escape(part.filename or "Picture")}">'


def _answered(view: PartView) -> Iterator[str]:
    part = view.part
    if isinstance(part, ToolPart):
        yield _tool(part)
    elif isinstance(part, ReasoningPart):
        if text := telling.text_of(view):
            yield _fold("Thought", "", "", f'<div class="prose soft">{prose.render(text)}</div>')
    elif isinstance(part, TextPart):
        if text := telling.text_of(view):
            yield f'<div class="prose">{prose.render(text)}</div>'
    elif note := telling.note_of(part):
        yield f'<p class="note">{escape(note)}</p>'


def _tool(part: ToolPart) -> str:
    name, target = telling.tool_line(part)
    given = telling.tool_input(part)
    inside = ""
    if part.tool == "bash" and isinstance(given.get("command"), str):
        inside += _code(telling.cut(given["command"]), "bash")
    elif given and not telling.tool_diff(part):
        inside += _code(telling.cut(json.dumps(given, ensure_ascii=False, indent=2)), "json")
    if diff := telling.tool_diff(part):
        inside += _diff(diff)
    if (output := telling.tool_output(part)) and not (diff and not telling.tool_state(part)):
        inside += _code(output, "")
    return _fold(name, target, telling.tool_state(part), inside)


def _fold(name: str, target: str, word: str, inside: str) -> str:
    return (
        f'<details><summary><b>{escape(name)}</b><span class="target">{escape(target)}</span>'
        f'<span class="word">{escape(word)}</span></summary>{inside}</details>'
    )


def _code(text: str, language: str) -> str:
    return f"<pre><code>{prose.coloured(text.rstrip(), language)}</code></pre>"


def _diff(patch: str) -> str:
    lines = []
    for line in telling.cut(patch).splitlines():
        if line.startswith(("Index: ", "=====", "--- ", "+++ ")):
            continue
        kind = {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "")
        lines.append(f'<span class="{kind}">{escape(line)}</span>' if kind else escape(line))
    return f'<pre class="diff"><code>{chr(10).join(lines)}</code></pre>'
