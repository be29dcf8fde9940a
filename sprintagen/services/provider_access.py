"""`ProviderAccess`: the providers as the settings page has them: keys and sign-ins go in, none comes out.

What the server is given counts after it has reloaded. That is the business of `Credentials`, which also waits until it
costs nobody a turn.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen.errors import InvalidInput
from sprintagen.opencode import errors
from sprintagen.services.credentials import ProviderReport

if TYPE_CHECKING:
    from pydantic import SecretStr

    from sprintagen.opencode.models import AuthMethod, Authorization, Provider
    from sprintagen.services.credentials import Credentials
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer

LONGEST_KEY = 4096
READY_MADE = ("anthropic", "cerebras", "google", "groq", "mistral", "openai", "openrouter", "xai")
"""Providers people ask for most, offered by name; any other of opencode's works as well."""


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One provider that can be used, or that a configured key is for."""

    provider_id: str
    name: str
    source: str
    """Where opencode has its credentials from: `env`, `config`, `api` (a key), `custom` (a sign-in); empty: nowhere."""
    models: int
    """How many models it offers; 0: it cannot be used."""
    message: str
    """What is wrong with it, for a person."""

    @property
    def can_be_removed(self) -> bool:
        """Whether opencode keeps the credentials itself; others are in a file or in the environment."""
        return self.source in ("api", "custom")


@dataclass(frozen=True, slots=True)
class ProviderOverview:
    """What there is, and what can be added."""

    rows: tuple[ProviderRow, ...]
    methods: dict[str, list[AuthMethod]]
    """The ways to sign in, by provider id."""

    @property
    def offered(self) -> list[str]:
        """Ids to suggest to somebody who adds one."""
        return sorted({*READY_MADE, *self.methods} - {row.provider_id for row in self.rows if row.models})


class ProviderAccess:
    """Providers of one server."""

    def __init__(self, server: OpencodeServer, credentials: Credentials) -> None:
        self._server = server
        self._credentials = credentials

    async def overview(self, actor: Actor) -> ProviderOverview:
        """The providers as they stand now.

        Raises:
            OpencodeError: The server does not tell.
        """
        client = self._server.client
        listed, methods = await asyncio.gather(client.providers.usable(), client.auth.methods())
        told = {one.provider_id: one.message for one in self._credentials.report.providers}
        rows = [_row(provider, told.pop(provider.id, "")) for provider in listed.providers]
        rows += [ProviderRow(id_, id_, "", 0, message) for id_, message in told.items() if id_]
        return ProviderOverview(tuple(sorted(rows, key=lambda row: row.name.casefold())), methods)

    async def set_key(
        self, actor: Actor, provider_id: str, key: SecretStr, *, abort_running: bool = False
    ) -> ProviderReport:
        """Store a key in place of an earlier one; the report says how the provider stands with it.

        A key for a provider that opencode does not know is not kept.

        Raises:
            InvalidInput: There is no key, or none of a key's length.
            InvalidID: The provider's id is none.
            OpencodeError: The server did not take it.
        """
        text = key.get_secret_value()
        if not text.strip() or len(text) > LONGEST_KEY or any(ord(character) < 33 for character in text):
            raise InvalidInput("This is not a key: a key is one word without spaces.", field="key")
        self._credentials.unproven.add(provider_id)
        await self._server.client.auth.set_key(provider_id, key)
        return await self._load(actor, provider_id, abort_running=abort_running)

    async def remove(self, actor: Actor, provider_id: str, *, abort_running: bool = False) -> None:
        """Have the server forget a key or a sign-in; one from a file or the environment stays."""
        await self._server.client.auth.remove(provider_id)
        await self._credentials.load_new(actor, abort_running=abort_running)

    async def begin(self, actor: Actor, provider_id: str, method: int, inputs: dict[str, str]) -> Authorization:
        """Begin to sign in with one of the provider's methods; `finish` ends it.

        Raises:
            InvalidInput: The server would not begin with these answers.
        """
        try:
            begun = await self._server.client.auth.authorize(provider_id, method, inputs)
        except errors.ServerFault as error:  # opencode 1.18 has no other word for a wrong answer
            raise InvalidInput(
                "opencode could not begin this sign-in.", hint="Check what you entered; its log says more."
            ) from error
        if not begun.url.startswith("https://"):
            raise InvalidInput("The provider named an address that is not safe to open.")
        return begun

    async def finish(
        self, actor: Actor, provider_id: str, method: int, code: SecretStr | None, *, abort_running: bool = False
    ) -> ProviderReport:
        """End a sign-in: with the code the person brought, or (None) when the server has heard of it by itself."""
        await self._server.client.auth.complete(provider_id, method, code)
        return await self._load(actor, provider_id, abort_running=abort_running)

    async def _load(self, actor: Actor, provider_id: str, *, abort_running: bool) -> ProviderReport:
        report = await self._credentials.load_new(actor, abort_running=abort_running)
        if report.state == "waiting":
            return ProviderReport(provider_id, "pending", "opencode takes it over when no turn is running any more.")
        return await self._credentials.look(provider_id)


def _row(provider: Provider, message: str) -> ProviderRow:
    return ProviderRow(provider.id, provider.name or provider.id, provider.source, len(provider.models), message)
