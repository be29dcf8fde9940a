"""`ChangesPanel`: what the open session, one of its turns, or git's working tree and branch changed, file by file.

The list of files goes to the browser; a file's lines go there when somebody looks at them. What people say to lines
is the composer's: the two speak to each other in the browser, so that it is kept with the draft.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from sprintagen.opencode.models import PatchPart, UserMessage
from sprintagen.services.changes import (
    Change,
    ConnectionChanged,
    MessageChanged,
    MessageRemoved,
    PartAppended,
    PartChanged,
    Reloaded,
    SessionChanged,
    StatusChanged,
)
from sprintagen.services.file_changes import Branches, Changes, Scope
from sprintagen.services.readable import line_of_view
from sprintagen.ui import report
from sprintagen.ui.chats.changes_list import ChangesList, row_of, shown, stamp_of
from sprintagen.ui.chats.side_panel import Panel
from sprintagen.ui.kit.streaming_markdown import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.services.session_view import SessionView
    from sprintagen.services.watching import Watch
    from sprintagen.ui.page_context import PageContext

KEPT = "chats.changes_scope"
PACE = 0.4
"""Seconds from a change until it is looked at, together with what comes meanwhile."""
GIT_PACE = 1.0
AWAY = 1.0
"""Seconds until it is looked again whether the browser is there."""
WHOLE = 6000
"""Lines up to which a file is sent with all that is not changed in it; of longer ones what lies around."""
AROUND = 100
PATCH_LIMIT = 2_000_000
"""Characters of a patch that a browser is sent at most."""
TURNS = 30
"""Turns that can be chosen, the newest."""
STATES = Literal["loading", "ready", "failed"]


class ChangesPanel:
    """The panel.

    Args:
        page: The page it is on.
        on_open_file: Shows a file of the session's directory; None: nothing can.
    """

    def __init__(self, page: PageContext, *, on_open_file: Callable[[str, int | None], None] | None = None) -> None:
        self._page = page
        self._on_open_file = on_open_file
        self._element: ChangesList | None = None
        self._session_id: SessionID | None = None
        self._scope: Scope = "session"
        self._message_id: MessageID | None = None
        """The prompt of a turn that was chosen; None: the last one."""
        self._recalled = False
        self._changes: Changes | None = None
        self._branches: Branches | None = None
        self._view: SessionView | None = None
        self._watch: Watch | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reading = 0
        """The number of the reading that counts."""
        self._is_reading = False
        self._is_due = False
        """Something changed while it was read."""

    def panel(self) -> Panel:
        """For the side panel."""
        return Panel("changes", "Changes", "patch", "C", build=self._build, show=self._show_session, hide=self._hide)

    def look_at(self, session_id: SessionID, message_id: MessageID) -> None:
        """Show the changes of the turn of this prompt, now if the panel is seen, else when it is."""
        self._take(session_id)
        self._scope, self._message_id, self._recalled = "turn", message_id, True
        if self._watch is not None:
            self._begin()

    def _build(self) -> None:
        self._page.client.on_delete(self._hide)
        self._element = ChangesList(
            on_scope=self._choose,
            on_refresh=self._refresh,
            on_want=self._send,
            on_open_file=self._open_file if self._on_open_file is not None else None,
        )

    def _take(self, session_id: SessionID | None) -> None:
        if session_id == self._session_id:
            return
        if self._message_id is not None:  # it is the other session's
            self._scope, self._message_id, self._recalled = "session", None, False
        self._session_id = session_id
        self._view = self._changes = self._branches = None

    def _show_session(self, session_id: SessionID | None) -> None:
        self._take(session_id)
        self._hide()
        if session_id is None:
            self._draw("ready")
            return
        self._watch = self._page.services.watching.watch(self._note, lambda: None)
        self._watch.session_id = session_id
        self._begin()

    def _hide(self) -> None:
        """Nobody looks: ask for nothing."""
        self._reading += 1
        self._is_reading = self._is_due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    # -- what happens -------------------------------------------------------------------------------------------------

    def _note(self, change: Change) -> None:
        """Look again when what is shown may be different."""
        match change:
            case PartAppended():
                return
            case ConnectionChanged():
                if self._page.services.feed.is_connected():
                    self._want(0)
            case StatusChanged():
                if self._view is not None and not self._view.is_active:
                    self._want(PACE)
            case PartChanged():
                if self._scope in ("worktree", "branch") and self._is_patch(change):
                    self._want(GIT_PACE)
            case MessageChanged():
                if self._scope in ("session", "turn") and self._is_prompt(change.message_id):
                    self._want(PACE)
            case MessageRemoved() | Reloaded() | SessionChanged():
                if self._scope in ("session", "turn"):
                    self._want(PACE)

    def _is_patch(self, change: PartChanged) -> bool:
        part = self._view.find_part(change.message_id, change.part_id) if self._view is not None else None
        return part is not None and isinstance(part.part, PatchPart)

    def _is_prompt(self, message_id: MessageID) -> bool:
        message = self._view.find_message(message_id) if self._view is not None else None
        return message is None or isinstance(message.info, UserMessage)

    def _want(self, delay: float) -> None:
        if self._watch is None:
            return
        if self._is_reading:
            self._is_due = True
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self._page.client.has_socket_connection:  # nobody sees it
            self._want(AWAY)
            return
        self._read_soon()

    def _begin(self) -> None:
        """Show something else than before."""
        self._reading += 1
        self._changes = None
        self._draw("loading")
        self._read_soon()

    def _read_soon(self) -> None:
        self._reading += 1
        self._is_reading, self._is_due = True, False
        self._page.spawn(self._read(self._reading), "read what was changed")

    async def _read(self, number: int) -> None:
        page, session_id = self._page, self._session_id
        if session_id is None:
            return
        try:
            if not self._recalled:
                self._recalled = True
                kept = await page.recall(KEPT)
                self._scope = cast("Scope", kept) if kept in get_args(Scope) else "session"
            file_changes = page.services.file_changes
            self._view = await page.services.sessions.view(page.actor, session_id)
            self._branches = await file_changes.branches(session_id)
            changes = await file_changes.read(page.actor, session_id, self._scope, message_id=self._message_id)
        except Exception as error:  # told on the panel itself; an unexpected one is logged with its traceback
            if number == self._reading:
                self._is_reading = False
                self._draw("failed", error=report.describe(error, "read what was changed"))
            return
        if number != self._reading:
            return
        self._is_reading = False
        self._changes = changes
        self._draw("ready")
        if self._is_due:
            self._want(PACE)

    def _choose(self, text: str) -> None:
        """Another scope: `session`, `turn`, `worktree`, `branch`, or the id of a prompt."""
        is_scope = text in get_args(Scope)
        known = {prompt for prompt, _ in self._turns()} | {self._message_id}
        if self._watch is None or not (is_scope or text in known):
            return
        self._scope = cast("Scope", text) if is_scope else "turn"
        self._message_id = None if is_scope else cast("MessageID", text)
        if is_scope:
            self._page.spawn(self._page.remember(KEPT, text), "remember the scope of changes")
        self._begin()

    def _refresh(self) -> None:
        if self._watch is not None and not self._is_reading:
            self._draw("loading")
            self._read_soon()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _draw(self, state: STATES, *, error: report.ErrorWords | None = None) -> None:
        if self._element is None or self._page.client.is_deleted:
            return
        files = self._changes.files if self._changes is not None else ()
        message, hint = (error.message, error.hint) if error is not None else self._words(state)
        with self._page.client:
            self._element.show(
                session=self._session_id or "",
                state=state,
                scope=self._message_id or self._scope,
                scopes=self._scopes(),
                turns=[[prompt, line] for prompt, line in self._turns()],
                files=[row_of(file) for file in files],
                message=message,
                hint=hint,
            )

    def _words(self, state: STATES) -> tuple[str, str]:
        """What stands where files would."""
        if self._session_id is None:
            return "No session is open", "What the agent changes in files is listed here."
        if state == "loading" or (self._changes is not None and self._changes.files):
            return "", ""
        if self._branches is not None and not self._branches.is_git and self._scope in ("session", "turn"):
            return (
                "opencode notes no changes here",
                "It does so only in a git repository. Run git init in the project to have them listed from then on.",
            )
        match self._scope:
            case "session":
                return (
                    "No file is changed",
                    "When the agent edits, adds or deletes files in this session, they are listed here.",
                )
            case "turn":
                return "This turn changed no file", ""
            case "worktree":
                return "The working tree is clean", "Everything in it is committed."
            case "branch":
                return "The branch is like the default one", ""

    def _scopes(self) -> list[dict[str, Any]]:
        branches = self._branches
        named = "Branch"
        if branches is not None and branches.has_own:
            named = f"Branch {branches.branch}, against {branches.default}"
        return [
            {"value": "session", "label": "Whole session"},
            {"value": "turn", "label": "Last turn"},
            {"value": "worktree", "label": "Working tree", "off": branches is not None and not branches.is_git},
            {"value": "branch", "label": well_formed(named), "off": branches is not None and not branches.has_own},
        ]

    def _turns(self) -> list[tuple[str, str]]:
        """Prompts that can be chosen, newest first, each with its first line."""
        view = self._view
        found: list[tuple[str, str]] = []
        for message in reversed(view.messages.values()) if view is not None else ():
            info = message.info
            if isinstance(info, UserMessage) and info.summary and info.summary.get("diffs"):
                line = line_of_view(message)
                if line is not None:
                    found.append((info.id, well_formed(line) or "Attached files"))
            if len(found) == TURNS:
                break
        if self._message_id is not None and all(prompt != self._message_id for prompt, _ in found):
            message_view = view.find_message(self._message_id) if view is not None else None
            line = line_of_view(message_view) if message_view is not None else None
            found.append((self._message_id, well_formed(line or "An earlier turn")))
        return found

    def _send(self, path: str, stamp: str) -> None:
        """The browser wants the lines of a file."""
        if self._changes is None or self._element is None:
            return
        file = next((file for file in self._changes.files if shown(file.path) == path), None)
        if file is None:
            return
        patch = file.patch(None if file.lines <= WHOLE else AROUND)
        self._element.take(path, stamp_of(file), "" if len(patch) > PATCH_LIMIT else patch)

    def _open_file(self, path: str, line: int | None) -> None:
        files = self._changes.files if self._changes is not None else ()
        file = next((file for file in files if shown(file.path) == path and file.status != "deleted"), None)
        if file is not None and self._on_open_file is not None:
            self._on_open_file(file.path, line)
