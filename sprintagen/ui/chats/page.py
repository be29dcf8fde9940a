"""The route /admin/chats: builds the page and selects what it shows; `PageChanges` keeps what is drawn up to date.

One page function serves both addresses; moving between sessions changes the address bar without a reload. The first
answer holds the frame and the list; messages follow over the socket.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Literal

from nicegui import Client, ui

from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID
from sprintagen.services.refs import OPERATOR
from sprintagen.ui import away_note, theme
from sprintagen.ui.chats import page_script, page_title
from sprintagen.ui.chats.app_header import AppHeader
from sprintagen.ui.chats.changes_panel import ChangesPanel
from sprintagen.ui.chats.chat_actions import ChatActions
from sprintagen.ui.chats.chat_pane import ChatPane
from sprintagen.ui.chats.commands.page_commands import Means, PageCommands
from sprintagen.ui.chats.deletion_bar import DeletionBar
from sprintagen.ui.chats.files.browser import Wanted, wanted_in, wanted_of
from sprintagen.ui.chats.files.panel import FilesPanel
from sprintagen.ui.chats.inbox import Inbox
from sprintagen.ui.chats.key_registration import register_keys
from sprintagen.ui.chats.list_pane import ListPane
from sprintagen.ui.chats.notices import Notices
from sprintagen.ui.chats.pacer import Load
from sprintagen.ui.chats.page_changes import PageChanges, Pieces
from sprintagen.ui.chats.page_state import PageState
from sprintagen.ui.chats.preload import preload
from sprintagen.ui.chats.session_actions import SessionActions
from sprintagen.ui.chats.side_panel import VARIABLE, Kept, Panel, SidePanel
from sprintagen.ui.chats.status_banner import StatusBanner
from sprintagen.ui.chats.terminal_panel import terminal_panel
from sprintagen.ui.chats.turn_actions import TurnActions
from sprintagen.ui.inline_script import inline_script
from sprintagen.ui.kit.modal import Modal
from sprintagen.ui.kit.pane_divider import PaneDivider
from sprintagen.ui.kit.toasts import Toasts
from sprintagen.ui.page_context import PageContext

if TYPE_CHECKING:
    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.services import Services
    from sprintagen.services.sessions import SessionRow
    from sprintagen.ui.chats.files.browser import Lines

PATH = "/admin/chats"
VIEWPORT = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
WIDTH = 280
WIDTHS = (200, 520)


def register(services: Services) -> None:
    """Add the route."""
    theme.serve_static(services.about.version)
    load = Load()

    @ui.page(PATH, title="sprintagen", viewport=VIEWPORT, language=theme.LANGUAGE)
    @ui.page(PATH + "/{session_id}", title="sprintagen", viewport=VIEWPORT, language=theme.LANGUAGE)
    async def chats(client: Client, session_id: str | None = None) -> None:
        page = ChatsPage(services, client, load)
        await page.build()
        page.begin(session_id)
        await client.connected()
        await page.load()


class ChatsPage:
    """One browser page: what it is built of, and which session it shows."""

    def __init__(self, services: Services, client: Client, load: Load) -> None:
        self._page = PageContext(services, OPERATOR, client)
        self._services = services
        self._state = PageState()
        self._load = load
        self._left: SessionID | None = None
        """The session that was open when it was deleted here."""
        self._is_loaded = False

    async def build(self) -> None:
        """The frame and the list, as the browser first gets them."""
        page = self._page
        look = await theme.recall_look(page.recall)
        width = await page.recall("chats.list_width")
        width = width if isinstance(width, int) and WIDTHS[0] <= width <= WIDTHS[1] else WIDTH
        kept = await Kept.recall(page)
        theme.dress_page(
            title="sprintagen",
            version=self._services.about.version,
            look=look,
            variables={"list-width": f"{width}px", VARIABLE: f"{kept.width}px"},
        )
        ui.add_body_html(inline_script(page_script.LISTEN))
        away_note.watch()
        self._changed = ChangesPanel(page, on_open_file=self._show_file)
        turns = TurnActions(page, on_select=self.select)
        self._actions = actions = SessionActions(page, turns, on_gone=self._leave)
        commands = self._make_commands(look, turns)
        with ui.element("div").classes("app"):
            header = self._header = AppHeader(self._services.about, look.theme, on_command=commands.run)
            with header.middle:
                commands.draw()
            inbox, notices = self._draw_inbox(header)
            away_note.place()
            banner = StatusBanner(
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
                    on_changes=self._show_changes,
                    turns=turns,
                )
                self._files = FilesPanel(page, on_open=lambda: self._side.open("files"), on_mention=self._mention)
                self._side = SidePanel(page, self._panels(), kept, buttons=self._chat.header_place)
                ui.element("div").classes("drawer-shade").on(
                    "click", js_handler="() => delete document.documentElement.dataset.drawer"
                )
            page.modal = Modal()
            page.toasts = Toasts()
            deletions = DeletionBar(self._restore)
            deletions.update(self._services.deletions.pending())
            preload(page.client)
        title = page_title.PageTitle(page.client, self._services.about)
        pieces = Pieces(header, banner, inbox, notices, title, self._list, self._chat, deletions, commands)
        self._changes = PageChanges(page, self._state, pieces, self._load, on_show=self._show)
        self._changes.update_banner()

    def _panels(self) -> list[Panel]:
        """What the side panel offers, in the order of its tabs."""
        return [self._files.panel, self._changed.panel(), *terminal_panel(self._page)]

    def _make_commands(self, look: theme.Look, turns: TurnActions) -> PageCommands:
        means = Means(
            actions=self._actions,
            turns=turns,
            chat=ChatActions(self._page, self._state),
            select=self.select,
            list=lambda: self._list,
            choices=lambda: self._chat.choices,
            side=lambda: self._side,
            on_look=lambda look: self._header.show_theme(look.theme),
        )
        return PageCommands(self._page, self._state, look, means)

    def _mention(self, kind: Literal["file", "directory"], path: str, lines: Lines | None) -> None:
        self._chat.mention(kind, path, lines)
        if self._side.is_narrow:
            self._side.close()  # it lies over the prompt

    def _open_file(self, event: Any) -> None:
        """A path on the page was clicked."""
        if wanted := wanted_of(event.args):
            self._files.open(wanted)

    def _draw_inbox(self, header: AppHeader) -> tuple[Inbox, Notices]:
        asks, actions = self._services.asks, ChatActions(self._page, self._state)
        with header.place:
            inbox = Inbox(pending=asks.pending, owner=actions.owner_of, actions=actions.for_tail(), on_pick=self.select)
        return inbox, Notices(self._page.client, asks.pending, actions.owner_of)

    def begin(self, text: str | None) -> None:
        """Take the address: what the chat pane shows first."""
        ui.on("chats_path", self._handle_path)
        ui.on("chats_visible", self._changes.handle_visible)
        ui.on("chats_file", self._open_file)
        ui.on("chats_filter", lambda event: self._list.restore(event.args))
        self._page.client.on_delete(self._changes.close)
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
        self._changes.loaded()
        if self._address is not None:
            self._pick(self._address)
        else:
            await self._chat.load_choices()
        if wanted := wanted_in(self._page.client.request.query_params):
            self._files.open(wanted)

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
            self._chat.show(session_id)
            self._page.spawn(self._chat.open(session_id), "open session")

    def _take(self, session_id: SessionID | None) -> None:
        self._state.opening += 1
        self._state.selected = session_id
        self._changes.select(session_id)
        self._list.select(session_id)
        self._side.select(session_id)

    def _pick(self, text: str) -> None:
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

    # -- leaving and coming back --------------------------------------------------------------------------------------

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

    # -- the rest -----------------------------------------------------------------------------------------------------

    def _show_title(self, row: SessionRow | None) -> None:
        self._changes.show_title(row)

    def _show_file(self, path: str, line: int | None) -> None:
        self._files.open(Wanted(path, (line, line) if line is not None else None))

    def _show_changes(self, session_id: SessionID, message_id: MessageID) -> None:
        self._changed.look_at(session_id, message_id)
        self._side.open("changes")

    def _update_banner(self) -> None:
        self._changes.update_banner()

    async def _start_again(self) -> None:
        await self._page.attempt("start opencode", self._services.start_again(self._page.actor))
