"""Who asks: what every service call carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The person on whose behalf something is done."""

    name: str


OPERATOR = Actor("operator")
"""The only person there is until sprintagen knows users: whoever holds the token."""
