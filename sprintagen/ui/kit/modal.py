"""`Modal`: the page asks the person something and waits for the answer."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Sequence


class Modal(ui.element, component="modal.js"):
    """The page's one dialog. Asking again before there was an answer counts as a cancel of the first."""

    def __init__(self) -> None:
        super().__init__()
        self._tokens = itertools.count(1)
        self._waiting: tuple[int, asyncio.Future[Any]] | None = None
        self.on("answer", self._answer)

    async def confirm(
        self,
        title: str,
        text: str,
        *,
        accept: str,
        danger: bool = False,
        refuse: str = "Cancel",
        rows: Sequence[tuple[str, str]] = (),
    ) -> bool:
        """Whether the person agrees.

        Args:
            title: The question.
            text: What it means.
            accept: The button that agrees.
            danger: It cannot be undone.
            refuse: The button that does not.
            rows: What it is about, one by one: a name and a word to it.
        """
        answer = await self._ask(
            title=title, text=text, accept=accept, danger=danger, refuse=refuse, rows=[list(row) for row in rows]
        )
        return answer is True

    async def prompt(
        self, title: str, *, field: str, value: str = "", accept: str = "Save", text: str = ""
    ) -> str | None:
        """What the person typed, or None for a cancel."""
        answer = await self._ask(title=title, field=field, value=value, accept=accept, text=text)
        return answer if isinstance(answer, str) else None

    async def choose(
        self, title: str, *, field: str, options: Sequence[str], accept: str, text: str = ""
    ) -> str | None:
        """One of the options, the first unless the person says otherwise; None for a cancel."""
        answer = await self._ask(title=title, field=field, options=list(options), accept=accept, text=text)
        return answer if isinstance(answer, str) and answer in options else None

    async def _ask(self, **ask: Any) -> Any:
        if self._waiting and not self._waiting[1].done():
            self._waiting[1].set_result(None)
        token = next(self._tokens)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting = (token, future)
        self.run_method("show", {"token": token, **ask})
        return await future

    def _answer(self, event: Any) -> None:
        answer = event.args if isinstance(event.args, dict) else {}
        if self._waiting and answer.get("token") == self._waiting[0] and not self._waiting[1].done():
            self._waiting[1].set_result(answer.get("value"))

    def _handle_delete(self) -> None:
        if self._waiting and not self._waiting[1].done():
            self._waiting[1].set_result(None)
        super()._handle_delete()
