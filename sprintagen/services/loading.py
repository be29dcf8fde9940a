"""Reading a session's messages into its view: listen first, then fetch, then apply."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import MessagePage, PlainPage
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.session_view import SessionView

PAGE = 100


class Loader:
    """Fills views; two who want the same at once share one request."""

    def __init__(self, server: OpencodeServer, store: SessionStore) -> None:
        self._server = server
        self._store = store
        self._running: dict[tuple[str, SessionID], asyncio.Task[Any]] = {}

    def at_hand(self, session_id: SessionID) -> SessionView | None:
        """The view, if it needs no reading."""
        view = self._store.views.get(session_id)
        return view if view is not None and view.loaded and not view.is_stale else None

    async def open(self, session_id: SessionID) -> SessionView:
        """The view with its newest page, read if it has not been."""
        view = self.at_hand(session_id)
        if view is None:
            await self.reload(session_id)
            view = self._store.view(session_id)
        self._store.touch(session_id)
        return view

    async def reload(self, session_id: SessionID) -> None:
        """Read the newest page (and the todos) and merge it, whatever the view holds."""
        await self._once(("newest", session_id), lambda: self._reload(session_id))

    async def page(self, session_id: SessionID, before: str) -> MessagePage:
        """The page before a cursor; no view is touched.

        Raises:
            InvalidRequest: The message the cursor names is gone.
        """
        return await self._at(session_id).messages.list(session_id, limit=PAGE, before=before)

    async def plain_page(self, session_id: SessionID, before: str) -> PlainPage:
        """The same page as the server sent it. Raises likewise."""
        return await self._at(session_id).messages.list_plain(session_id, limit=PAGE, before=before)

    async def newest(self, session_id: SessionID, count: int) -> PlainPage:
        """The newest so many messages as the server sent them; its cursor gives what comes before these."""
        return await self._at(session_id).messages.list_plain(session_id, limit=count)

    async def _reload(self, session_id: SessionID) -> None:
        client = self._at(session_id)
        self._store.hold(session_id)
        try:
            page, todos = await asyncio.gather(
                client.messages.list(session_id, limit=PAGE), client.sessions.todo(session_id)
            )
            if session_id in self._store.views:
                view = self._store.view(session_id)
                changes = view.load(page)
                changes += view.set_todos(todos)
                self._store.touch(session_id)
                self._store.emit_all(changes)
        finally:
            self._store.release(session_id)

    async def _once(self, key: tuple[str, SessionID], work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.get_running_loop().create_task(
                work(), name=f"load {key[0]} of {key[1]}"
            )
            task.add_done_callback(lambda done: self._finish(key, done))
        return await asyncio.shield(task)

    def _finish(self, key: tuple[str, SessionID], task: asyncio.Task[Any]) -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waits gets it; when nobody does any more it is not news

    def _at(self, session_id: SessionID) -> OpencodeClient:
        session = self._store.sessions.get(session_id)
        return self._server.at(session.directory) if session else self._server.client
