"""`StreamingMarkdown`: Markdown drawn in the browser, fed with the new text only, addressed by offset.

Offsets make repeats harmless and losses visible: a browser that is behind asks with `gap` and gets the rest. On the
wire offsets count UTF-16 units, as JavaScript does; in Python, characters.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.kit.prose import PROSE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nicegui import Client

Piece = tuple[int, int, str]
"""One text that grew: element id, UTF-16 offset, what to add there."""


def utf16_length(text: str) -> int:
    """How long JavaScript finds a text."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def well_formed(text: str) -> str:
    """The text with surrogate pairs joined and lone halves replaced, so that it can be sent as UTF-8."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class StreamingMarkdown(
    ui.element,
    component="streaming_markdown.js",
    dependencies=PROSE,
):
    """A text as Markdown.

    Args:
        text: What there is already.
        live: More is expected; what can only be known at the end is put right when it no longer is.
    """

    def __init__(self, text: str = "", *, live: bool = False) -> None:
        super().__init__()
        self.text = text
        self._length = utf16_length(text)
        self._props["text"] = well_formed(text)
        self._props["live"] = live
        self.on("gap", self._fill_gap)

    def append(self, at: int, delta: str) -> Piece | None:
        """Take over text that arrived at character `at`; returns what `send_pieces` has to send, if anything.

        Raises:
            ValueError: There is text missing before `at`; `set_text` with the whole of it puts that right.
        """
        skip = len(self.text) - at
        if skip < 0:
            raise ValueError(f"text ends at {len(self.text)}, before {at}")
        fresh = delta[skip:]
        if not fresh:
            return None
        piece = (self.id, self._length, fresh)
        self._take(self.text + fresh, self._length + utf16_length(fresh))
        return piece

    def set_text(self, text: str, *, live: bool) -> None:
        """Show exactly this text; costs a full update unless it is what is shown already."""
        if text == self.text and live == self._props["live"]:
            return
        self._take(text, utf16_length(text))
        self._props["live"] = live
        self.update()

    def _take(self, text: str, length: int) -> None:
        self.text, self._length = text, length
        # The prop stays true for a remount and nobody is told: the whole text is not sent now. Past the observable
        # dictionary, which looks for somebody to tell with each word.
        dict.__setitem__(self._props, "text", well_formed(text))

    def _fill_gap(self, event: Any) -> None:
        at = event.args if isinstance(event.args, int) else 0
        units = self.text.encode("utf-16-le", "surrogatepass")[2 * max(at, 0) :]
        send_pieces(self.client, [(self.id, at, units.decode("utf-16-le", "surrogatepass"))])


def send_pieces(client: Client, pieces: Iterable[Piece]) -> None:
    """Send texts that grew, all in one message, at the next turn of the loop.

    The message goes into the client's outbox directly: `run_method` would take a task and a failed `eval` for each.
    JSON with escapes only, so that half a surrogate pair at the end of a piece survives.
    """
    pieces = list(pieces)
    if client.is_deleted or not pieces:
        return
    code = f"sprintagenAppend({json.dumps(pieces, separators=(',', ':'))})"
    client.outbox.enqueue_message("run_javascript", {"code": code}, client.id)
