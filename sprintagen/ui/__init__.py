"""NiceGUI door: `register(services)` adds every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sprintagen.services import Services


def register(services: Services) -> None:
    """Add the pages, `/admin/chats` with a session or without, `/admin/settings` and `/admin/status`,
    `/static/<version>`, and what a browser needs to install them as an app.

    A demo has the gallery of renderers, too: `/admin/gallery`.
    """
    # pages import NiceGUI's elements, callers of this need not
    from sprintagen.ui import page_frame, page_outbox, signatures, web_app  # noqa: PLC0415
    from sprintagen.ui.chats import page as chats  # noqa: PLC0415
    from sprintagen.ui.settings import page as settings  # noqa: PLC0415
    from sprintagen.ui.settings import status_page  # noqa: PLC0415

    page_frame.leave_out_quasar()
    page_outbox.install()
    signatures.write_down()
    chats.register(services)
    settings.register(services)
    status_page.register(services)
    web_app.register()
    if services.about.demo:
        from sprintagen.ui.gallery import page as gallery  # noqa: PLC0415  # as above, and nobody else needs it

        gallery.register(services)
