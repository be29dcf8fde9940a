"""The route /admin/chats: builds the page, watches what it shows, and hands each change to the pane it is for.

One page function serves both addresses; moving between sessions changes the address bar without a reload. The first
answer holds the frame and the list; messages follow over the socket.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from nicegui import Client, ui

from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID
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
from sprintagen.services.refs import OPERATOR
from sprintagen.ui import theme
from sprintagen.ui.chats import away_note, page_script, page_title
from sprintagen.ui.chats.absence import Absence
from sprintagen.ui.chats.app_header import AppHeader
from sprintagen.ui.chats.chat_actions import ChatActions
from sprintagen.ui.chats.chat_pane import ChatPane
from sprintagen.ui.chats.deletion_bar import DeletionBar
from sprintagen.ui.chats.inbox import Inbox
from sprintagen.ui.chats.key_registration import register_keys
from sprintagen.ui.chats.list_pane import ListPane
from sprintagen.ui.chats.notices import Notices
from sprintagen.ui.chats.pacer import Load, Pacer
from sprintagen.ui.chats.page_state import PageState
from sprintagen.ui.chats.preload import preload
from sprintagen.ui.chats.session_actions import SessionActions
from sprintagen.ui.chats.status_banner import StatusBanner
from sprintagen.ui.chats.turn_actions import TurnActions
from sprintagen.ui.kit.modal import Modal
from sprintagen.ui.kit.pane_divider import PaneDivider
from sprintagen.ui.kit.toasts import Toasts
from sprintagen.ui.page_context import PageContext

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from sprintagen.services.changes import Change
    from sprintagen.services.sessions import SessionRow

PATH = "/admin/chats"
VIEWPORT = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
WIDTH = 280
WIDTHS = (200, 520)
FLUSH = 0.008
"""Seconds between two flushes while text streams and few pages are busy."""


def register(services: Services) -> None:
    """Add the route."""
    theme.serve_static(services.about.version)
    load = Load()

    @ui.page(PATH, title="sprintagen", viewport=VIEWPORT)
    @ui.page(PATH + "/{session_id}", title="sprintagen", viewport=VIEWPORT)
    async def chats(client: Client, session_id: str | None = None) -> None:
        page = ChatsPage(services, client, load)
        await page.build()
        page.begin(session_id)
        await client.connected()
        await page.load()


class ChatsPage:
    """One browser page: the one watch, the one flusher, paced by the load of all pages."""

    def __init__(self, services: Services, client: Client, load: Load) -> None:
        self._page = PageContext(services, OPERATOR, client)
        self._services = services
        self._state = PageState()
        self._flusher = Pacer(FLUSH, self._flush, load)
        self._is_visible = True
        self._is_going = False
        """The open session is about to be deleted."""
        self._left: SessionID | None = None
        """The session that was open when it was deleted here."""
        self._is_loaded = False
        self._title = page_title.PageTitle(client, services.about)

    async def build(self) -> None:
        """The frame and the list, as the browser first gets them."""
        page = self._page
        chosen_theme = theme.as_theme(await page.recall("theme"))
        width = await page.recall("chats.list_width")
        width = width if isinstance(width, int) and WIDTHS[0] <= width <= WIDTHS[1] else WIDTH
        theme.dress_page(
            title="sprintagen",
            version=self._services.about.version,
            theme=chosen_theme,
            variables={"list-width": f"{width}px"},
        )
        ui.add_body_html(page_script.LISTEN)
        away_note.watch()
        turns = TurnActions(page, on_select=self.select)
        self._actions = actions = SessionActions(page, turns, on_gone=self._leave)
        with ui.element("div").classes("app"):
            self._header = AppHeader(
                self._services.about,
                chosen_theme,
                on_theme=self._set_theme,
                on_new=lambda: self.select(None),
                on_register=lambda: register_keys(page),
            )
            self._draw_inbox()
            away_note.place()
            self._banner = StatusBanner(
                lambda abort_running: register_keys(page, abort_running=abort_running), self._start_again
            )
            with ui.element("div").classes("app__body"):
                self._list = ListPane(
                    page,
                    self._state.list_filter,
                    on_new=lambda: self.select(None),
                    on_pick=self._pick,
                    on_act=actions.act,
                    on_act_all=actions.act_on_all,
                )
                PaneDivider(
                    "Width of the session list",
                    variable="--list-width",
                    width=width,
                    initial=WIDTH,
                    limits=WIDTHS,
                    on_moved=lambda pixels: page.spawn(page.remember("chats.list_width", pixels), "remember the width"),
                )
                self._chat = ChatPane(
                    page,
                    self._state,
                    on_act=self._act_on_open,
                    on_select=self.select,
                    on_row=self._show_title,
                    on_models=self._update_banner,
                    turns=turns,
                )
                ui.element("div").classes("drawer-shade").on(
                    "click", js_handler="() => delete document.documentElement.dataset.drawer"
                )
            page.modal = Modal()
            page.toasts = Toasts()
            self._deletions = DeletionBar(self._restore)
            self._deletions.update(self._services.deletions.pending())
            preload()
        self._update_banner()

    def _draw_inbox(self) -> None:
        asks, actions = self._services.asks, ChatActions(self._page, self._state)
        with self._header.place:
            self._inbox = Inbox(
                pending=asks.pending, owner=actions.owner_of, actions=actions.for_tail(), on_pick=self.select
            )
        self._notices = Notices(self._page.client, asks.pending, actions.owner_of)

    def begin(self, text: str | None) -> None:
        """Take the address: what the chat pane shows first."""
        client = self._page.client

        def handle_change(change: Change) -> None:
            if isinstance(change, PartAppended):
                self._handle_words(change)
                return
            with client:
                self._handle_change(change)

        def handle_list() -> None:
            with client:
                self._handle_list()

        self._watch = self._services.watching.watch(handle_change, handle_list)
        ui.on("chats_path", self._handle_path)
        ui.on("chats_visible", self._handle_visible)
        ui.on("chats_filter", lambda event: self._list.restore(event.args))
        self._page.client.on_delete(self._close)
        self._absence = Absence(self._page.client, self._catch_up)
        self._address = text
        if text is None:
            self._chat.show_start()
            return
        with contextlib.suppress(InvalidID):  # told when the page is there
            self._take(ids.session_id(text))  # from the first moment, what is typed and sent is for this session
        self._chat.show_loading()

    async def load(self) -> None:
        """With the browser there: read the session."""
        if self._is_loaded:
            return
        self._is_loaded = True
        if self._address is not None:
            await self._open_address(self._address)
        else:
            await self._chat.load_choices()

    # -- selecting ----------------------------------------------------------------------------------------------------

    def select(self, session_id: SessionID | None) -> None:
        """Show a session, or the start of a new one, and say so in the address bar."""
        path = f"{PATH}/{session_id}" if session_id else PATH
        self._page.client.run_javascript(f"sprintagenGo('{path}')")
        self._show(session_id)

    def _show(self, session_id: SessionID | None) -> None:
        self._take(session_id)
        if session_id is None:
            self._chat.show_start()
            self._page.spawn(self._chat.load_choices(), "load choices")
        else:
            self._chat.expect(session_id)
            self._page.spawn(self._chat.open(session_id), "open session")

    def _take(self, session_id: SessionID | None) -> None:
        self._state.opening += 1
        self._is_going = False
        self._state.selected = self._watch.session_id = session_id
        self._list.select(session_id)

    def _pick(self, text: str) -> None:
        self._page.spawn(self._open_address(text), "open session")

    async def _open_address(self, text: str) -> None:
        """Show the session an address names; the address stays."""
        try:
            session_id = ids.session_id(text)
        except InvalidID:
            self._take(None)
            self._chat.show_missing(
                "There is no such session",
                "The address does not hold the id of a session.",
                "Choose one from the list.",
            )
            return
        self._show(session_id)

    def _handle_path(self, event: Any) -> None:
        path = event.args if isinstance(event.args, str) else PATH
        rest = path.removeprefix(PATH).strip("/")
        if rest and rest == self._state.selected:
            return  # only the message that the address names is another
        if rest:
            self._pick(rest)
        else:
            self._show(None)

    async def _act_on_open(self, action: str) -> None:
        if self._state.selected is not None:
            await self._actions.act(action, self._state.selected)

    # -- changes ------------------------------------------------------------------------------------------------------

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
                self._update_banner()
                return
            case ConnectionChanged() | CredentialsChanged():
                self._update_banner()
                self._state.dirty.state = True  # what the open session is doing is known no more, or again
                self._flusher.request()
                if self._is_loaded and self._services.feed.is_connected():
                    self._page.spawn(self._chat.catch_up(), "catch up")
                return
            case SessionChanged():
                self._chat.refresh_row()
            case DeletionsChanged():
                self._show_deletions()
                return
            case SessionRemoved():
                self._chat.show_missing(
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
        self._deletions.update(self._services.deletions.pending())
        selected = self._state.selected
        if selected is None:
            return
        is_going = any(one.session_id == selected for one in self._services.deletions.pending())
        if is_going and not self._is_going:
            self._chat.show_missing(
                "This session is being deleted", "Somebody deleted it a moment ago. It can still be brought back.", ""
            )
        elif self._is_going and not is_going and selected in self._services.store.sessions:
            self._show(selected)
        self._is_going = is_going

    def _leave(self, session_id: SessionID) -> None:
        if self._state.selected == session_id:
            self._left = session_id
            self.select(None)

    async def _restore(self, session_id: SessionID) -> None:
        if await self._page.attempt(
            "bring the session back", self._services.deletions.cancel(self._page.actor, session_id)
        ):
            self._page.toasts.done("The session is back")
            if self._left == session_id and self._state.selected is None:
                self.select(session_id)

    def _handle_list(self) -> None:
        """Something in the list may be different, of this session or another."""
        if self._absence.is_away:
            return
        if self._is_visible:
            self._list.refresh()
        self._show_tab()

    def _flush(self) -> None:
        if not self._absence.is_away:
            self._chat.flush()

    def _catch_up(self) -> None:
        """The browser is there again: what it missed was not sent, so anything may be different."""
        self._handle_change(ConnectionChanged())
        self._show_deletions()
        self._handle_list()
        self._chat.refresh_row()
        if self._state.selected is not None:
            self._state.dirty.note(Reloaded(self._state.selected))
        self._flusher.request()
        self._see()

    def _see(self) -> None:
        """What happens while the person looks is seen."""
        view = self._chat.view
        if self._is_visible and view is not None and not view.is_active and self._state.selected is not None:
            work = self._services.sessions.mark_seen(self._page.actor, self._state.selected)
            self._page.spawn(self._page.attempt("remember what you have seen", work), "mark seen")

    def _speak(self) -> None:
        """Tell screen readers how the open session stands."""
        view = self._chat.view
        if view is not None:
            words = {"working": "Working", "asking": "The agent needs you", "failed": "The turn failed", "idle": "Done"}
            self._page.toasts.say(words.get(view.state, ""))

    def _handle_visible(self, event: Any) -> None:
        was_visible, self._is_visible = self._is_visible, event.args is True
        if self._is_visible:
            self._see()
            self._list.refresh()
            if not was_visible and self._state.selected is not None:
                self._state.dirty.note(Reloaded(self._state.selected))  # the words it was not sent
                self._flusher.request()

    async def _start_again(self) -> None:
        await self._page.attempt("start opencode", self._services.start_again(self._page.actor))

    def _update_banner(self) -> None:
        connection = self._services.feed.connection
        self._header.show_server(connection.state)
        self._banner.update(
            connection,
            self._services.credentials.report,
            has_models=self._chat.has_models,
            is_given_up=connection.state == "failed" and self._services.is_given_up,
            database=self._services.database.error,
        )

    def _show_title(self, row: SessionRow | None) -> None:
        self._title.row = row
        self._show_tab()

    def _show_tab(self) -> None:
        count = self._services.sessions.listings.count_asking()
        self._title.show(count)
        self._inbox.show(count)
        self._notices.look(count)

    # -- the rest -----------------------------------------------------------------------------------------------------

    async def _set_theme(self, value: str) -> None:
        chosen = theme.as_theme(value)
        theme.switch_theme(chosen)
        await self._page.remember("theme", chosen)

    def _close(self) -> None:
        self._watch.close()
        self._flusher.cancel()
