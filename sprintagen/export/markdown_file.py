"""A session as Markdown: what was said as it is, what tools did folded away where Markdown is shown as a page."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

from sprintagen.export import telling
from sprintagen.opencode.models import ReasoningPart, TextPart, ToolPart, UserMessage
from sprintagen.services.session_row import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sprintagen.opencode.models import Session
    from sprintagen.services.message_view import MessageView, PartView


class MarkdownFile:
    """A writer; see `document.Writer`."""

    def __init__(self) -> None:
        self._speaker = ""

    def begin(self, session: Session) -> str:
        lines = [f"# {_plain(title_of(session) or 'Session')}", ""]
        lines += [f"- {name}: {_code(value)}" for name, value in telling.facts(session)]
        return "\n".join(lines) + "\n"

    def messages(self, messages: Sequence[MessageView]) -> str:
        return "".join(f"\n{block}\n" for message in messages for block in self._blocks(message))

    def end(self) -> str:
        return ""

    def _blocks(self, message: MessageView) -> Iterator[str]:
        if not telling.is_shown(message):
            return
        who = telling.speaker(message.info)
        if who != self._speaker or isinstance(message.info, UserMessage):  # a turn is one answer in several messages
            self._speaker = who
            when = telling.said_when(message.info)
            yield f"## {who}" + (f" · {when}" if when else "")
        for view in message.parts.values():
            yield from _part(view)
        if trouble := telling.trouble_of(message.info):
            yield f"> **{_plain(trouble)}**"


def _part(view: PartView) -> Iterator[str]:
    part = view.part
    if isinstance(part, ToolPart):
        yield _tool(part)
    elif isinstance(part, ReasoningPart):
        if text := telling.text_of(view):
            yield f"<details><summary>Thought</summary>\n\n{_fenced(text)}\n\n</details>"
    elif isinstance(part, TextPart):
        if text := telling.text_of(view):
            yield text
    elif note := telling.note_of(part):
        yield f"*{_plain(note)}*"


def _tool(part: ToolPart) -> str:
    name, target = telling.tool_line(part)
    state = telling.tool_state(part)
    words = f"<b>{html.escape(name)}</b>" + (f" <code>{html.escape(target)}</code>" if target else "")
    inside = []
    if given := telling.tool_input(part):
        inside.append(_fenced(telling.cut(json.dumps(given, ensure_ascii=False, indent=2)), "json"))
    if diff := telling.tool_diff(part):
        inside.append(_fenced(diff, "diff"))
    elif output := telling.tool_output(part):
        inside.append(_fenced(output))
    summary = f"<details><summary>{words}{f' ({state})' if state else ''}</summary>"
    return "\n\n".join([summary, *inside, "</details>"])


def _fenced(text: str, language: str = "") -> str:
    """A block of code that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _code(text: str) -> str:
    line = " ".join(text.split())
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def _plain(text: str) -> str:
    """A line in which nothing is Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", " ".join(text.split()))
