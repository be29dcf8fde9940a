"""`TerminalPanel`: the terminals of the open session's directory, in the side panel.

The screens and their sockets are the browser's own affair (`terminal_screen.js`); here is what there is of terminals,
and what a person does with them as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.errors import SprintagenError
from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID, OpencodeError
from sprintagen.ui import report
from sprintagen.ui.addresses import address
from sprintagen.ui.chats.side_panel import Panel
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.popup_menu import MenuItem, PopupMenu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sprintagen.opencode.ids import PtyID, SessionID
    from sprintagen.services.terminals import TerminalRow
    from sprintagen.ui.page_context import PageContext

SPOKEN = "terminal.spoken"
"""Whether screen readers are told what terminals print; costs drawing time, so it is a choice."""


def terminal_panel(page: PageContext) -> list[Panel]:
    """The panel, if this installation offers terminals."""
    if not page.services.terminals.is_on:
        return []
    terminals = TerminalPanel(page)
    return [Panel("terminal", "Terminal", "terminal", "T", terminals.build, terminals.show, terminals.hide)]


class TerminalPanel:
    """What the panel shows and does."""

    def __init__(self, page: PageContext) -> None:
        self._page = page
        self._terminals = page.services.terminals
        self._session_id: SessionID | None = None
        self._is_seen = False
        self._is_spoken = False
        self._loading = 0
        self._rows: list[TerminalRow] = []

    def build(self) -> None:
        """Draw it."""
        self._view = TerminalView(
            address(f"/static/{self._page.services.about.version}/vendor"),
            on_new=self._create,
            on_rename=self._rename,
            on_close=self._close,
            on_again=self._load,
        )
        with self._view:
            ActionButton("New terminal", icon="plus", icon_only=True, on_click=self._create, testid="new-terminal")
            self._menu = PopupMenu(
                "More about the terminal",
                self._items(),
                on_pick=self._pick,
                icon="more",
                align="end",
                testid="terminal-menu",
            )
        self._terminals.changed.subscribe(self._handle_change)  # until the page is gone
        self._page.spawn(self._recall(), "recall the terminal's choices")

    def show(self, session_id: SessionID | None) -> None:
        """It is seen, for this session."""
        self._session_id, self._is_seen = session_id, True
        self._view.set_seen(True)
        self._page.spawn(self._load(), "list terminals")

    def hide(self) -> None:
        """It is not."""
        self._is_seen = False
        self._view.set_seen(False)

    def _handle_change(self) -> None:
        if self._is_seen:
            self._page.spawn(self._load(), "list terminals")

    async def _load(self) -> None:
        self._loading += 1
        turn, session_id = self._loading, self._session_id
        try:
            rows = await self._terminals.list(self._page.actor, session_id)
            scope = await self._terminals.directory_of(self._page.actor, session_id)
        except (SprintagenError, OpencodeError) as error:  # told in the panel itself
            if turn == self._loading:
                self._view.set_trouble(report.describe(error, "list the terminals"))
            return
        if turn == self._loading and not self._page.client.is_deleted:
            self._rows = rows
            self._view.set_rows(scope, session_id, rows)

    async def _create(self) -> None:
        self._view.set_busy(True)
        try:
            row = await self._terminals.create(self._page.actor, self._session_id)
        except (SprintagenError, OpencodeError) as error:
            self._page.tell(error, "open a terminal")
        else:
            await self._load()
            self._view.run_method("opened", row.id)
        finally:
            self._view.set_busy(False)

    async def _rename(self, pty_id: PtyID) -> None:
        row = self._find(pty_id)
        title = await self._page.modal.prompt("Rename the terminal", field="Title", value=row.title if row else "")
        if title and title.strip():
            work = self._terminals.rename(self._page.actor, pty_id, title, session_id=self._session_id)
            if await self._page.attempt("rename the terminal", work):
                await self._load()

    async def _close(self, pty_id: PtyID) -> None:
        row = self._find(pty_id)
        sure = await self._page.modal.confirm(
            f"Close “{row.title}”?" if row else "Close this terminal?",
            "What runs in it is ended.",
            accept="Close",
            danger=True,
        )
        if sure:
            work = self._terminals.close(self._page.actor, pty_id, session_id=self._session_id)
            if await self._page.attempt("close the terminal", work):
                self._view.run_method("closed", pty_id)
                await self._load()

    def _find(self, pty_id: PtyID) -> TerminalRow | None:
        return next((row for row in self._rows if row.id == pty_id), None)

    # -- choices ------------------------------------------------------------------------------------------------------

    def _items(self) -> list[MenuItem]:
        return [
            MenuItem(value="rename", label="Rename", icon="edit"),
            MenuItem(
                value="spoken",
                label="Read out loud",
                detail="Screen readers hear what is printed",
                checked=self._is_spoken,
                line=True,
            ),
        ]

    async def _pick(self, value: str) -> None:
        if value == "spoken":
            self._speak(not self._is_spoken)
            await self._page.remember(SPOKEN, self._is_spoken)
        else:
            self._view.run_method("renameCurrent")

    async def _recall(self) -> None:
        if await self._page.recall(SPOKEN) is True:
            self._speak(True)

    def _speak(self, is_spoken: bool) -> None:
        self._is_spoken = is_spoken
        self._view.set_spoken(is_spoken)
        self._menu.set_items(self._items())


class TerminalView(ui.element, component="terminal_panel.js", dependencies=["terminal_screen.js"]):
    """The tabs and screens in the browser.

    Args:
        base: Where xterm.js is served.
        on_new: A new one is wanted.
        on_rename: Another title for this one is wanted.
        on_close: This one is to be ended.
        on_again: Look once more what there is.
    """

    def __init__(
        self,
        base: str,
        *,
        on_new: Callable[[], Any],
        on_rename: Callable[[PtyID], Any],
        on_close: Callable[[PtyID], Any],
        on_again: Callable[[], Any],
    ) -> None:
        super().__init__()
        self._props.update(
            {"base": base, "scope": "", "session": "", "rows": [], "loaded": False, "seen": False, "spoken": False}
        )
        self.mark("terminals")
        self.on("new", on_new, args=[])
        self.on("rename", _with_id(on_rename))
        self.on("close", _with_id(on_close))
        self.on("again", on_again, args=[])

    def set_rows(self, scope: str, session_id: SessionID | None, rows: Sequence[TerminalRow]) -> None:
        """What runs now.

        Args:
            scope: The directory: terminals of another one are not these.
            session_id: One of the directory, by which it is asked for; None: the project's.
            rows: The terminals.
        """
        wire = [{"id": row.id, "title": row.title} for row in rows]
        with self._props.suspend_updates():
            self._props.update({"scope": scope, "session": session_id or "", "rows": wire, "loaded": True})
            self._props.pop("trouble", None)
        self.update()

    def set_trouble(self, words: report.ErrorWords) -> None:
        """Why nothing can be shown."""
        self._props["trouble"] = [words.message, words.hint]

    def set_seen(self, seen: bool) -> None:
        """Whether somebody looks: only then is there a socket."""
        self._props["seen"] = seen

    def set_busy(self, busy: bool) -> None:
        """A new one is on its way."""
        self._props["busy"] = busy

    def set_spoken(self, spoken: bool) -> None:
        """Whether screen readers are told what is printed."""
        self._props["spoken"] = spoken


def _with_id(handle: Callable[[PtyID], Any]) -> Callable[[Any], Any]:
    """Calls with the id the browser sent; one that is none is nobody's."""

    def heed(event: Any) -> Any:
        try:
            return handle(ids.pty_id(event.args))
        except InvalidID:
            return None

    return heed
