"""The components a transcript is made of, asked for with the page instead of when the first message needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import __version__, ui

from sprintagen.ui.addresses import address
from sprintagen.ui.chats.message_foot import MessageFoot
from sprintagen.ui.chats.outline import Outline
from sprintagen.ui.chats.question_card import QuestionForm
from sprintagen.ui.chats.scroller import Scroller
from sprintagen.ui.chats.session_search import SearchBar
from sprintagen.ui.chats.timeline import Timeline
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.diff_view import DiffView
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.moment import Moment
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown

if TYPE_CHECKING:
    from nicegui import Client

PARTS: tuple[type[ui.element], ...] = (
    StreamingMarkdown,
    Scroller,
    Timeline,
    Outline,
    SearchBar,
    Fold,
    Moment,
    CodeBlock,
    MessageFoot,
    DiffView,
    QuestionForm,
)


LATER = "highlight.min.js"
"""Is fetched when the page is there: for a browser to compile, it is larger than all others."""


def preload(client: Client) -> None:
    """Tell the browser being answered to fetch, beside what NiceGUI names, what a transcript needs and every module
    that another asks for, so that nothing is found out to be missing only when it is run.

    Args:
        client: The page, with all on it that is shown at once.
    """
    base = address(f"/_nicegui/{__version__}")
    urls = {f"{base}/components/{part.component.key}": None for part in PARTS if part.component is not None}
    shown = {type(element): None for element in client.elements.values()}
    libraries = {library.key: library for part in (*PARTS, *shown) for library in part.exposed_libraries}
    urls |= {f"{base}/libraries/{key}": None for key in libraries if not key.endswith(LATER)}
    urls[f"{base}/static/dompurify.mjs"] = None
    later = (f"{base}/libraries/{key}" for key in libraries if key.endswith(LATER))
    links = [f'<link rel="modulepreload" href="{url}">' for url in urls]
    links += [f'<link rel="prefetch" as="script" href="{url}">' for url in later]
    ui.add_head_html("".join(links))
