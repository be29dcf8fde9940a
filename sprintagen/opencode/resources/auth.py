"""The provider keys and sign-ins the server keeps. They go in; none comes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sprintagen.opencode.errors import WRONG_SERVER_HINT, InvalidID, UnreadableAnswer
from sprintagen.opencode.models.sign_in import AuthMethod, Authorization
from sprintagen.opencode.resources.base import Resource, many, one

if TYPE_CHECKING:
    from pydantic import SecretStr

SIGNING_IN = 300.0
"""Seconds a person may take to agree in another window."""

_PROVIDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Auth(Resource):
    """`client.auth`."""

    async def set_key(self, provider_id: str, key: SecretStr) -> None:
        """Store a provider's API key, in place of an earlier one.

        The server checks neither the key nor that it knows the provider, and does not use the key before its
        instances are disposed (`client.instances`).
        """
        body = {"type": "api", "key": key.get_secret_value()}
        await self._call("PUT", "auth", _provider(provider_id), body=body, secret=True)

    async def remove(self, provider_id: str) -> None:
        """Forget a provider's key; one that has none is fine. The same delay holds."""
        await self._call("DELETE", "auth", _provider(provider_id))

    async def methods(self) -> dict[str, list[AuthMethod]]:
        """The ways to sign in, by provider id; a provider that is not there takes a key and nothing else."""
        data = await self._get("provider", "auth")
        if not isinstance(data, dict):
            raise UnreadableAnswer("The opencode server did not list ways to sign in.", hint=WRONG_SERVER_HINT)
        return {provider_id: many(AuthMethod, methods) for provider_id, methods in data.items()}

    async def authorize(self, provider_id: str, method: int, inputs: dict[str, str]) -> Authorization:
        """Begin to sign in.

        Args:
            provider_id: At whom.
            method: The number of one of `methods`, an `oauth` one.
            inputs: The answers to its prompts, by key.
        """
        body = {"method": method, "inputs": inputs}
        path = ("provider", _provider(provider_id), "oauth", "authorize")
        return one(Authorization, (await self._call("POST", *path, body=body, secret=True)).data)

    async def complete(self, provider_id: str, method: int, code: SecretStr | None) -> None:
        """End a sign-in; what it gave counts after a dispose, as a key does.

        Args:
            provider_id: At whom.
            method: The one it began with.
            code: What the person was given; None for an `auto` one: returns when they have agreed.
        """
        body = {"method": method} | ({"code": code.get_secret_value()} if code is not None else {})
        path = ("provider", _provider(provider_id), "oauth", "callback")
        await self._call("POST", *path, body=body, timeout=SIGNING_IN, secret=True)


def _provider(text: str) -> str:
    if _PROVIDER.fullmatch(text):
        return text
    raise InvalidID(
        "This is not the id of a provider.", hint="A provider id is letters, digits, dot, dash and underscore."
    )
