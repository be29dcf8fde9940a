"""`SessionList`: the sessions as rows, of which the browser has only those near the window.

It is told once where every row stands, then only what differs and the rows of the stretch it looks at, so that a busy
server costs a few hundred bytes a second however many sessions it has.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.commands.registry import items_for
from sprintagen.ui.kit.moment import epoch_ms
from sprintagen.ui.kit.popup_menu import MenuItem, wire_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.listings import ListMark, ListWindow, PlacedRow
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
MOST = 600
"""So many rows a browser may look at; a very high window shows a hundred."""
ACTIONS = (
    *("rename", "pin", "unpin", "ticket", "move", "fork", "copy-link", "copy-markdown", "archive", "restore", "delete"),
)
ACTIONS_ON_ALL = ("pin", "archive", "restore", "delete")
MOST_CHOSEN = 20_000
"""So many sessions can be chosen at once."""


class SessionList(
    ui.element,
    component="session_list.js",
    dependencies=[
        *("../kit/moments.js", "../kit/places.js", "session_outline.js", "session_choice.js", "session_states.js"),
    ],
):
    """The list. What is put inside it is shown while it has no rows.

    Args:
        mark: The list it shows, as it is now.
        window: The rows it starts with.
        home: The directory most sessions are of; others are named in the row.
        on_pick: A session was chosen; the address bar has been changed already.
        on_act: One of `ACTIONS` was chosen for a session.
        on_act_all: One of `ACTIONS_ON_ALL` was chosen for all of these.
        on_reach: The person chooses a stretch of the list, from the first position to the one after the last; what
            stands there is wanted by `choose`.
        on_look: Other rows come near the window: from the first position to the one after the last. They are wanted
            by `show`.
        on_rest: The pointer or the focus rests on a session; it may be opened next.
    """

    def __init__(
        self,
        mark: ListMark,
        window: ListWindow,
        *,
        home: str | None,
        on_pick: Callable[[str], Any],
        on_act: Callable[[str, str], Any],
        on_act_all: Callable[[str, list[str]], Any],
        on_reach: Callable[[int, int], Any],
        on_look: Callable[[int, int], Any],
        on_rest: Callable[[str], Any],
    ) -> None:
        super().__init__()
        self._home = home
        self._mark = mark
        self._window = window
        self._props["initial"] = self._whole(mark, window, archived=False)
        self._props["items"] = wire_items(_menu())
        self.mark("session-list")
        self.on("pick", lambda event: on_pick(event.args) if isinstance(event.args, str) else None)
        self.on("rest", lambda event: on_rest(event.args) if isinstance(event.args, str) else None)
        self.on("look", lambda event: self._look(event, on_look))
        self.on("act", lambda event: self._act(event, on_act))
        self.on("act_all", lambda event: self._act_all(event, on_act_all))
        self.on("reach", lambda event: self._reach(event, on_reach))

    def select(self, session_id: str | None, position: int | None) -> None:
        """Mark the session that is open, and bring its row into view if it is in the list as last shown."""
        if self._props.get("selected") == session_id:
            return  # told already: by the address, before the browser was there
        with self._props.suspend_updates():  # an update would send all rows again
            self._props.set_optional("selected", session_id)
        self.run_method("select", session_id, position)

    def choose(self, session_ids: list[SessionID]) -> None:
        """Take these into what is chosen: the answer to `on_reach`."""
        self.run_method("choose", session_ids)

    def replace(self, mark: ListMark, window: ListWindow, *, archived: bool) -> None:
        """Show another list: the search or the filter is different."""
        self._fill(mark, window, archived=archived, is_same=False)

    def refresh(self, mark: ListMark, window: ListWindow) -> None:
        """The same list a moment later: send what differs."""
        self._send(mark, window, None)

    def show(self, mark: ListMark, window: ListWindow, start: int, stop: int) -> None:
        """The same list, now with these rows: the answer to `on_look`."""
        self._send(mark, window, (start, stop))

    def _send(self, mark: ListMark, window: ListWindow, looked_at: tuple[int, int] | None) -> None:
        steps = mark.since(self._mark)
        if steps is None:
            self._fill(mark, window, archived=self._props["initial"]["archived"], is_same=True)
            return
        placed = window.since(self._window) if window is not self._window else ()
        self._mark, self._window = mark, window
        if steps or placed or looked_at:
            self.run_method("patch", steps, self._placed(placed), looked_at)

    def _fill(self, mark: ListMark, window: ListWindow, *, archived: bool, is_same: bool) -> None:
        self._mark, self._window = mark, window
        whole = self._whole(mark, window, archived=archived)
        with self._props.suspend_updates():
            self._props["initial"] = whole
        # a method: NiceGUI sends updates before methods, so that a `patch` on its way would come after and win
        self.run_method("fill", {**whole, "same": is_same})

    def _whole(self, mark: ListMark, window: ListWindow, *, archived: bool) -> dict[str, Any]:
        return {
            "outline": mark.outline(),
            "rows": self._placed(window.placed()),
            "range": [window.start, window.stop],
            "archived": archived,
        }

    def _placed(self, rows: tuple[PlacedRow, ...]) -> list[tuple[int, dict[str, Any]]]:
        return [(position, self._wire(row)) for position, row in rows]

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
            "elsewhere": row.origin == "found" and not row.depth,
            "ticket": row.ticket,
            "directory": row.directory,
            "place": PurePosixPath(row.directory).name if self._home and row.directory != self._home else "",
            "added": row.additions,
            "removed": row.deletions,
            "depth": row.depth,
            "pinned": row.is_pinned,
        }
        return {key: value for key, value in wire.items() if value}

    def _look(self, event: Any, on_look: Callable[[int, int], Any]) -> Any:
        match event.args:
            case [int() as start, int() as stop] if 0 <= start < stop <= start + MOST:
                return on_look(start, stop)
        return None

    def _act(self, event: Any, on_act: Callable[[str, str], Any]) -> Any:
        match event.args:
            case [str() as action, str() as session_id] if action in ACTIONS:
                return on_act(action, session_id)
        return None

    def _act_all(self, event: Any, on_act_all: Callable[[str, list[str]], Any]) -> Any:
        match event.args:
            case [str() as action, [*ids]] if action in ACTIONS_ON_ALL and len(ids) <= MOST_CHOSEN:
                return on_act_all(action, [one for one in ids if isinstance(one, str)])
        return None

    def _reach(self, event: Any, on_reach: Callable[[int, int], Any]) -> Any:
        match event.args:
            case [int() as start, int() as stop] if 0 <= start < stop <= start + MOST_CHOSEN:
                return on_reach(start, stop)
        return None


def _menu() -> list[MenuItem]:
    """What can be done with a row; the browser leaves out what does not fit the row's state."""
    at = ACTIONS.index("archive")
    choose = MenuItem(value="choose", label="Choose", icon="list-checks")
    items = (*items_for(ACTIONS[:at]), choose, *items_for(ACTIONS[at:]))
    # the commands' keys are for the open session, which this may not be
    return [replace(item, keys=None, line=item.value in ("fork", "choose", "delete") or None) for item in items]


def ask_words(detail: str) -> str:
    """A permission as a question: `bash: ls` becomes `Run ls?`; a question of the agent's stays as it is."""
    permission, _, subject = detail.partition(": ")
    return f"{ASKS[permission]} {subject}?" if permission in ASKS and subject else detail
