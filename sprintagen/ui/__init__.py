"""NiceGUI door: `register(services)` adds every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sprintagen.services import Services


def register(services: Services) -> None:
    """Add the pages: `/admin/chats` and `/admin/chats/{session_id}`, and the files under `/static/<version>`.

    A demo has the gallery of renderers, too: `/admin/gallery`.
    """
    from sprintagen.ui.chats import page  # noqa: PLC0415  # pages import NiceGUI's elements, callers of this need not

    page.register(services)
    if services.about.demo:
        from sprintagen.ui.gallery import page as gallery  # noqa: PLC0415  # as above, and nobody else needs it

        gallery.register(services)
