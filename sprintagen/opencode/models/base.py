"""The base of every model: what the wire says, frozen, with unknown fields kept.

A field the server may leave out has a default. Names are Python's (`session_id`); the wire's (`sessionID`) are
aliases and both are accepted. Epoch milliseconds become aware datetimes here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Amount = Annotated[float, BeforeValidator(lambda value: 0 if value is None else value)]
"""A number of tokens or dollars. JSON has no NaN: what the server could not compute arrives as null, and is 0 here."""


def wire_name(name: str) -> str:
    """`session_id` -> `sessionID`, `parent_session_id` -> `parentSessionID`, `worktree` -> `worktree`."""
    first, *rest = name.split("_")
    return first + "".join("ID" if word == "id" else word.capitalize() for word in rest)


def epoch_ms(time: datetime) -> int:
    """A time as the wire has it."""
    return round(time.timestamp() * 1000)


class WireModel(BaseModel):
    """Something opencode sends. Unknown fields survive in `model_extra`; nothing can be changed."""

    model_config = ConfigDict(
        alias_generator=wire_name,
        extra="allow",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        protected_namespaces=(),
        val_temporal_unit="milliseconds",
    )


def reason(error: ValidationError) -> str:
    """What pydantic found wrong, field by field, without a value."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'all'}: {item['msg']}" for item in problems[:3])


def kind_of(field: str, known: frozenset[str]) -> Callable[[Any], str]:
    """A discriminator for a union the server may extend: the value of `field` if we know it, else `unknown`."""

    def kind(value: Any) -> str:
        tag = value.get(field) if isinstance(value, dict) else getattr(value, field, None)
        return tag if isinstance(tag, str) and tag in known else "unknown"

    return kind
