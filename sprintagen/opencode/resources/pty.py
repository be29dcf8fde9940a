"""The terminals of the client's directory. What runs in one is not watched by any permission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.errors import WRONG_SERVER_HINT, UnreadableAnswer
from sprintagen.opencode.ids import PtyID, pty_id
from sprintagen.opencode.models.pty import Pty as PtyInfo
from sprintagen.opencode.resources.base import Resource, given, many, mapping, one

if TYPE_CHECKING:
    import builtins

STARTING = 30.0
"""Seconds for a request that may be the directory's first."""


class Pty(Resource):
    """`client.pty`; `client.attach` opens one."""

    async def list(self) -> builtins.list[PtyInfo]:
        """The running ones, oldest first."""
        return many(PtyInfo, (await self._call("GET", "pty", timeout=STARTING)).data)

    async def create(self, *, title: str | None = None, env: dict[str, str] | None = None) -> PtyInfo:
        """The server user's login shell, in the client's directory, 80 by 24.

        Args:
            title: What it is called; None: the server finds a name.
            env: Variables besides the server's own, and over them.
        """
        answer = await self._call("POST", "pty", body=given(title=title, env=env), timeout=STARTING)
        return one(PtyInfo, answer.data)

    async def get(self, id: PtyID) -> PtyInfo:
        """Raises NotFound for one that has ended or is another directory's."""
        return one(PtyInfo, await self._get("pty", pty_id(id)))

    async def update(self, id: PtyID, *, title: str | None = None, size: tuple[int, int] | None = None) -> PtyInfo:
        """Rename it, or give it another size in columns and rows, both above 0. An empty title changes nothing."""
        columns_rows = {"cols": size[0], "rows": size[1]} if size is not None else None
        body = given(title=title, size=columns_rows)
        return one(PtyInfo, (await self._call("PUT", "pty", pty_id(id), body=body)).data)

    async def remove(self, id: PtyID) -> None:
        """End its program and forget it."""
        await self._call("DELETE", "pty", pty_id(id))

    async def ticket(self, id: PtyID) -> str:
        """What opens one connection to it within a minute, in place of the password."""
        answer = await self._call("POST", "pty", pty_id(id), "connect-token", headers={"x-opencode-ticket": "1"})
        ticket = mapping(answer.data).get("ticket")
        if not isinstance(ticket, str) or not ticket:
            raise UnreadableAnswer("The opencode server gave no ticket for the terminal.", hint=WRONG_SERVER_HINT)
        return ticket
