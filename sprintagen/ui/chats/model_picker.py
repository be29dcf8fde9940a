"""`ModelPicker`: which model answers; searched, with favourites, those used last, and what each can do and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.chats.turn_facts import count_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sprintagen.services.catalog import ModelRow

RECENTS = 5
_KINDS = {"image": "pictures", "pdf": "PDF", "audio": "audio", "video": "video"}


@dataclass(frozen=True, slots=True)
class ModelMemory:
    """Models the person marked, and those chosen last, newest first; each as `key_of` names it."""

    favourites: tuple[str, ...] = ()
    recents: tuple[str, ...] = ()

    def with_recent(self, key: str) -> ModelMemory:
        """It was chosen now."""
        return ModelMemory(self.favourites, (key, *(one for one in self.recents if one != key))[:RECENTS])

    def with_star(self, key: str) -> ModelMemory:
        """It is a favourite, or is none any more."""
        kept = tuple(one for one in self.favourites if one != key)
        return ModelMemory(kept if key in self.favourites else (*kept, key), self.recents)

    def to_json(self) -> dict[str, list[str]]:
        return {"favourites": list(self.favourites), "recents": list(self.recents)}

    @classmethod
    def from_json(cls, value: Any) -> ModelMemory:
        """What was remembered; anything unforeseen is left out."""
        known = value if isinstance(value, dict) else {}
        return cls(_keys(known.get("favourites")), _keys(known.get("recents"))[:RECENTS])


class ModelPicker(ui.element, component="model_picker.js", dependencies=["../kit/places.js"]):
    """The button and its list.

    Args:
        on_pick: Called with the key of a model that was offered.
        on_star: Likewise, to make it a favourite or none any more.
    """

    def __init__(self, *, on_pick: Callable[[str], Any], on_star: Callable[[str], Any]) -> None:
        super().__init__()
        self._keys: set[str] = set()
        self.mark("model-picker")
        self.on("pick", lambda event: on_pick(event.args) if self._is_known(event.args) else None)
        self.on("star", lambda event: on_star(event.args) if self._is_known(event.args) else None)

    def _is_known(self, key: Any) -> bool:
        return isinstance(key, str) and key in self._keys

    def show(self, models: Sequence[ModelRow], current: ModelRow | None, memory: ModelMemory) -> None:
        """What there is, which is chosen, and what is known of the person's taste."""
        self._keys = {key_of(row) for row in models}
        ordered = sorted(models, key=lambda row: (row.provider_name or row.provider_id).casefold())
        wanted = {
            "text": (current.name or current.model_id) if current else "Default model",
            "rows": [
                {
                    "value": key_of(row),
                    "label": row.name or row.model_id,
                    "detail": about(row),
                    "group": row.provider_name or row.provider_id,
                    "checked": row is current,
                }
                for row in ordered
            ],
            "favourites": list(memory.favourites),
            "recents": list(memory.recents),
        }
        if any(self._props.get(key) != value for key, value in wanted.items()):
            with self._props.suspend_updates():
                self._props.update(wanted)
            self.update()


def _keys(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def key_of(row: ModelRow) -> str:
    """A model's name among all providers'."""
    return f"{row.provider_id}\n{row.model_id}"


def about(row: ModelRow) -> str:
    """Context, price and abilities in one line."""
    facts = [f"{count_words(row.context)} context"] if row.context else []
    if row.cost_input or row.cost_output:
        facts.append(f"${row.cost_input:g} in, ${row.cost_output:g} out per million")
    if row.reasoning:
        facts.append("reasons")
    facts += [words for kind, words in _KINDS.items() if kind in row.input]
    if not row.toolcall:
        facts.append("no tools")
    return " · ".join(facts)
