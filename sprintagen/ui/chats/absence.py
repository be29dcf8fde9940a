"""How long a page is kept for a browser that does not answer, and what is missed meanwhile."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, ClassVar

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable

    from nicegui import Client

KEPT_SECONDS = 3600.0
"""So long a page waits for its browser: it comes back as it was, without being loaded anew."""
CROWDED_SECONDS = 30.0
"""The same while `KEPT_PAGES` others wait already."""
LEFT_SECONDS = 2.0
"""The same when the browser said that it leaves the page."""
KEPT_PAGES = 40


class Absence:
    """Whether one page's browser is there. While it is not, nothing needs to be drawn.

    Args:
        client: NiceGUI's end of the page.
        on_back: Called when the browser is there again after having been away.
    """

    _away: ClassVar[set[str]] = set()
    """Ids of the pages that wait, of all."""

    def __init__(self, client: Client, on_back: Callable[[], None]) -> None:
        self.is_away = False
        self._client = client
        self._on_back = on_back
        self._is_leaving = False
        ui.on("chats_leaving", self._leave)
        client.on_disconnect(self._gone)
        client.on_connect(self._come)
        client.on_delete(lambda: self._away.discard(client.id))

    def _leave(self) -> None:
        self._is_leaving = True

    def _gone(self) -> None:
        """A socket has ended; NiceGUI asks for the page's patience after this."""
        if self._client.has_socket_connection:
            return  # a new one was there before the old one was found dead
        self.is_away = True
        patience = KEPT_SECONDS if len(self._away) < KEPT_PAGES else CROWDED_SECONDS
        self._away.add(self._client.id)
        self._client.page = copy.copy(self._client.page)  # it is shared by all pages of its kind
        self._client.page.reconnect_timeout = LEFT_SECONDS if self._is_leaving else patience

    def _come(self) -> None:
        self._away.discard(self._client.id)
        self._is_leaving = False
        if self.is_away:
            self.is_away = False
            self._on_back()
