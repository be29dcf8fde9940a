"""`PageCommands`: does what the table of commands names, whoever gave the command: a menu, a key or the palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nicegui import ui

from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID
from sprintagen.ui import theme
from sprintagen.ui.chats.commands import entries
from sprintagen.ui.chats.commands.command import Now
from sprintagen.ui.chats.commands.help_sheet import HelpSheet
from sprintagen.ui.chats.commands.palette import Palette
from sprintagen.ui.chats.commands.registry import BY_ID, PANELS, refusals
from sprintagen.ui.chats.key_registration import register_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import PermissionID, SessionID
    from sprintagen.opencode.models import PermissionReply
    from sprintagen.ui.chats.chat_actions import ChatActions
    from sprintagen.ui.chats.choices import Choices
    from sprintagen.ui.chats.list_pane import ListPane
    from sprintagen.ui.chats.page_state import PageState
    from sprintagen.ui.chats.session_actions import SessionActions
    from sprintagen.ui.chats.side_panel import SidePanel
    from sprintagen.ui.chats.turn_actions import TurnActions
    from sprintagen.ui.page_context import PageContext

SETTINGS = "/admin/settings"
_SIGN_OUT = (
    "fetch(window.path_prefix + '/sign-out', { method: 'POST' })"
    ".finally(() => location.assign(window.path_prefix + '/sign-in'))"
)


@dataclass(kw_only=True, slots=True)
class Means:
    """What commands are done with.

    Args:
        actions: Does what a session's menus offer.
        turns: Knows how sessions stand, and the composer.
        chat: Stops turns, answers the agent.
        select: Shows a session, or the start of a new one.
        list: Knows which session stands beside which.
        choices: What there is to choose for the next message, and the server's own commands.
        side: Opens panels.
        on_look: Called with another look.
    """

    actions: SessionActions
    turns: TurnActions
    chat: ChatActions
    select: Callable[[SessionID | None], Any]
    list: Callable[[], ListPane]
    choices: Callable[[], Choices]
    side: Callable[[], SidePanel]
    on_look: Callable[[theme.Look], Any]


class PageCommands:
    """The commands of one page.

    Args:
        page: The page.
        state: What it has selected.
        look: The look in force.
        means: What they are done with.
    """

    def __init__(self, page: PageContext, state: PageState, look: theme.Look, means: Means) -> None:
        self._page = page
        self._state = state
        self._look = look
        self._means = means
        self._now: Now | None = None
        self._palette: Palette | None = None
        self._misses_choices = False  # it was opened before there were any to give

    def draw(self) -> None:
        """The palette's button and the palette, and the help, where we are."""
        self._palette = Palette(on_run=self.run, on_open=self._fill, on_look=self._find)
        self._help = HelpSheet()

    def update(self) -> None:
        """Anything on the page may be different: offer what can be done now."""
        now = self.now()
        if now != self._now and self._palette is not None:
            self._now = now
            self._palette.refuse(refusals(now))
            self._help.show(without=set(PANELS) - now.panels, keys=now.keys)
        if self._misses_choices and self._means.choices().pickers.is_offered:
            self._fill()

    def now(self) -> Now:
        """How the page stands."""
        selected, services = self._state.selected, self._page.services
        row = self._means.chat.find_row(selected) if selected is not None and not self._state.is_missing else None
        pickers = self._means.choices().pickers
        choices = {"model": pickers.models, "agent": pickers.agents[1:], "effort": pickers.efforts}
        panels = frozenset(PANELS) & self._means.side().ids
        rest: dict[str, Any] = {
            "panels": panels,
            "can_choose": frozenset(kind for kind, given in choices.items() if given or not pickers.is_offered),
            **self._look._asdict(),
        }
        if row is None or selected is None:
            return Now(has_session=False, has_messages=False, is_working=False, is_undone=False, **rest)
        view = services.store.views.get(selected)
        standing = self._means.turns.standing(selected)
        return Now(
            has_messages=view is not None and bool(view.messages or view.older_cursor),
            is_working=view is not None and view.is_active,
            is_undone=standing.is_undone,
            is_archived=row.archived_at is not None,
            is_pinned=row.is_pinned,
            is_shared=standing.is_shared,
            can_share=standing.can_share,
            **rest,
        )

    async def run(self, id_: str) -> None:
        """Give a command, or choose a row of the palette, by its id."""
        kind, _, rest = id_.partition(":")
        command = BY_ID.get(id_)
        if command is None:
            await self._choose(kind, rest)
        elif (why := command.refusal(self.now())) is not None:
            self._page.toasts.error(why or "This cannot be done now.")
        elif command.event:
            self._page.client.run_javascript(f"dispatchEvent(new CustomEvent('{command.event}', {{cancelable: true}}))")
        else:
            await self._give(id_)

    # -- inside -------------------------------------------------------------------------------------------------------

    async def _give(self, id_: str) -> None:
        page, means, selected = self._page, self._means, self._state.selected
        match id_.split("-"):
            case ["new"]:
                means.select(None)
            case ["stop"]:
                await means.chat.stop()
            case ["previous" | "next" as way, "session"]:
                if (other := means.list().neighbour(selected, 1 if way == "next" else -1)) is not None:
                    means.select(other)
            case ["theme", value]:
                await self.set_look(self._look._replace(theme=theme.as_theme(value)))
            case ["density", value]:
                await self.set_look(self._look._replace(density=theme.as_density(value)))
            case ["keys", value]:
                await self.set_look(self._look._replace(keys=theme.as_keys(value)))
            case [panel] if panel in PANELS:
                means.side().toggle(panel)
            case ["settings"]:
                ui.navigate.to(SETTINGS)
            case ["register"]:
                await register_keys(page)
            case ["sign", "out"]:
                page.client.run_javascript(_SIGN_OUT)
            case _ if selected is not None:
                await means.actions.act(id_, selected)

    async def set_look(self, look: theme.Look) -> None:
        """Another look, from now on and on every page."""
        before, self._look = self._look, look
        theme.switch_look(look)
        self._means.on_look(look)
        self.update()
        for name, value in look._asdict().items():
            if value != getattr(before, name):
                await self._page.remember(name, value)

    async def _choose(self, kind: str, name: str) -> None:
        pickers = self._means.choices().pickers
        match kind:
            case "session":
                try:
                    self._means.select(ids.session_id(name))
                except InvalidID as error:
                    self._page.tell(error, "find the session")
            case "once" | "reject":
                await self._answer(name, cast("PermissionReply", kind))
            case "model" if any(f"{row.provider_id}\n{row.model_id}" == name for row in pickers.models):
                await pickers.pick_model(name)
            case "agent" if any(agent.name == name for agent in pickers.agents):
                await pickers.pick_agent(name)
            case "effort" if name in pickers.efforts:
                await pickers.pick_effort(name)
            case "slash" if name in self._means.choices().commands:
                self._means.turns.composer.add(f"/{name} ")

    async def _answer(self, permission_id: str, reply: PermissionReply) -> None:
        """Only what still waits: the id comes from the browser."""
        found = next((ask for ask in self._page.services.asks.pending() if ask.id == permission_id), None)
        if found is None:
            self._page.toasts.error("Nobody waits for this answer any more.")
        elif await self._means.chat.reply(cast("PermissionID", found.id), reply):
            self._page.toasts.done("Allowed once" if reply == "once" else "Denied")

    def _fill(self) -> None:
        page = self._page
        if self._palette is not None:
            choices = self._means.choices()
            self._misses_choices = not choices.pickers.is_offered
            self._palette.fill(
                sessions=entries.recent_sessions(page.services, page.actor, self._state.selected),
                asks=list(entries.ask_entries(page.services.asks.pending(), self._means.chat.owner_of)),
                choices=list(entries.choice_entries(choices.pickers, choices.commands)),
            )

    def _find(self, text: str) -> None:
        page = self._page
        if self._palette is not None:
            self._palette.take(text, entries.found_sessions(page.services, page.actor, text))
