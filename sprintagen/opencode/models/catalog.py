"""What a directory offers: agents, commands, providers and their models.

The server's provider documents carry API keys in clear. These models are therefore the exception to "unknown fields
are kept": what is not named here (`key`, `options`, `headers`, a variant's settings) is dropped while parsing.
"""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, field_validator

from sprintagen.opencode.models.base import Amount, WireModel
from sprintagen.opencode.models.message import ModelRef


class Agent(WireModel):
    """Somebody to prompt. Hidden ones (title, summary, compaction) work for opencode itself."""

    model_config = ConfigDict(extra="ignore")

    name: str
    description: str | None = None
    mode: str = "primary"
    """`primary`, `subagent` or `all`."""
    native: bool = False
    hidden: bool = False
    model: ModelRef | None = None
    color: str | None = None


class Command(WireModel):
    """A slash command."""

    name: str
    description: str | None = None
    agent: str | None = None
    source: str | None = None
    """`command`, `skill` or `mcp`."""
    template: str = ""
    hints: list[str] = Field(default_factory=list)
    """The placeholders of the template: `$1`, `$ARGUMENTS`."""


class Capabilities(WireModel):
    model_config = ConfigDict(extra="ignore")

    reasoning: bool = False
    attachment: bool = False
    toolcall: bool = False
    temperature: bool = False
    input: dict[str, bool] = Field(default_factory=dict)
    """By kind: `text`, `image`, `audio`, `video`, `pdf`."""
    output: dict[str, bool] = Field(default_factory=dict)


class CacheCost(WireModel):
    model_config = ConfigDict(extra="ignore")

    read: Amount = 0
    write: Amount = 0


class Cost(WireModel):
    """US dollars per million tokens."""

    model_config = ConfigDict(extra="ignore")

    input: Amount = 0
    output: Amount = 0
    cache: CacheCost = CacheCost()


class Limit(WireModel):
    """In tokens; 0 when the server does not know."""

    model_config = ConfigDict(extra="ignore")

    context: int = 0
    output: int = 0


class Model(WireModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    provider_id: str = ""
    name: str = ""
    capabilities: Capabilities = Capabilities()
    cost: Cost = Cost()
    limit: Limit = Limit()
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By name (`low`, `high`, …). The settings behind a name stay on the server, so each value is empty."""
    status: str = "active"

    @field_validator("variants", mode="before")
    @classmethod
    def _names_only(cls, value: Any) -> Any:
        return {name: {} for name in value} if isinstance(value, dict) else {}


class Provider(WireModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    name: str = ""
    source: str = ""
    """Where the server has the credentials from: `env`, `config`, `custom` or `api`."""
    env: list[str] = Field(default_factory=list)
    """Names of the environment variables that may hold the key."""
    models: dict[str, Model] = Field(default_factory=dict)


class ProviderList(WireModel):
    """The providers that can be used now, and each one's default model by provider id."""

    model_config = ConfigDict(extra="ignore")

    providers: list[Provider] = Field(default_factory=list)
    default: dict[str, str] = Field(default_factory=dict)


class Config(WireModel, extra="ignore"):
    """What may be known of the server's configuration. The rest of it is not kept: it may hold keys."""

    share: str = "manual"
    """`manual`, `auto` or `disabled`."""
