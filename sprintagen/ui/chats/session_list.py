"""`SessionList`: the sessions as rows. The browser draws, sorts by time and groups by day; here only differences are
found and sent, so that a busy server costs a few hundred bytes a second however many sessions it has."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.kit.moment import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.listings import ListWindow
    from sprintagen.services.sessions import SessionRow

ASKS = {
    "bash": "Run",
    "edit": "Change",
    "read": "Read",
    "webfetch": "Fetch",
    "websearch": "Search for",
    "task": "Send a subagent:",
    "external_directory": "Work in",
}
"""What each permission is about, as a question's first words."""
ACTIONS = ("rename", "ticket", "archive", "restore", "delete")


class SessionList(ui.element, component="session_list.js", dependencies=["../kit/moments.js", "../kit/places.js"]):
    """The list. What is put inside it is shown while it has no rows.

    Args:
        window: What it starts with.
        home: The directory most sessions are of; others are named in the row.
        on_pick: A session was chosen; the address bar has been changed already.
        on_act: One of `ACTIONS` was chosen for a session.
        on_more: The end of the rows comes into view; there may be more.
    """

    def __init__(
        self,
        window: ListWindow,
        *,
        home: str | None,
        on_pick: Callable[[str], Any],
        on_act: Callable[[str, str], Any],
        on_more: Callable[[], Any],
    ) -> None:
        super().__init__()
        self._home = home
        self._shown = window
        self._props["initial"] = [self._wire(row) for row in window.rows]
        self.mark("session-list")
        self.on("pick", lambda event: on_pick(event.args) if isinstance(event.args, str) else None)
        self.on("more", lambda event: on_more() if event.args == len(self._shown.rows) else None)
        self.on("act", lambda event: self._act(event, on_act))

    def select(self, session_id: str | None) -> None:
        """Mark the session that is open."""
        if self._props.get("selected") != session_id:
            with self._props.suspend_updates():  # an update would send all rows again
                self._props.set_optional("selected", session_id)
            self.run_method("select", session_id)

    def replace(self, window: ListWindow, *, archived: bool) -> None:
        """Show other rows: the search or the filter is different."""
        self._shown = window
        is_other_list = self._props.get("archived", False) != archived
        with self._props.suspend_updates():
            self._props["initial"] = [self._wire(row) for row in window.rows]
            self._props["archived"] = archived
        if is_other_list:
            self.update()
        # a method too: NiceGUI sends updates before methods, so that a `patch` on its way would come after and win
        self.run_method("fill", self._props["initial"])

    def refresh(self, window: ListWindow) -> None:
        """The same list a moment later: send what differs."""
        if window is self._shown:
            return
        patch = window.since(self._shown)
        self._shown = window
        if patch.changed or patch.gone:
            self.run_method("patch", [self._wire(row) for row in patch.changed], list(patch.gone))

    def _wire(self, row: SessionRow) -> dict[str, Any]:
        state: str = row.state
        if state == "idle" and row.unread:
            state = "unread"
        wire = {
            "id": row.session_id,
            "title": row.title or "New session",
            "at": epoch_ms(row.updated_at),
            "state": state,
            "detail": ask_words(row.detail) if state == "asking" else row.detail,
            "elsewhere": row.origin == "found",
            "ticket": row.ticket,
            "directory": row.directory,
            "place": PurePosixPath(row.directory).name if self._home and row.directory != self._home else "",
            "added": row.additions,
            "removed": row.deletions,
        }
        return {key: value for key, value in wire.items() if value}

    def _act(self, event: Any, on_act: Callable[[str, str], Any]) -> Any:
        match event.args:
            case [str() as action, str() as session_id] if action in ACTIONS:
                return on_act(action, session_id)
        return None


def ask_words(detail: str) -> str:
    """A permission as a question: `bash: ls` becomes `Run ls?`; a question of the agent's stays as it is."""
    permission, _, subject = detail.partition(": ")
    return f"{ASKS[permission]} {subject}?" if permission in ASKS and subject else detail
