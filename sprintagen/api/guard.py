"""The lock on the door: one ASGI layer before everything, for HTTP and for the socket alike.

In this order it settles the way a request came, checks the Host, the access rule of the path, who is asking (session
cookie or Bearer token), and for whoever came by cookie, where the request came from (Origin, Sec-Fetch-Site). It bounds
request bodies, adds the security headers, and ends live sockets and event streams of a session the moment it is signed
out. Starlette's BaseHTTPMiddleware never sees a websocket, hence plain ASGI.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse

from sprintagen import content_policy, request_id
from sprintagen.api.access import access_to
from sprintagen.api.arrivals import Arrivals
from sprintagen.api.errors import problem
from sprintagen.api.hosts import HostRules, same_origin
from sprintagen.api.measuring import measured
from sprintagen.errors import NotFound, NotSignedIn, Refused, SprintagenError, TooLarge
from sprintagen.root_path import root_of, route_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sprintagen.services.metrics import Metrics
    from sprintagen.services.refs import Actor
    from sprintagen.services.sign_ins import SignIns

log = logging.getLogger(__name__)

COOKIE = "sprintagen_session"
MAX_BODY = 48 * 1024 * 1024
"""Bytes of a request body; attachments travel base64-encoded in JSON, so a 32 MB file fits."""
MAX_PUBLIC_BODY = 64 * 1024
"""The same for who is not signed in: the sign-in form."""

_SOCKET = "/_nicegui_ws/"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008
_NOT_A_MESSAGE = 1007
_CACHEABLE = ("text/javascript", "application/javascript", "text/css", "image/", "font/")
"""What may be kept by a cache: assets. Everything else is somebody's conversation, or decides who somebody is."""


class Guard:
    """Lets through only what has a right to be let through.

    Args:
        app: What is guarded.
        sign_ins: Knows sessions and the token.
        hosts: Host names we answer to.
        metrics: Is told how long each request took.
        arrivals: Settles what a request says of its way here; before everything else.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        sign_ins: SignIns,
        hosts: HostRules,
        metrics: Metrics,
        arrivals: Arrivals | None = None,
    ) -> None:
        self._app = app
        self._sign_ins = sign_ins
        self._hosts = hosts
        self._arrivals = arrivals or Arrivals()
        self._metrics = metrics
        self._sockets: dict[str, set[asyncio.Event]] = {}
        self._streams: dict[_Stream, str | None] = {}
        self._is_stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        self._arrivals.settle(scope)
        id_ = _request_id(scope)
        with request_id.given(id_):
            if scope["type"] == "http":
                send = measured(scope, _saying(id_, send), self._metrics)
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            session_id = await self._admit(scope)
        except SprintagenError as error:
            await self._turn_away(scope, receive, send, error)
            return
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send, session_id)
        else:
            await self._serve_http(scope, receive, send, session_id)

    def end_session(self, session_id: str) -> None:
        """Closes every live socket and event stream of a session; called when it is signed out."""
        for closed in self._sockets.pop(session_id, set()):
            closed.set()
        for stream in [stream for stream, owner in self._streams.items() if owner == session_id]:
            stream.end()

    def sessions_in_use(self) -> list[str]:
        """Ids of the sessions that have a live socket or event stream."""
        return [*self._sockets, *(owner for owner in self._streams.values() if owner is not None)]

    def end_streams(self) -> None:
        """The server is about to stop: ends every event stream, which nobody else would, now and from now on."""
        self._is_stopping = True
        for stream in list(self._streams):
            stream.end()

    async def _admit(self, scope: Scope) -> str | None:
        """The session the request belongs to; None for public paths and for Bearer.

        Raises:
            SprintagenError: It is not to be served.
        """
        headers = Headers(scope=scope)
        if not self._hosts.accepts_host(headers.get("host")):
            raise Refused(
                "This server does not answer under that host name.",
                hint="Use the address it printed at start, or list the name in SPRINTAGEN_ALLOWED_HOSTS.",
            )
        access = access_to(route_of(scope))
        if access is None:
            raise NotFound("There is nothing at this address.")
        if access == "public":
            # the sign-in form is posted without a session, so it too has to come from our own page
            if scope.get("method", "GET") not in _SAFE_METHODS:
                _check_source(scope, headers)
            return None
        actor: Actor | None
        if (authorization := headers.get("authorization")) is not None:
            scheme, _, token = _as_utf8(authorization).partition(" ")
            actor = self._sign_ins.check_token(token.strip(), _address(scope)) if scheme.lower() == "bearer" else None
            session_id = None
        else:
            session_id = cookie_of(headers)
            actor = await self._sign_ins.check(session_id) if session_id else None
            if actor is not None:
                _check_source(scope, headers)
        if actor is None:
            raise NotSignedIn(
                "You are not signed in.",
                hint="Open the link printed at start, sign in with the token, or send it as 'Authorization: Bearer'.",
            )
        state = scope.setdefault("state", {})
        state["actor"] = actor
        state["session_id"] = session_id  # None: by token; `sprintagen.sockets` compares page and socket by it
        return session_id

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send, error: SprintagenError) -> None:
        log.warning("refused %s %r: %s", scope.get("method", "websocket"), scope["path"], error.message)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": error.code})
            return
        wants_page = "text/html" in Headers(scope=scope).get("accept", "") and scope["method"] in _SAFE_METHODS
        if isinstance(error, NotSignedIn) and wants_page:
            target = route_of(scope) + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            response = RedirectResponse(f"{root_of(scope)}/sign-in?next={quote(target, safe='')}", status_code=303)
            await response(scope, receive, _with_security_headers(scope, send))
            return
        await problem(error)(scope, receive, _with_security_headers(scope, send))

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send, session_id: str | None) -> None:
        length = Headers(scope=scope).get("content-length", "")
        limit = MAX_PUBLIC_BODY if access_to(route_of(scope)) == "public" else MAX_BODY
        too_large = TooLarge(f"The request is larger than {_size(limit)}.", hint="Send less at once.")
        if length.isdigit() and int(length) > limit:
            await problem(too_large)(scope, receive, _with_security_headers(scope, send))
            return
        body = _BoundedBody(receive, limit)
        response = _Started(_with_security_headers(scope, send), body)
        stream = _Stream(response)
        if route_of(scope).startswith(_SOCKET):  # a socket's long question, asked where no websocket gets through
            self._streams[stream] = session_id
        try:
            await self._app(scope, body, self._watched(stream, session_id))
        except asyncio.CancelledError:
            if not (stream.was_ended or self._is_stopping):
                raise
            stream.calm_down()
            if response.started:
                await stream.finish()
            else:
                await problem(_Stopping() if self._is_stopping else _signed_out())(scope, receive, response)
        except Exception:  # what an application raises when its client seems to hang up is its own affair
            if not body.overflowed:
                raise
        finally:
            self._streams.pop(stream, None)
        if body.overflowed and not response.started:
            await problem(too_large)(scope, receive, _with_security_headers(scope, send))

    def _watched(self, stream: _Stream, session_id: str | None) -> Send:
        """Sends on; remembers the answer from its first byte to its last if it is an event stream."""

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_event_stream(message):
                self._streams[stream] = session_id
                has_ended = session_id is not None and not self._sign_ins.is_open(session_id)
                if self._is_stopping or has_ended:
                    stream.end()
            await stream.send(message)

        return send

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send, session_id: str | None) -> None:
        if session_id is None:
            await self._app(scope, receive, send)
            return
        signed_out = asyncio.Event()
        self._sockets.setdefault(session_id, set()).add(signed_out)
        serving = asyncio.ensure_future(self._app(scope, receive, send))
        watching = asyncio.ensure_future(signed_out.wait())
        try:
            await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await self._see_off(serving, send)
            else:
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "signed_out"})
        finally:
            for task in (serving, watching):
                task.cancel()
            done, _ = await asyncio.wait({serving, watching})
            for ended in done:
                ended.cancelled() or ended.exception()  # seen: a broken socket is no news
            if (live := self._sockets.get(session_id)) is not None:
                live.discard(signed_out)
                if not live:
                    self._sockets.pop(session_id)

    async def _see_off(self, serving: asyncio.Future[None], send: Send) -> None:
        try:
            serving.result()
        except ValueError as error:  # how the socket library says that a frame is none
            log.warning("a socket is closed: what it sent is no message (%s)", type(error).__name__)
            with contextlib.suppress(RuntimeError):  # closed already
                await send({"type": "websocket.close", "code": _NOT_A_MESSAGE, "reason": "not_a_message"})


def cookie_of(headers: Headers) -> str | None:
    """The session id a request carries."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _request_id(scope: Scope) -> str:
    """A trusted proxy's own, if it is one."""
    said = Headers(scope=scope).get(request_id.HEADER, "")
    return said if scope["state"]["arrival"].is_trusted and request_id.is_valid(said) else request_id.new()


def _saying(id_: str, send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[request_id.HEADER] = id_
        await send(message)

    return wrapped


def _check_source(scope: Scope, headers: Headers) -> None:
    """Refuses what another site made the browser send along with our cookie."""
    origin, host = headers.get("origin"), headers.get("host")
    changes_something = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
    if origin is not None and not same_origin(origin, host):
        raise Refused("This request comes from another site.", hint="Use the page itself.")
    if changes_something and origin is None:
        raise Refused(
            "This request does not say where it comes from.",
            hint="Programs: send the token as 'Authorization: Bearer' instead of a cookie.",
        )
    is_navigation = headers.get("sec-fetch-mode") == "navigate" and not changes_something
    if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_navigation:
        raise Refused("This request comes from another site.", hint="Use the page itself.")


def _size(limit: int) -> str:
    return f"{limit // 1024 // 1024} MB" if limit >= 1024 * 1024 else f"{limit // 1024} kB"


def _as_utf8(header: str) -> str:
    """A header's text, which arrives as Latin-1 whatever was sent."""
    return header.encode("latin-1", "replace").decode("utf-8", "replace")


def _is_event_stream(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in start["headers"]
    )


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _with_security_headers(scope: Scope, send: Send) -> Send:
    nonce = content_policy.new_nonce(scope)

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            is_page = headers.get("x-nicegui-content") == "page"
            policy = content_policy.of_page(nonce) if is_page else content_policy.PLAIN
            headers.setdefault("Content-Security-Policy", policy)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            # not no-referrer: with that a browser posts our own form with "Origin: null"
            headers.setdefault("Referrer-Policy", "same-origin")
            headers.setdefault("X-Frame-Options", "DENY")
            headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
            if not headers.get("content-type", "").startswith(_CACHEABLE):
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return wrapped


def _signed_out() -> NotSignedIn:
    return NotSignedIn("You are not signed in any more.", hint="Sign in again.")


class _Stopping(SprintagenError):
    code = "stopping"
    status = 503

    def __init__(self) -> None:
        super().__init__("sprintagen is stopping.", hint="What was sent goes on in opencode; ask again later.")


class _Stream:
    """An answer that may go on for ever, and a way to end it in good order from outside."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.was_ended = False
        self._task = asyncio.current_task()

    def end(self) -> None:
        if not self.was_ended and self._task is not None:
            self.was_ended = True
            self._task.cancel()

    def calm_down(self) -> None:
        """The end was wanted: the task itself goes on."""
        if self._task is not None:
            self._task.uncancel()

    async def finish(self) -> None:
        """The last, empty piece, for the reader to see an end and not a break."""
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})


class _BoundedBody:
    """Counts what comes in; past the limit the application sees a client that hung up."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self.overflowed = False

    async def __call__(self) -> Message:
        if self.overflowed:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                self.overflowed = True
                return {"type": "http.disconnect"}
        return message


class _Started:
    """Remembers whether an answer has begun, and holds back one to a request that grew too large."""

    def __init__(self, send: Send, body: _BoundedBody) -> None:
        self._send = send
        self._body = body
        self.started = False

    async def __call__(self, message: Message) -> None:
        if self._body.overflowed and not self.started:
            return
        self.started = True
        await self._send(message)
