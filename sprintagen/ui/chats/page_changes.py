"""`PageChanges`: hands each change of the services to the piece of the page it is for, and draws at the page's pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sprintagen.services.changes import (
    AsksChanged,
    ConnectionChanged,
    CredentialsChanged,
    DatabaseChanged,
    DeletionsChanged,
    PartAppended,
    Reloaded,
    SessionChanged,
    SessionRemoved,
    StatusChanged,
)
from sprintagen.ui.chats.absence import Absence
from sprintagen.ui.chats.pacer import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.changes import Change
    from sprintagen.services.sessions import SessionRow
    from sprintagen.ui.chats.app_header import AppHeader
    from sprintagen.ui.chats.chat_pane import ChatPane
    from sprintagen.ui.chats.commands.page_commands import PageCommands
    from sprintagen.ui.chats.deletion_bar import DeletionBar
    from sprintagen.ui.chats.inbox import Inbox
    from sprintagen.ui.chats.list_pane import ListPane
    from sprintagen.ui.chats.notices import Notices
    from sprintagen.ui.chats.pacer import Load
    from sprintagen.ui.chats.page_state import PageState
    from sprintagen.ui.chats.page_title import PageTitle
    from sprintagen.ui.chats.status_banner import StatusBanner
    from sprintagen.ui.page_context import PageContext

FLUSH = 0.008
"""Seconds between two flushes while text streams and few pages are busy."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is drawn of the page's feature."""

    header: AppHeader
    banner: StatusBanner
    inbox: Inbox
    notices: Notices
    title: PageTitle
    list: ListPane
    chat: ChatPane
    deletions: DeletionBar
    commands: PageCommands


class PageChanges:
    """The one watch and the one flusher of a page, from the moment it is built.

    Args:
        page: The page.
        state: What it has selected.
        pieces: Where changes are drawn.
        load: How busy all pages are.
        on_show: Show this session, which came back.
    """

    def __init__(
        self,
        page: PageContext,
        state: PageState,
        pieces: Pieces,
        load: Load,
        *,
        on_show: Callable[[SessionID], None],
    ) -> None:
        self._page = page
        self._services = page.services
        self._state = state
        self._pieces = pieces
        self._on_show = on_show
        self._flusher = Pacer(FLUSH, self._flush, load)
        self._is_visible = True
        self._is_loaded = False
        self._is_going = False
        """The open session is about to be deleted."""
        self._watch = self._services.watching.watch(self._take, self._take_list)
        self._absence = Absence(page.client, self._catch_up)

    def loaded(self) -> None:
        """The browser is there, and what it shows is about to be read."""
        self._is_loaded = True

    def select(self, session_id: SessionID | None) -> None:
        """This session's changes are wanted from now on."""
        self._is_going = False
        self._watch.session_id = session_id

    def close(self) -> None:
        """The page is gone."""
        self._watch.close()
        self._flusher.cancel()

    # -- taking -------------------------------------------------------------------------------------------------------

    def _take(self, change: Change) -> None:
        if isinstance(change, PartAppended):
            self._handle_words(change)
            return
        with self._page.client:
            self._handle_change(change)

    def _take_list(self) -> None:
        with self._page.client:
            self._handle_list()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _handle_words(self, change: PartAppended) -> None:
        """Text arrived in the open session, hundreds of times a second when many are busy: noted in a few steps, and
        not at all while nobody can see the page."""
        if self._is_visible and not self._absence.is_away:
            self._state.dirty.grow(change)
            self._flusher.request()

    def _handle_change(self, change: Change) -> None:
        """Something in the open session is different, or something that is of no session."""
        if self._absence.is_away and not isinstance(change, SessionRemoved):
            return  # nobody sees it; `_catch_up` draws what has become of it all
        match change:
            case DatabaseChanged():
                self.update_banner()
                return
            case ConnectionChanged() | CredentialsChanged():
                self.update_banner()
                self._state.dirty.state = True  # what the open session is doing is known no more, or again
                self._flusher.request()
                if self._is_loaded and self._services.feed.is_connected():
                    self._page.spawn(self._pieces.chat.catch_up(), "catch up")
                return
            case SessionChanged():
                self._pieces.chat.refresh_row()
            case DeletionsChanged():
                self._show_deletions()
                return
            case SessionRemoved():
                self._pieces.chat.show_missing(
                    "This session was deleted",
                    "Somebody deleted it, here or in another opencode client.",
                    "Changes it made to files are still there.",
                )
            case StatusChanged() | AsksChanged():
                self._speak()
                self._see()
        if self._state.dirty.note(change):
            self._flusher.request()

    def _show_deletions(self) -> None:
        """What is about to be deleted, and what becomes of it if it is the open session."""
        self._pieces.deletions.update(self._services.deletions.pending())
        selected = self._state.selected
        if selected is None:
            return
        is_going = any(one.session_id == selected for one in self._services.deletions.pending())
        if is_going and not self._is_going:
            self._pieces.chat.show_missing(
                "This session is being deleted", "Somebody deleted it a moment ago. It can still be brought back.", ""
            )
        elif self._is_going and not is_going and selected in self._services.store.sessions:
            self._on_show(selected)
        self._is_going = is_going

    def _handle_list(self) -> None:
        """Something in the list may be different, of this session or another."""
        if self._absence.is_away:
            return
        if self._is_visible:
            self._pieces.list.refresh()
        self._show_tab()

    def _flush(self) -> None:
        if not self._absence.is_away:
            self._pieces.chat.flush()

    def _catch_up(self) -> None:
        """The browser is there again: what it missed was not sent, so anything may be different."""
        self._handle_change(ConnectionChanged())
        self._show_deletions()
        self._handle_list()
        self._pieces.chat.refresh_row()
        if self._state.selected is not None:
            self._state.dirty.note(Reloaded(self._state.selected))
        self._flusher.request()
        self._see()

    def _see(self) -> None:
        """What happens while the person looks is seen."""
        view = self._pieces.chat.view
        if self._is_visible and view is not None and not view.is_active and self._state.selected is not None:
            work = self._services.sessions.mark_seen(self._page.actor, self._state.selected)
            self._page.spawn(self._page.attempt("remember what you have seen", work), "mark seen")

    def _speak(self) -> None:
        """Tell screen readers how the open session stands."""
        view = self._pieces.chat.view
        if view is not None:
            words = {"working": "Working", "asking": "The agent needs you", "failed": "The turn failed", "idle": "Done"}
            self._page.toasts.say(words.get(view.state, ""))

    def handle_visible(self, event: Any) -> None:
        """The browser says whether somebody looks."""
        was_visible, self._is_visible = self._is_visible, event.args is True
        if self._is_visible:
            self._see()
            self._pieces.list.refresh()
            if not was_visible and self._state.selected is not None:
                self._state.dirty.note(Reloaded(self._state.selected))  # the words it was not sent
                self._flusher.request()

    def update_banner(self) -> None:
        """How the server, the keys or the database stand may be different."""
        connection = self._services.feed.connection
        self._pieces.header.show_server(connection.state)
        self._pieces.banner.update(
            connection,
            self._services.credentials.report,
            has_models=self._pieces.chat.has_models,
            is_given_up=connection.state == "failed" and self._services.is_given_up,
            database=self._services.database.error,
        )

    def show_title(self, row: SessionRow | None) -> None:
        """Name the open session on the browser's tab."""
        self._pieces.title.row = row
        self._show_tab()

    def _show_tab(self) -> None:
        count = self._services.sessions.listings.count_asking()
        self._pieces.title.show(count)
        self._pieces.inbox.show(count)
        self._pieces.notices.look(count)
        self._pieces.commands.update()
