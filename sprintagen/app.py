"""The composition root: builds everything once, puts both doors behind one guard, starts in order, stops in reverse.

    settings ─▶ services (db, opencode, feed, ...) ─▶ api (FastAPI)  ┐
                                                  └▶ ui  (NiceGUI)  ┴▶ guard ─▶ uvicorn

`build()` makes no connection and opens no file; `Application.running()` does.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from nicegui import app as nicegui_app
from nicegui import core

from sprintagen import sockets, ui
from sprintagen.api import breaking_off, create_api, is_own
from sprintagen.api.access import check_routes
from sprintagen.api.arrivals import Arrivals
from sprintagen.api.guard import Guard
from sprintagen.api.hosts import HostRules
from sprintagen.errors import SprintagenError
from sprintagen.leaving import unless_left
from sprintagen.remembering import remembering
from sprintagen.root_path import route_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sprintagen.config import Settings
    from sprintagen.services import Services


class Application:
    """Everything there is, built. Serve it with `ui.run` after `install()`."""

    def __init__(self, settings: Settings, services: Services) -> None:
        self.settings = settings
        self.services = services
        self.api: FastAPI = create_api(services)
        self._guard: Guard | None = None
        self._failure: SprintagenError | None = None

    def install(self) -> None:
        """Puts API, pages and guard into NiceGUI's application; once per process.

        Raises:
            UncoveredRoutes: At the start of serving, if a route has no access rule.
        """
        ui.register(self.services)
        sockets.bind_to_sign_ins(core.sio)
        breaking_off.tell_once()
        inner_lifespan = nicegui_app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(asgi: Any) -> AsyncIterator[Any]:
            async with self.running(), inner_lifespan(asgi) as state:
                check_routes(nicegui_app.routes, self.api.routes)
                yield state

        nicegui_app.router.lifespan_context = lifespan
        build_pages = nicegui_app.build_middleware_stack
        nicegui_app.build_middleware_stack = lambda: self.behind_guard(build_pages())  # type: ignore[method-assign]

    def behind_guard(self, pages: ASGIApp) -> ASGIApp:
        """API and pages as one application, with the guard before both."""
        patient = remembering(unless_left(pages))

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            own = scope["type"] in ("http", "websocket") and is_own(route_of(scope))
            if scope["type"] == "lifespan":
                await self._live(pages, scope, receive, send)
            else:
                await (self.api if own else patient)(scope, receive, send)

        settings = self.settings
        self._guard = Guard(
            dispatch,
            sign_ins=self.services.sign_ins,
            hosts=HostRules(settings.sprintagen_allowed_hosts, bound=settings.sprintagen_host),
            arrivals=Arrivals(settings.sprintagen_root_path, settings.sprintagen_trusted_proxies),
            metrics=self.services.metrics,
        )
        self.services.sign_ins.REVOKED.subscribe(self._guard.end_session)
        self.services.sign_ins.in_use = self._guard.sessions_in_use
        return self._guard

    def end_streams(self) -> None:
        """Ends what would keep a stopping server waiting: answers that go on for ever."""
        if self._guard is not None:
            self._guard.end_streams()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Services started on entry and, whatever happens, stopped on exit.

        Raises:
            SprintagenError: Something could not be started; what had been started is stopped again.
        """
        try:
            try:
                await self.services.start()
            except SprintagenError as error:
                self._failure = error
                raise
            yield
        finally:
            await self.services.stop()

    async def _live(self, pages: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """The lifespan; trouble that we have words for is told in those instead of as a traceback."""

        async def in_words(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self._failure is not None:
                message = {**message, "message": f"{self._failure.message} {self._failure.hint}".strip()}
            await send(message)

        try:
            await pages(scope, receive, in_words)
        except SprintagenError:
            if self._failure is None:
                raise
