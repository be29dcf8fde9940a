"""`webfetch` and `websearch`: a page as it reads, or what a search on the web found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from nicegui import ui

from sprintagen.ui.chats.tools.base import Tool, ToolLook, first_line, input_of, metadata_of, output_of, words
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext

LONG = 40_000
"""Characters from which on a page is shown as its source, in part."""
_FIELD = re.compile(r"(Title|URL|Published Date|Author|Text|Highlights|Summary): ?(.*)")


class Hit(NamedTuple):
    """One page a search found."""

    title: str
    url: str
    text: str


class WebFetch(Tool):
    names = ("webfetch",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        return ToolLook(icon="globe", verb="Fetch", target=words(input_of(part).get("url")))

    def build(self, part: ToolPart, context: RenderContext) -> None:
        url, output = words(input_of(part).get("url")), output_of(part)
        draw_link(url, url)
        if not output:
            return
        if words(input_of(part).get("format")) in ("", "markdown") and len(output) <= LONG:
            with ui.element("div").classes("tool__page") as box:
                box.props["tabindex"] = "0"
                StreamingMarkdown(output).classes("prose--soft")
        else:
            CodeBlock(output, title="page", wrap=True)


class WebSearch(Tool):
    names = ("websearch",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        hits = hits_of(output_of(part))
        note = f"{len(hits)} page{'s' if len(hits) != 1 else ''}" if hits else ""
        query = words(input_of(part).get("query"))
        return ToolLook(icon="globe", verb="Search the web", target=query, mono=False, note=note)

    def build(self, part: ToolPart, context: RenderContext) -> None:
        output = output_of(part)
        hits = hits_of(output)
        if not hits:
            if output:
                CodeBlock(output, title=words(metadata_of(part).get("provider")) or "result", wrap=True)
            return
        with ui.element("ol").classes("hits"):
            for hit in hits:
                with ui.element("li").classes("hits__one"):
                    draw_link(hit.title or hit.url, hit.url)
                    ui.label(host_of(hit.url)).classes("hits__host")
                    if hit.text:
                        ui.label(first_line(hit.text, 320)).classes("hits__text")


def draw_link(words: str, url: str) -> None:
    """A link to a page on the web; other addresses are only words."""
    if not url.startswith(("https://", "http://")):
        ui.label(words).classes("hits__title")
        return
    with ui.element("a").classes("hits__title") as link:
        link.props["href"] = url
        link.props["target"] = "_blank"
        link.props["rel"] = "noopener noreferrer nofollow"
        ui.label(words)


def host_of(url: str) -> str:
    """Whose page it is; empty: nobody can tell."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def hits_of(output: str) -> list[Hit]:
    """The pages in a search's answer, as Exa writes them (`Title: …`, `URL: …`, `Text: …`); none: it is written
    otherwise."""
    found: list[dict[str, str]] = []
    field = ""
    for line in output.splitlines():
        if match := _FIELD.match(line):
            field = match[1]
            if field == "Title" or not found or field in found[-1]:
                found.append({})
            found[-1][field] = match[2]
        elif found and field in ("Text", "Highlights", "Summary"):
            found[-1][field] += f" {line}"
    said = [(one, one.get("Text") or one.get("Highlights") or one.get("Summary", "")) for one in found]
    return [
        Hit(one.get("Title", ""), one["URL"].strip(), text.strip()) for one, text in said if one.get("URL", "").strip()
    ]
