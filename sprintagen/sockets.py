"""The page's socket, tightened: who may speak for which page, and what a malformed message does.

NiceGUI takes whoever knows a page's `client_id` for that page, also after sign-out. Here a socket may only speak for
pages that were loaded by the very sign-in it was opened with; `api.guard` has let in both and written down which.
Handlers keep their contract; a message that does not keep it is dropped with one line in the log.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from nicegui import Client
from socketio.exceptions import ConnectionRefusedError  # type: ignore[import-untyped]

from sprintagen import request_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from socketio import AsyncServer  # type: ignore[import-untyped]

log = logging.getLogger(__name__)

MAX_LOG_MESSAGE = 2000
"""Characters of a browser's message that go into our log."""

_LEVELS = ("debug", "info", "warning", "error")
_LIBRARIES = ("engineio.server", "socketio.server")
_OF_A_BAD_FRAME = (ValueError, TypeError, LookupError, AttributeError)


def bind_to_sign_ins(sio: AsyncServer) -> None:
    """Puts the checks before every handler of the page's socket; once per process."""
    handlers: dict[str, Callable[..., Any]] = sio.handlers["/"]
    for name, handler in handlers.items():
        if name == "connect":
            handlers[name] = _checked_connect(handler)
        elif name != "disconnect":
            handlers[name] = _checked(sio, name, handler)
    for library in _LIBRARIES:  # they print by themselves, past our form of a log line
        logger = logging.getLogger(library)
        logger.handlers.clear()
        logger.addFilter(_without_traceback)


def _without_traceback(record: logging.LogRecord) -> bool:
    """A frame that is none, as an upgrade that a proxy cut off, is the sender's mistake: one line of warning."""
    kind = record.exc_info[0] if record.exc_info else None
    if kind is not None and issubclass(kind, _OF_A_BAD_FRAME):
        record.msg = f"A page's socket sent a frame that is none ({kind.__name__})."
        record.args, record.exc_info = (), None
    if record.exc_info is None and record.levelno > logging.WARNING:  # of what a client or a proxy sent
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _checked_connect(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        if (client_id := query.get("client_id")) is not None and not _is_own(client_id, environ):
            raise ConnectionRefusedError(
                "Implicit handshake failed"
            )  # NiceGUI's word, on which a page loads itself anew
        try:
            return await handler(sid, environ, auth)
        except (KeyError, TypeError, ValueError):
            log.warning("A page's socket sent a handshake that is none.")
            raise ConnectionRefusedError("Implicit handshake failed") from None

    return connect


def _checked(sio: AsyncServer, name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    async def check(sid: str, *arguments: Any) -> Any:
        message = arguments[0] if len(arguments) == 1 else None
        if not isinstance(message, dict) or not isinstance(message.get("client_id"), str):
            log.warning("A page's socket sent a message that is none.")
            return False
        if not _is_own(message["client_id"], sio.get_environ(sid) or {}):
            log.warning("A page's socket spoke for a page of another sign-in.")
            return False
        if name == "log":
            if message.get("level") not in _LEVELS:
                return None
            message = {**message, "message": f"browser: {str(message.get('message', ''))[:MAX_LOG_MESSAGE]}"}
        try:
            with request_id.given(request_id.new()):  # what a person does on a page is a request of its own
                result = handler(sid, message)
                return await result if hasattr(result, "__await__") else result
        except (KeyError, TypeError, ValueError, AttributeError):  # of the message: handlers' own are caught before
            log.warning("A page's socket sent a malformed %s.", name)
            return False

    return check


def _is_own(client_id: str, environ: dict[str, Any]) -> bool:
    """Whether the page was loaded by the sign-in of the socket; a page that is no more is nobody's."""
    client = Client.instances.get(client_id)
    if client is None:
        return True  # NiceGUI refuses it, and the browser loads the page anew
    page = client.request.scope.get("state", {}) if client._request is not None else {}
    socket = environ.get("asgi.scope", {}).get("state", {})
    return "actor" in page and "actor" in socket and page.get("session_id") == socket.get("session_id")
