"""A picture that came with a message or out of a tool: only as data, only of kinds in which nothing runs."""

from __future__ import annotations

from typing import Final

from nicegui import ui

KINDS: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
LARGEST: Final = 12_000_000
"""Characters of a picture's data that are sent to a browser."""


def draw_picture(mime: str, url: str, name: str) -> bool:
    """Draw it where we are; False: it is none that can be shown."""
    if mime not in KINDS or not url.startswith(f"data:{mime};base64,") or len(url) > LARGEST:
        return False
    picture = ui.element("img").classes("picture")
    picture.props["src"] = url
    picture.props["alt"] = name or "Picture"
    return True
