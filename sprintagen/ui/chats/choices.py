"""Agents, models and what was chosen: read from the services, shown by the pickers, remembered per session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui import report
from sprintagen.ui.chats.model_picker import ModelMemory
from sprintagen.ui.chats.pickers import Choice, Pickers

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.sessions import SessionRow
    from sprintagen.ui.chats.page_state import PageState
    from sprintagen.ui.page_context import PageContext

KEY = "chats.choice"
MODELS = "chats.models"
AGENTS = "chats.choice.agents"


class Choices:
    """The pickers, drawn where we are, with what feeds them.

    Args:
        page: The page they are on.
        state: What the page has selected.
        on_offer: Called when it is known anew what there is to choose.
    """

    def __init__(self, page: PageContext, state: PageState, on_offer: Callable[[], None]) -> None:
        self._page = page
        self._state = state
        self._on_offer = on_offer
        self.has_models: bool | None = None
        """Whether opencode offers any model; None until it said."""
        self.commands: list[str] = []
        """Names of the server's slash commands there."""
        self.pickers = Pickers(self._choose, self._remember_models)
        self._of: SessionID | None = None
        """Whose choice the pickers show."""

    async def load(self, row: SessionRow | None) -> None:
        """Show what there is to choose, and what was chosen for the session, if there is one."""
        turn = self._state.opening
        stored = await self._page.recall(f"{KEY}.{row.session_id}") if row else None
        if stored is None and (row is None or row.origin == "created"):
            stored = await self._page.recall(KEY)
        memory = ModelMemory.from_json(await self._page.recall(MODELS))
        agents = await self._page.recall(AGENTS)
        if turn == self._state.opening:
            by_agent = agents if isinstance(agents, dict) else {}
            self.pickers.remember(memory, {name: Choice.from_json(choice) for name, choice in by_agent.items()})
            self.pickers.choose(Choice.from_json(stored))
            self._of = row.session_id if row else None
        await self.offer(row)

    async def of(self, session_id: SessionID | None) -> Choice:
        """What is chosen for a session, or for the next new one, also while the pickers show another's."""
        if session_id == self._of:
            return self.pickers.choice
        return Choice.from_json(await self._page.recall(f"{KEY}.{session_id}" if session_id is not None else KEY))

    async def offer(self, row: SessionRow | None) -> None:
        """Show what there is to choose in the session's directory."""
        page, turn = self._page, self._state.opening
        directory = row.directory if row else page.services.about.directory
        try:
            agents = await page.services.catalog.agents(directory)
            models = await page.services.catalog.models(directory)
            commands = await page.services.catalog.commands(directory)
        except report.EXPECTED as error:  # the composer works without; the banner says that the server is away
            report.describe(error, "list agents and models")
            return
        if turn == self._state.opening and not page.client.is_deleted:
            self.pickers.offer(agents, models)
            self.has_models = bool(models)
            self.commands = [command.name for command in commands]
            self._on_offer()

    async def keep(self, session_id: SessionID, choice: Choice) -> None:
        """Remember what was chosen for a session that was just made."""
        if choice != Choice():
            await self._page.remember(f"{KEY}.{session_id}", choice.to_json())

    async def _choose(self, choice: Choice) -> None:
        if self._state.selected is not None:
            await self._page.remember(f"{KEY}.{self._state.selected}", choice.to_json())
        await self._page.remember(KEY, choice.to_json())
        by_agent = {name: choice.to_json() for name, choice in self.pickers.by_agent.items()}
        await self._page.remember(AGENTS, by_agent)
        self._on_offer()  # another model takes other files

    async def _remember_models(self, memory: ModelMemory) -> None:
        await self._page.remember(MODELS, memory.to_json())
