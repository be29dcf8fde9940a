"""`Preferences`: what a person chose (pane width, theme, default model), over the database and kept in memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sprintagen.db import preference
from sprintagen.errors import InvalidInput
from sprintagen.services.write_behind import WriteBehind

if TYPE_CHECKING:
    from sprintagen.services.refs import Actor

VALUE_LIMIT = 64 * 1024


class Preferences:
    """JSON values by key.

    Args:
        behind: Takes the writes: a choice counts at once, and is written down as soon as that can be.
    """

    def __init__(self, behind: WriteBehind | None = None) -> None:
        self._behind = behind or WriteBehind()
        self._kept: dict[str, dict[str, Any]] = {}

    async def get(self, actor: Actor, key: str, default: Any = None) -> Any:
        """The person's choice, or the default."""
        return (await self._of(actor)).get(key, default)

    async def set(self, actor: Actor, key: str, value: Any) -> None:
        """Keep a choice; None forgets it.

        Raises:
            InvalidInput: The value is no JSON, or too long to be a choice.
            DatabaseError: What was chosen before could not be read.
        """
        try:
            is_too_long = len(json.dumps(value, allow_nan=False)) > VALUE_LIMIT
        except (TypeError, ValueError) as error:
            raise InvalidInput("A preference must be a JSON value.", field=key) from error
        if is_too_long or not 0 < len(key) <= 255:
            raise InvalidInput("This is too long for a preference.", field=key[:255])
        kept = await self._of(actor)
        if key in kept and kept[key] == value:
            return
        if value is None:
            kept.pop(key, None)
            await self._behind.write(("preference", actor.name, key), lambda: preference.remove(actor.name, key))
        else:
            kept[key] = value
            await self._behind.write(("preference", actor.name, key), lambda: preference.put(actor.name, key, value))

    async def _of(self, actor: Actor) -> dict[str, Any]:
        kept = self._kept.get(actor.name)
        if kept is None:
            kept = self._kept.setdefault(actor.name, await preference.all_of(actor.name))
        return kept
