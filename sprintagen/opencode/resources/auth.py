"""The provider keys the server keeps. They go in; none comes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sprintagen.opencode.errors import InvalidID
from sprintagen.opencode.resources.base import Resource

if TYPE_CHECKING:
    from pydantic import SecretStr

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


def _provider(text: str) -> str:
    if _PROVIDER.fullmatch(text):
        return text
    raise InvalidID(
        "This is not the id of a provider.", hint="A provider id is letters, digits, dot, dash and underscore."
    )
