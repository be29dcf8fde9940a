"""What extends an agent in a directory: MCP servers, skills, language servers, formatters."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from sprintagen.opencode.models.base import WireModel


class McpStatus(WireModel):
    """How one MCP server stands."""

    status: str
    """`connected`, `disabled`, `failed`, `needs_auth` or `needs_client_registration`."""
    error: str | None = None


class Skill(WireModel):
    """Instructions an agent can load. Their text stays on the server."""

    model_config = ConfigDict(extra="ignore")

    name: str
    description: str | None = None
    location: str = ""
    """The file it comes from, or `<built-in>`."""


class LanguageServer(WireModel):
    """A language server that runs."""

    id: str
    name: str = ""
    root: str = ""
    status: str = ""
    """`connected` or `error`."""


class Formatter(WireModel):
    """A formatter opencode uses after an edit."""

    name: str
    extensions: list[str] = Field(default_factory=list)
    enabled: bool = False
