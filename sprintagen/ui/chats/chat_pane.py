"""The pane of the open session: header, transcript or what stands in its place, plan, composer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from nicegui import ui

from sprintagen.errors import NotFound as NotHere
from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID, NotFound
from sprintagen.services.reader import Reader
from sprintagen.ui import report
from sprintagen.ui.chats.chat_actions import ChatActions
from sprintagen.ui.chats.chat_header import ChatHeader
from sprintagen.ui.chats.child_session import ChildSession
from sprintagen.ui.chats.choices import Choices
from sprintagen.ui.chats.commands.registry import SLASHES
from sprintagen.ui.chats.composer import NEW, Composer, Sent, Suggestion
from sprintagen.ui.chats.navigation import BELOW, Navigation
from sprintagen.ui.chats.page_state import Dirty
from sprintagen.ui.chats.plan import Plan
from sprintagen.ui.chats.queue_list import waiting
from sprintagen.ui.chats.queue_panel import QueuePanel
from sprintagen.ui.chats.sending import Sending
from sprintagen.ui.chats.start_view import draw_loading, draw_missing, draw_start
from sprintagen.ui.chats.suggestions import look_up
from sprintagen.ui.chats.tools.base import RenderContext
from sprintagen.ui.chats.transcript import Transcript
from sprintagen.ui.chats.turn_actions import SessionAct
from sprintagen.ui.chats.turn_facts import used_context
from sprintagen.ui.chats.undo_bar import UndoBar
from sprintagen.ui.chats.usage_meter import numbers_of
from sprintagen.ui.kit.region import Region
from sprintagen.ui.kit.streaming_markdown import send_pieces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.services.session_view import SessionView
    from sprintagen.services.sessions import SessionRow
    from sprintagen.ui.chats.page_state import PageState
    from sprintagen.ui.chats.turn_actions import TurnActions
    from sprintagen.ui.chats.undo_bar import Wanted
    from sprintagen.ui.page_context import PageContext

PATIENCE = 0.12
"""Seconds a session may take to open before grey lines stand in for it."""


class ChatPane:
    """The open session.

    Args:
        page: The page it is on.
        state: What the page has selected.
        on_act: An action of the header's menu, for the open session.
        on_select: Show this session, and say so in the address bar.
        on_row: Called with the open session's row, or None, whenever it is looked up anew.
        on_models: Called when it is known anew whether there are models to use.
        on_changes: Show what the turn of a session's prompt changed.
        turns: What a person does with messages; gets the composer.
    """

    def __init__(
        self,
        page: PageContext,
        state: PageState,
        *,
        on_act: Callable[[str], Any],
        on_select: Callable[[SessionID | None], Any],
        on_row: Callable[[SessionRow | None], None],
        on_models: Callable[[], None],
        on_changes: Callable[[SessionID, MessageID], None],
        turns: TurnActions,
    ) -> None:
        self._page = page
        self._state = state
        self._on_select = on_select
        self._on_row = on_row
        self._on_models = on_models
        self._on_changes = on_changes
        self._turns = turns
        self._actions = ChatActions(page, state)
        self.transcript: Transcript | None = None
        self._navigation: Navigation | None = None
        self._empty_view: SessionView | None = None
        """The open session while it has no messages."""
        self._unread: SessionID | None = None
        """The selected session, when it could not be read."""
        self._row: SessionRow | None = None
        with Region("chat", tag="main"):
            self._header = ChatHeader(
                on_act=on_act,
                on_rename=self._rename,
                on_parent=lambda id_: on_select(ids.session_id(id_)),
                on_message=lambda id_: self.transcript.go(id_, BELOW) if self.transcript else None,
                numbers=lambda: numbers_of(page.services.store, self.view),
                home=page.services.about.directory,
            )
            self._stage = Region("chat__stage")
            with Region("dock"), ui.element("div").classes("dock__inner"):
                self._undo_bar = UndoBar(self._redo)
                self._plan = Plan()
                self._queue = QueuePanel(self._actions.for_queue(), self._add_words)
                self._composer = turns.composer = Composer(
                    on_send=self._send,
                    on_stop=self._actions.stop,
                    on_look=self._look,
                    on_own=self._do_own,
                    own=SLASHES,
                )
                with self._composer:
                    self.choices = Choices(page, state, self._offered)
        self._sending = Sending(page, state, self._composer, self.choices, on_select=on_select)

    # -- opening ------------------------------------------------------------------------------------------------------

    def show_start(self) -> None:
        """No session yet: the start of a chat."""
        self._leave()
        self._stage.clear()
        with self._stage:
            draw_start(self._page.services.about, self._composer.put)
        self._refresh()

    def show_loading(self) -> None:
        """Grey lines until the session is there."""
        self._leave()
        self._stage.clear()
        with self._stage:
            draw_loading()
        self._refresh()

    def show(self, session_id: SessionID) -> None:
        """This session is about to be opened: what is typed from now on is for it. Draws it if it is in memory, so that
        all that is different reaches the browser in one message."""
        self._state.is_missing = False
        view = self._page.services.sessions.at_hand(session_id)
        if view is not None:
            self._draw(view)
        else:
            self._composer.show(session=session_id, working=False, disabled=False, placeholder=self._placeholder(None))

    async def open(self, session_id: SessionID) -> None:
        """Read the session and draw it, unless `show` has; a later call wins over an earlier one."""
        turn = self._state.opening
        reading = asyncio.ensure_future(self._page.services.sessions.open(self._page.actor, session_id))
        done, _ = await asyncio.wait({reading}, timeout=PATIENCE)
        if not done and turn == self._state.opening and self.view is None:
            self.show_loading()
        try:
            view = await reading
        except (NotFound, NotHere, InvalidID):
            if turn == self._state.opening:
                self.show_missing(
                    "There is no such session",
                    "The address names a session that opencode does not have. It may have been deleted.",
                    "",
                )
            return
        except Exception as error:  # told on the pane itself
            if turn == self._state.opening:
                words = report.describe(error, "open the session")
                self.show_missing("The session could not be read", words.message, words.hint, retry=session_id)
            return
        if turn == self._state.opening and not self._page.client.is_deleted and not self._state.is_missing:
            if self.view is not view:
                self._draw(view)
            await self.choices.load(self._row)
            await self._turns.learn(session_id)
            self._refresh(self.view)

    def mention(self, kind: Literal["file", "directory"], path: str, lines: tuple[int, int] | None) -> None:
        """Name a file, some of its lines, or a folder in the prompt."""
        self._composer.mention(kind, path, lines)

    async def catch_up(self) -> None:
        """The server is back, or knows other keys: try again what failed, offer what there is to choose now."""
        if self._unread is not None and self._unread == self._state.selected:
            await self._retry_open(self._unread)
        else:
            await self.choices.offer(self._row)

    def show_missing(self, title: str, reason: str, hint: str, *, retry: SessionID | None = None) -> None:
        """The selected session cannot be shown."""
        self._leave()
        self._state.is_missing = True
        self._unread = retry
        self._stage.clear()
        with self._stage:
            draw_missing(
                title,
                reason,
                hint,
                on_new=lambda: self._on_select(None),
                on_retry=(lambda: self._retry_open(retry)) if retry else None,
            )
        self._refresh()

    async def load_choices(self) -> None:
        """What there is to choose and was chosen last, for a chat without a session."""
        await self.choices.load(None)

    def _draw(self, view: SessionView) -> None:
        page = self._page
        self._state.is_missing = False
        self._state.dirty = Dirty()
        self._queue.clear()
        self._stage.clear()
        with self._stage:
            if self._has_something(view):
                self._draw_transcript(view)
            else:
                self.transcript = self._navigation = None
                self._empty_view = view
                draw_start(page.services.about, self._composer.put)
        self._refresh(view)

    def _draw_transcript(self, view: SessionView) -> None:
        page = self._page
        self.transcript = Transcript(
            Reader(page.services.histories.of(view)),
            self._context_of(view),
            self._actions.for_tail(),
            read=lambda work: page.spawn(page.attempt("read older messages", work), "read older messages"),
            model_name=self.choices.pickers.name_of,
            on_act=lambda act, message_id: page.spawn(
                self._turns.act_on_message(act, view.session_id, message_id), f"{act} a message"
            ),
        )
        self._navigation = Navigation(page, self.transcript)
        self._empty_view = None

    def _context_of(self, view: SessionView) -> RenderContext:
        """What the parts of a session may look at and ask for; a subagent's session inside it gets the same."""
        return RenderContext(
            view,
            lambda text: self._on_select(ids.session_id(text)),
            self._draw_child,
            lambda text: self._on_changes(view.session_id, ids.message_id(text)),
        )

    def _draw_child(self, text: str) -> None:
        try:
            session_id = ids.session_id(text)
        except InvalidID:
            return  # what opencode calls a session of the call is none
        ChildSession(self._page, session_id, self._context_of)

    def _has_something(self, view: SessionView) -> bool:
        """Whether there is anything to show of the session, undone messages before others included."""
        waiting = self._page.services.prompts.queue(view.session_id)
        return bool(view.messages or view.is_active or waiting or (view.reverted and view.older_cursor))

    async def _rename(self, session_id: SessionID, title: str) -> None:
        page = self._page
        await page.attempt("rename the session", page.services.sessions.update(page.actor, session_id, title=title))

    async def _redo(self, wanted: Wanted) -> None:
        if self._state.selected is not None:
            await self._turns.redo(self._state.selected, wanted)

    def _leave(self) -> None:
        self.transcript = self._navigation = None
        self._queue.clear()
        self._unread = None
        self._empty_view = None
        self._state.is_missing = False
        self._state.dirty = Dirty()

    async def _retry_open(self, session_id: SessionID) -> None:
        self._state.opening += 1
        self.show_loading()
        await self.open(session_id)

    # -- drawing ------------------------------------------------------------------------------------------------------

    @property
    def header_place(self) -> ui.element:
        """The end of the header, for what belongs to the page, not to its session."""
        return self._header.place

    @property
    def has_models(self) -> bool | None:
        """Whether there is a model to use; None: not known yet."""
        return self.choices.has_models

    @property
    def view(self) -> SessionView | None:
        """The open session's view; None while another is still drawn."""
        view = self.transcript.view if self.transcript else self._empty_view
        return view if view is not None and view.session_id == self._state.selected else None

    def flush(self) -> None:
        """Draw what changed since the last time."""
        dirty, self._state.dirty = self._state.dirty, Dirty()
        if not dirty:
            return
        view = self.view
        if view is None:
            return
        if self.transcript is None:
            if not self._has_something(view):
                self._refresh(view)
                return
            self._stage.clear()
            with self._stage:
                self._draw_transcript(view)
            self._refresh(view)
            return
        transcript = self.transcript
        if dirty.everything:
            transcript.update_all()
        for message_id in dirty.messages:
            transcript.update_message(message_id)
        for message_id, part_id in dirty.parts:
            transcript.update_part(message_id, part_id)
        if dirty.state or dirty.everything:
            transcript.update_state()
        elif dirty.queue or dirty.messages:
            transcript.tail.update()
        if dirty.everything or dirty.state or dirty.messages or dirty.parts:
            transcript.fold_runs()
            if self._navigation is not None:
                self._navigation.update()
        if dirty.grown:
            grown = (
                transcript.append(*part, growth.at, "".join(growth.deltas)) for part, growth in dirty.grown.items()
            )
            send_pieces(self._page.client, [piece for piece in grown if piece])
        if dirty.everything or dirty.state or dirty.messages or dirty.todos or dirty.queue:
            self._refresh(view)

    def refresh_row(self) -> None:
        """The session's title, ticket, cost or archive mark may be different."""
        self._refresh(self.view)

    def _refresh(self, view: SessionView | None = None) -> None:
        """Header, composer and plan, from what is known now."""
        page, selected = self._page, self._state.selected
        row = self._actions.find_row(selected) if selected and not self._state.is_missing else None
        self._row = row
        self._on_row(row)
        used, provider_id, model_id = (
            used_context(item.info for item in view.messages.values()) if view else (0, "", "")
        )
        self.choices.pickers.follow(provider_id, model_id)
        self._header.update(
            row,
            used=used,
            context=self.choices.pickers.context_of(provider_id, model_id),
            standing=self._turns.standing(selected),
        )
        self._composer.show(
            session=selected or NEW,
            working=view is not None and view.is_active,
            disabled=self._state.is_missing,
            placeholder=self._placeholder(view),
        )
        model = self.choices.pickers.current_model
        self._composer.offer(commands=self.choices.commands, takes=list(model.input) if model is not None else None)
        self._plan.update(view.todos if view else [])
        queue = self._page.services.prompts.queue(view.session_id) if view else []
        self._queue.update(waiting(queue, view) if view else [])
        self._undo_bar.update(page.services.acts.reverting.undone(selected) if selected and view else None)

    def _placeholder(self, view: SessionView | None) -> str:
        if self._state.is_missing:
            return "This session cannot be used"
        if view is not None and view.is_active:
            return "Type on; it is sent when the turn has ended"
        return (
            "Ask for something" if view is not None and view.messages else "Describe a task, or ask about the project"
        )

    def _offered(self) -> None:
        self._on_models()
        if self.transcript is not None:
            self.transcript.update_facts()
        self._refresh(self.view)

    def _add_words(self, text: str) -> None:
        self._composer.add(text)

    async def _look(self, kind: str, query: str) -> Sequence[Suggestion]:
        directory = self._row.directory if self._row is not None else self._page.services.about.directory
        return await look_up(self._page.services, directory, kind, query)

    async def _do_own(self, name: str) -> None:
        if name == "new":
            self._on_select(None)
        elif name == "stop":
            await self._actions.stop()
        elif self._state.selected is not None and name in get_args(SessionAct):
            self._page.spawn(self._turns.act(cast("SessionAct", name), self._state.selected), f"{name} the session")

    def _send(self, session: str, sent: Sent, key: str) -> Awaitable[bool]:
        return self._sending.send(session, sent, key)
