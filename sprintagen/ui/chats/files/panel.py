"""`FilesPanel`: the side panel "Files": what the browser asks for is read from the open session's directory.

Nothing is read and nobody listens while the panel is not seen.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from sprintagen.services.browsing import FILE_LIMIT, MATCHES
from sprintagen.services.changes import ConnectionChanged, FileEdited, SessionChanged, StatusChanged
from sprintagen.services.relative_path import leads_inside
from sprintagen.ui import report
from sprintagen.ui.chats.files.browser import FileBrowser, Lines, Named, Wanted
from sprintagen.ui.chats.side_panel import Panel
from sprintagen.ui.kit.code_block import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.changes import Change
    from sprintagen.services.file_text import FileView
    from sprintagen.services.watching import Watch
    from sprintagen.ui.chats.files.browser import Find
    from sprintagen.ui.page_context import PageContext

STEP = 400
"""Lines that are sent at once."""
LINE_LIMIT = 2_000
"""Characters of a line that are shown."""
PICTURE_LIMIT = 3 * 1024 * 1024
COPY_LIMIT = 2 * 1024 * 1024
PAUSE = 0.5
"""Seconds between a change and looking again: a tool changes several files one after the other."""
FOUND = 50
FEW = 4
"""Files that were changed and are looked at one by one; for more of them, all that is open is."""


class FilesPanel:
    """One page's files.

    Args:
        page: The page it is on.
        on_open: The panel is to be shown.
        on_mention: Name something in the prompt.
    """

    def __init__(
        self,
        page: PageContext,
        *,
        on_open: Callable[[], Any],
        on_mention: Callable[[Literal["file", "directory"], str, Lines | None], Any],
    ) -> None:
        self._page = page
        self._on_open = on_open
        self._on_mention = on_mention
        self._browser: FileBrowser
        self._is_ready = False
        self._session_id: SessionID | None = None
        self._directory: str | None = None
        self._wanted: Wanted | None = None
        """What to open once the browser is there."""
        self._watch: Watch | None = None
        self._file: FileView | None = None
        self._version = 0
        """Counts what was read; a piece belongs to one reading."""
        self._stale: set[str] = set()
        self._is_all_stale = False
        self._timer: asyncio.TimerHandle | None = None
        self.panel = Panel("files", "Files", "folder", "P", build=self._build, show=self._show, hide=self._hide)
        page.client.on_delete(self._close)
        page.client.on_connect(self._look_again)

    def open(self, wanted: Wanted) -> None:
        """Show a file, in the panel; a path outside the directory is told to be none of it."""
        if self._watch is not None and self._is_ready:
            self._browser.show(wanted)
        else:
            self._wanted = wanted
        self._on_open()

    # -- being seen ---------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._browser = FileBrowser(
            on_ready=self._ready,
            on_list=lambda path: self._do("look into the folder", self._list(path)),
            on_marks=lambda: self._do("ask git", self._look_at_git()),
            on_find=lambda find: self._do("search", self._find(find)),
            on_read=lambda wanted: self._do("read the file", self._read(wanted)),
            on_piece=self._send_piece,
            on_mention=self._name,
            on_copy=self._copy,
            on_shut=self._forget,
        )
        self._browser.classes("side__fill")

    def _ready(self) -> None:
        self._is_ready = True
        self._begin()

    def _show(self, session_id: SessionID | None) -> None:
        self._session_id = session_id
        if self._watch is None:
            self._watch = self._page.services.watching.watch(self._handle_change, lambda: None)
        self._watch.session_id = session_id
        if not self._is_ready:
            return
        if self._directory_now() != self._directory:
            self._begin()
            return
        self._browser.seen(True)
        self._browser.stale()  # while nobody looked, nobody listened
        self._show_wanted()

    def _hide(self) -> None:
        self._close()
        self._browser.seen(False)

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _begin(self) -> None:
        self._forget()
        self._directory = self._directory_now()
        self._browser.begin(PurePosixPath(self._directory or "").name or "the project")
        self._browser.seen(True)
        self._show_wanted()

    def _show_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._browser.show(wanted)

    def _directory_now(self) -> str | None:
        services = self._page.services
        session = services.store.sessions.get(self._session_id) if self._session_id is not None else None
        return session.directory if session is not None else services.about.directory

    # -- answering ----------------------------------------------------------------------------------------------------

    def _do(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        self._page.spawn(work, what)

    def _is_current(self, directory: str | None) -> bool:
        return directory == self._directory and not self._page.client.is_deleted

    async def _list(self, path: str) -> None:
        directory = self._directory
        try:
            folder = await self._page.services.browsing.list(path, directory=directory)
        except Exception as error:  # told in the tree
            words = report.describe(error, "look into the folder")
            if self._is_current(directory):
                self._browser.not_listed(path, words.message)
            return
        if self._is_current(directory):
            self._browser.listed(folder)

    async def _look_at_git(self) -> None:
        directory = self._directory
        try:
            marks = await self._page.services.browsing.marks(directory=directory)
        except report.EXPECTED as error:  # the files are there without them, and the banner says what is wrong
            report.describe(error, "ask git what changed")
            return
        if self._is_current(directory):
            self._browser.marked(marks)

    async def _find(self, find: Find) -> None:
        directory, services = self._directory, self._page.services
        hits: list[list[Any]]
        note = ""
        try:
            if find.mode == "names":
                paths = await services.files.find(find.text, directory=directory, limit=FOUND)
                hits = [[one.path, one.kind] for one in paths]
                note = f"The {FOUND} that fit best" if len(hits) == FOUND else ""
            else:
                matches = await services.browsing.search(find.text, directory=directory, is_pattern=find.is_pattern)
                ordered = sorted(matches, key=lambda one: (one.path, one.line))
                hits = [[one.path, one.line, one.text, one.spans] for one in ordered]
                note = f"opencode finds {MATCHES} lines at most: say more to see others" if len(hits) >= MATCHES else ""
        except Exception as error:  # told where the hits would be
            words = report.describe(error, "search")
            if self._is_current(directory):
                self._browser.found(find, (), error=f"{words.message} {words.hint}".strip())
            return
        if self._is_current(directory):
            self._browser.found(find, hits, note)

    async def _read(self, wanted: Wanted) -> None:
        self._version += 1
        version, directory = self._version, self._directory
        try:
            view = await self._page.services.browsing.read(wanted.path, directory=directory)
        except Exception as error:  # told where the file would be
            words = report.describe(error, "read the file")
            if version == self._version and self._is_current(directory):
                self._forget()
                self._browser.not_opened(wanted.path, words.message, words.hint)
            return
        if version != self._version or not self._is_current(directory):
            return
        self._file = view
        index = min((wanted.lines[0] - 1 if wanted.lines else 0) // STEP, max(0, len(view.lines) - 1) // STEP)
        self._browser.opened(self._facts(view), index, self._piece(index), wanted.lines)

    def _facts(self, view: FileView) -> dict[str, Any]:
        is_shown = bool(view.data) and len(view.data) <= PICTURE_LIMIT
        return {
            "path": view.path,
            "kind": view.kind,
            "size": view.size,
            "whole": view.is_whole,
            "exact": view.is_exact,
            "limit": FILE_LIMIT,
            "total": len(view.lines),
            "step": STEP,
            "cut": any(len(line) > LINE_LIMIT for line in view.lines),
            "version": self._version,
            "language": language_of(view.path),
            "image": f"data:{view.mime};base64,{base64.b64encode(view.data).decode()}" if is_shown else "",
        }

    def _piece(self, index: int) -> list[str]:
        lines = self._file.lines[index * STEP : (index + 1) * STEP] if self._file is not None else ()
        return [line if len(line) <= LINE_LIMIT else f"{line[: LINE_LIMIT - 1]}…" for line in lines]

    def _send_piece(self, version: int, index: int) -> None:
        if version == self._version:
            self._browser.piece(version, index, self._piece(index))

    def _forget(self) -> None:
        self._file = None
        self._version += 1

    # -- doing --------------------------------------------------------------------------------------------------------

    def _name(self, named: Named) -> None:
        if leads_inside(named.path):
            self._on_mention(named.kind, named.path, named.lines)

    def _copy(self, lines: Lines | None) -> None:
        if self._file is None:
            return
        chosen = self._file.lines[lines[0] - 1 : lines[1]] if lines else self._file.lines
        text = "\n".join(chosen)
        if len(text) > COPY_LIMIT:
            self._page.toasts.error("This is too long for the clipboard.", "Choose some of its lines.")
            return
        self._page.copy(text)
        count = len(chosen)
        self._page.toasts.done(f"Copied {count:,} line{'' if count == 1 else 's'}")

    # -- changes ------------------------------------------------------------------------------------------------------

    def _handle_change(self, change: Change) -> None:
        match change:
            case FileEdited():
                below = change.path.removeprefix(f"{(self._directory or '').rstrip('/')}/")
                if leads_inside(below):
                    self._stale.add(below)
                    self._look_again()
            case StatusChanged():
                view = self._page.services.store.views.get(change.session_id)
                if view is not None and not view.is_active:  # commands change files without saying so
                    self._is_all_stale = True
                    self._look_again()
            case ConnectionChanged():
                if self._page.services.feed.is_connected():
                    self._is_all_stale = True
                    self._look_again()
            case SessionChanged():
                if self._is_ready and self._directory_now() != self._directory:
                    self._begin()

    def _look_again(self) -> None:
        if self._timer is None and self._watch is not None and (self._stale or self._is_all_stale):
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._tell_stale)

    def _tell_stale(self) -> None:
        self._timer = None
        if not self._page.client.has_socket_connection:
            return  # looked at when the browser is back
        stale, is_all = self._stale, self._is_all_stale
        self._stale, self._is_all_stale = set(), False
        if not self._is_ready:
            return
        for path in (None,) if is_all or len(stale) > FEW else tuple(stale):
            self._browser.stale(path)
