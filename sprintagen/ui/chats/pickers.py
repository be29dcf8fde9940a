"""The choices inside the composer: which agent, which model, how much effort; remembered per session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sprintagen.opencode.models import ModelRef
from sprintagen.ui.chats.model_picker import ModelMemory, ModelPicker
from sprintagen.ui.kit.popup_menu import MenuItem, PopupMenu
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sprintagen.opencode.models import Agent
    from sprintagen.services.catalog import ModelRow

DEFAULT = ""
"""The effort a model makes by itself."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the next prompt goes to; None: what opencode would take."""

    agent: str | None = None
    provider_id: str | None = None
    model_id: str | None = None
    variant: str | None = None

    @property
    def model(self) -> ModelRef | None:
        if self.provider_id is None or self.model_id is None:
            return None
        return ModelRef(provider_id=self.provider_id, model_id=self.model_id, variant=self.variant)

    def to_json(self) -> dict[str, str]:
        fields = {"agent": self.agent, "provider": self.provider_id, "model": self.model_id, "variant": self.variant}
        return {key: value for key, value in fields.items() if value}

    @classmethod
    def from_json(cls, value: Any) -> Choice:
        """What was remembered; anything unforeseen counts as not chosen."""
        known = value if isinstance(value, dict) else {}
        agent, provider, model, variant = (
            known.get(key) if isinstance(known.get(key), str) else None
            for key in ("agent", "provider", "model", "variant")
        )
        return cls(agent, provider, model, variant) if provider and model else cls(agent)


def foreseen_model(models: Sequence[ModelRow], choice: Choice, last: tuple[str, str]) -> ModelRow | None:
    """The model a prompt will go to: the chosen one, or the session's last, or the only default there is.

    Without a choice opencode decides, by its own configuration and memory. With several providers that cannot be
    foreseen, and then no model is named rather than a wrong one.

    Args:
        models: What there is to choose.
        choice: What the person chose.
        last: Provider and model of the session's last answer; empty words without one.
    """
    rows = {(row.provider_id, row.model_id): row for row in models}
    for pair in ((choice.provider_id or "", choice.model_id or ""), last):
        if pair in rows:
            return rows[pair]
    defaults = [row for row in models if row.is_default]
    return defaults[0] if len(defaults) == 1 else None


class Pickers:
    """The menus.

    Args:
        on_choice: Called with every change the person makes.
        on_memory: Called when other models are favourites or were chosen last.
    """

    def __init__(self, on_choice: Callable[[Choice], Any], on_memory: Callable[[ModelMemory], Any]) -> None:
        self.choice = Choice()
        self.by_agent: dict[str, Choice] = {}
        """What was chosen last with each agent."""
        self._memory = ModelMemory()
        self._on_choice = on_choice
        self._on_memory = on_memory
        self.agents: Sequence[Agent] = ()
        """Those a prompt can go to."""
        self.models: Sequence[ModelRow] = ()
        self.is_offered = False
        """Whether it is known what there is to choose."""
        self._last = ("", "")
        self._box = Region("pickers")
        with self._box:
            self._agent = PopupMenu(
                "Agent", [], on_pick=self.pick_agent, text="Agent", icon="agent", side="top", testid="agent-picker"
            )
            self._model = ModelPicker(on_pick=self.pick_model, on_star=self._star)
            self._variant = PopupMenu(
                "Effort",
                [],
                on_pick=self.pick_effort,
                text="Default",
                icon="thought",
                side="top",
                testid="variant-picker",
            )
        for menu in (self._agent, self._model, self._variant):
            menu.set_visibility(False)  # until it is known what there is to choose

    def offer(self, agents: Sequence[Agent], models: Sequence[ModelRow]) -> None:
        """What there is to choose from."""
        self.agents = [agent for agent in agents if not agent.hidden and agent.mode != "subagent"]
        self.models = models
        self.is_offered = True
        self._show()

    def choose(self, choice: Choice) -> None:
        """Another session, another choice."""
        self.choice = choice
        self._show()

    def context_of(self, provider_id: str, model_id: str) -> int:
        """How many tokens a model takes; 0: not known."""
        return next(
            (row.context or 0 for row in self.models if (row.provider_id, row.model_id) == (provider_id, model_id)), 0
        )

    def name_of(self, provider_id: str, model_id: str) -> str:
        """A model's name for people."""
        found = (row.name for row in self.models if (row.provider_id, row.model_id) == (provider_id, model_id))
        return next(found, "") or model_id.rpartition("/")[2]

    @property
    def current_model(self) -> ModelRow | None:
        """The model the next prompt goes to, as far as it is known here."""
        return foreseen_model(self.models, self.choice, self._last)

    def follow(self, provider_id: str, model_id: str) -> None:
        """Take note of the model that gave the session's last answer; opencode stays with it unless told otherwise."""
        if (provider_id, model_id) != self._last:
            self._last = (provider_id, model_id)
            self._show()

    def _show(self) -> None:
        agent = self.agent
        self._agent.set_items(
            [
                MenuItem(value=one.name, label=title_of(one.name), detail=one.description, checked=one.name == agent)
                for one in self.agents
            ],
            text=title_of(agent) or "Agent",
        )
        self._agent.set_visibility(len(self.agents) > 1)
        self._model.show(self.models, self.current_model, self._memory)
        self._model.set_visibility(bool(self.models))
        efforts, effort = self.efforts, self.effort
        items = [MenuItem(value=name, label=title_of(name) or "Default", checked=name == effort) for name in efforts]
        self._variant.set_items(items, text=title_of(effort) or "Default")
        self._variant.set_visibility(bool(efforts))

    def pick_agent(self, name: str) -> Any:
        """The next prompt goes to this agent, with the model it was used with last."""
        return self._changed(replace(self.by_agent.get(name, self.choice), agent=name))

    async def pick_model(self, value: str) -> None:
        """The next prompt goes to this model, as `key_of` names it."""
        provider_id, _, model_id = value.partition("\n")
        self._memory = self._memory.with_recent(value)
        await self._changed(Choice(self.choice.agent, provider_id, model_id))
        await self._on_memory(self._memory)

    def _star(self, value: str) -> Any:
        self._memory = self._memory.with_star(value)
        self._show()
        return self._on_memory(self._memory)

    @property
    def agent(self) -> str:
        """Who the next prompt goes to; empty while that is not known."""
        return self.choice.agent or (self.agents[0].name if self.agents else "")

    @property
    def efforts(self) -> tuple[str, ...]:
        """What there is to choose for the model, `DEFAULT` first; nothing when there is no choice."""
        current = self.current_model
        return (DEFAULT, *current.variants) if current is not None and current.variants else ()

    @property
    def effort(self) -> str:
        """The one that is chosen."""
        return self.choice.variant if self.choice.variant in self.efforts and self.choice.variant else DEFAULT

    def remember(self, memory: ModelMemory, by_agent: dict[str, Choice]) -> None:
        """What is known of the person's taste from before."""
        self._memory, self.by_agent = memory, by_agent
        self._show()

    def pick_effort(self, value: str) -> Any:
        """The model makes this effort from now on; `DEFAULT`: its own."""
        current = self.current_model
        if current is None:
            return None
        return self._changed(Choice(self.choice.agent, current.provider_id, current.model_id, value or None))

    def _changed(self, choice: Choice) -> Any:
        self.choice = choice
        if self.agent and choice.model is not None:
            self.by_agent[self.agent] = choice
        self._show()
        return self._on_choice(choice)


def title_of(name: str) -> str:
    """A name as the beginning of a line."""
    return name[:1].upper() + name[1:]
