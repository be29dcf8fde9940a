"""`Notices`: the system's own notification when something begins to wait while nobody looks at the page.

Whether they are wanted is the browser's to know: it asks the person once, from the settings page, and keeps the answer
for this site. Every page of a browser may try; one with the same tag replaces another, so a person sees each once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sprintagen.opencode.models import PermissionRequest
from sprintagen.ui.chats.session_list import ask_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from nicegui import Client

    from sprintagen.opencode.ids import SessionID
    from sprintagen.ui.chats.inbox import Ask

_NOTIFY = """(([title, body, tag, path]) => {
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
  const notice = new Notification(title, { body, tag, icon: document.querySelector('link[rel~="icon"]')?.href });
  notice.onclick = () => { window.focus(); notice.close(); sprintagenGo(path); emitEvent('chats_path', path); };
})"""


class Notices:
    """Those of one page.

    Args:
        client: NiceGUI's end of the page.
        pending: Everything that waits.
        owner: The session a person knows that an ask belongs to, and its title.
    """

    def __init__(
        self,
        client: Client,
        pending: Callable[[], list[Ask]],
        owner: Callable[[SessionID], tuple[SessionID, str]],
    ) -> None:
        self._client = client
        self._pending = pending
        self._owner = owner
        self._count = 0
        self._known: set[str] | None = None

    def look(self, count: int) -> None:
        """So many sessions wait now; what is new among them is told, once."""
        is_more = count > self._count
        self._count = count
        if not is_more and self._known is not None:
            return
        asks = self._pending()
        known, self._known = self._known, {ask.id for ask in asks}
        if known is not None:
            for ask in asks:
                if ask.id not in known:
                    self._tell(ask)

    def _tell(self, ask: Ask) -> None:
        session_id, title = self._owner(ask.session_id)
        if isinstance(ask, PermissionRequest):
            words = ask_words(f"{ask.permission}: {', '.join(ask.patterns)}")
        else:
            words = ask.questions[0].question if ask.questions else "A question"
        told = [title, words[:200], ask.id, f"/admin/chats/{session_id}"]
        self._client.run_javascript(f"{_NOTIFY}({json.dumps(told)})")
