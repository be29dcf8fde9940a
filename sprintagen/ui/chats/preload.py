"""The components a transcript is made of, asked for with the page instead of when the first message needs them."""

from __future__ import annotations

from nicegui import __version__, ui

from sprintagen.ui.chats.message_tools import MessageTools
from sprintagen.ui.chats.outline import Outline
from sprintagen.ui.chats.question_card import QuestionForm
from sprintagen.ui.chats.scroller import Scroller
from sprintagen.ui.chats.session_search import SearchBar
from sprintagen.ui.chats.timeline import Timeline
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.copy_button import CopyButton
from sprintagen.ui.kit.diff_view import DiffView
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.moment import Moment
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown

PARTS: tuple[type[ui.element], ...] = (
    StreamingMarkdown,
    Scroller,
    Timeline,
    Outline,
    SearchBar,
    Fold,
    Moment,
    CodeBlock,
    CopyButton,
    MessageTools,
    DiffView,
    QuestionForm,
)


def preload() -> None:
    """Tell the browser being answered to fetch the modules; those shown at once are fetched by NiceGUI itself."""
    base = f"/_nicegui/{__version__}"
    urls = {f"{base}/components/{part.component.key}": None for part in PARTS if part.component is not None}
    urls |= {f"{base}/libraries/{library.key}": None for part in PARTS for library in part.exposed_libraries}
    ui.add_head_html("".join(f'<link rel="modulepreload" href="{url}">' for url in urls))
