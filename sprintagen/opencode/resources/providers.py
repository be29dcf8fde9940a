"""Model providers. The server's two documents about them carry API keys, one is 6 MB; neither is kept."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from sprintagen.opencode.errors import WRONG_SERVER_HINT, UnreadableAnswer
from sprintagen.opencode.models.catalog import ProviderList
from sprintagen.opencode.resources.base import Resource, one
from sprintagen.opencode.wire import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(")?|[\[\]{}]', re.DOTALL)
"""A bracket, or a string; without the group, one whose end is in the next piece."""
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_KEY: Final = b'"connected"'
_SLICE: Final = 64 * 1024
"""Bytes looked through in one go; other tasks may run in between."""
_QUOTE: Final = ord('"')
_LONGEST_STRING: Final = 1024 * 1024


class Providers(Resource):
    """`client.providers`."""

    async def usable(self) -> ProviderList:
        """The providers a prompt can use now, with their models, without keys."""
        return one(ProviderList, await self._get("config", "providers"))

    async def connected(self) -> list[str]:
        """The ids of the providers that have credentials, read from the large document as it passes by.

        A new key shows here at once, while `usable` and prompts follow after a dispose.
        """
        scanner = ConnectedScanner()
        async with self._transport.chunks("GET", ("provider",), directory=self._directory) as chunks:
            async for chunk in chunks:
                for start in range(0, len(chunk), _SLICE):
                    scanner.feed(chunk[start : start + _SLICE])
                    await asyncio.sleep(0)
        if scanner.connected is None:
            raise UnreadableAnswer("The opencode server did not list its providers.", hint=WRONG_SERVER_HINT)
        return scanner.connected


class ConnectedScanner:
    """Finds the top-level `"connected": [strings]` in a JSON object fed in pieces, keeping nothing else of it."""

    def __init__(self) -> None:
        self.connected: list[str] | None = None
        self._rest = b""
        self._depth = 0
        self._is_next = False
        """The last token was the key, at the top level."""
        self._items: list[bytes] | None = None
        """While inside the list: its strings."""

    def feed(self, chunk: bytes) -> None:
        """The next piece; cut anywhere."""
        text = self._rest + chunk if self._rest else chunk
        if self._items is None and not self._is_next and _KEY not in text:
            self._skip(text)
        else:
            self._scan(text)
        if len(self._rest) > _LONGEST_STRING:
            raise UnreadableAnswer("The opencode server's answer cannot be read.", hint=WRONG_SERVER_HINT)

    def _skip(self, text: bytes) -> None:
        """What `_scan` does, where the key is not: only the depth counts."""
        bare = _STRING.sub(b"", text)
        quote = bare.find(b'"')  # only a string that goes on in the next piece is still there
        self._rest = text[len(text) - (len(bare) - quote) :] if quote >= 0 else b""
        bare = bare[:quote] if quote >= 0 else bare
        self._depth += bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")

    def _scan(self, text: bytes) -> None:
        self._rest = b""
        for found in _TOKEN.finditer(text):
            token = found.group()
            if token[0] == _QUOTE and not found[1]:
                self._rest = text[found.start() :]
                break
            self._token(token)

    def _token(self, token: bytes) -> None:
        if token in (b"[", b"{"):
            self._depth += 1
            if self._is_next and token == b"[":
                self._items = []
            self._is_next = False
        elif token in (b"]", b"}"):
            self._depth -= 1
            if self._items is not None and self._depth == 1:
                self.connected = _strings(self._items)
                self._items = None
        elif self._depth == 1:
            self._is_next = token == _KEY
        elif self._items is not None:
            self._items.append(token)


def _strings(tokens: Iterable[bytes]) -> list[str]:
    return [value for value in map(decode, tokens) if isinstance(value, str)]
