"""The note that sprintagen itself cannot be reached, and the page's way back: see `away_note.js`.

The note is NiceGUI's own popup, moved under our header, in our words: NiceGUI shows and hides `#popup` through
`aria-hidden` as its socket goes and comes. Nothing of ours can be sent while it is away, so everything is in the page
from the start.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nicegui import ui

from sprintagen.ui.inline_script import inline_script

_SCRIPT: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def watch() -> None:
    """Make the note and the way back ours; once per page, before `place`."""
    ui.add_body_html(inline_script(_SCRIPT))


def place() -> None:
    """Where it is shown: here, as an empty element that Vue leaves alone."""
    ui.element("div").classes("away-place")
