"""How a person signs in at a provider: the ways there are, and one that has begun."""

from __future__ import annotations

from pydantic import Field

from sprintagen.opencode.models.base import WireModel


class AuthOption(WireModel):
    """One answer to choose from."""

    label: str
    value: str
    hint: str | None = None


class AuthCondition(WireModel):
    """When a question is asked: `op` (`eq` or `neq`) compares the answer to `key` with `value`."""

    key: str
    op: str
    value: str


class AuthPrompt(WireModel):
    """A question a provider wants answered before the sign-in begins."""

    type: str
    """`text` or `select`."""
    key: str
    message: str
    placeholder: str | None = None
    options: list[AuthOption] = Field(default_factory=list)
    when: AuthCondition | None = None


class AuthMethod(WireModel):
    """One way to sign in; its place in the provider's list is its number."""

    type: str
    """`oauth` or `api` (a key)."""
    label: str
    prompts: list[AuthPrompt] = Field(default_factory=list)


class Authorization(WireModel):
    """A sign-in that has begun."""

    url: str
    """Where the person agrees."""
    method: str
    """`auto`: the server hears of it by itself, on its own machine; `code`: the person brings a code back."""
    instructions: str = ""
