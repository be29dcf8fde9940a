"""What can go wrong between us and an opencode server, in words a person can act on.

    OpencodeError              message, hint
    ├── InvalidID              a text that should be an id is none; nothing was sent
    ├── ServerUnreachable      refused, reset, closed, no such host
    ├── ServerTimeout          accepted, but silent for too long
    ├── ServerAuthError        401: user name or password are not the server's
    ├── UnreadableAnswer       an answer we cannot read: HTML, not JSON, another shape, a redirect
    └── RequestRefused         an answer that says no: status, name
        ├── NotFound           404: no such session, message, permission, question
        ├── Busy               409: the session is working, this has to wait
        ├── InvalidRequest     400, 413, 415, 422: the server will not take this input
        └── ServerFault        5xx: it failed inside (and for some client faults); ref is in its log

A failed *turn* is none of these: it is data (`AssistantMessage.error`, the event `SessionErrored`). This module is the
only one that looks at httpx's exceptions and at the server's five shapes of error body. The server's own words are
quoted only where they cannot repeat what was sent, since a body that was sent may hold a key.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator


class OpencodeError(Exception):
    """Something expected went wrong with the opencode server.

    Args:
        message: What happened and why, one sentence, safe to show: no secret, no address, no header.
        hint: What the person can do about it; empty when there is nothing to say.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidID(OpencodeError):
    """The text is not an id of that kind."""


class ServerUnreachable(OpencodeError):
    """There was no connection, or it broke before the answer was complete."""


class ServerTimeout(OpencodeError):
    """The server accepted the connection and then said nothing for too long."""


class ServerAuthError(OpencodeError):
    """The server does not accept our user name and password."""


class UnreadableAnswer(OpencodeError):
    """Something answered, but not as an opencode server of a version we know does."""


class RequestRefused(OpencodeError):
    """The server understood and said no; `status` is HTTP's, `name` the server's own word for it or empty."""

    def __init__(self, message: str, *, hint: str = "", status: int, name: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.name = name


class NotFound(RequestRefused):
    """No such thing on this server (or, for permissions and questions, not in this directory)."""


class Busy(RequestRefused):
    """The session is in the middle of a turn."""


class InvalidRequest(RequestRefused):
    """The input, or a configuration file of opencode's, is not valid."""


class ServerFault(RequestRefused):
    """The server failed; `ref` (`err_…`) finds the reason in opencode's log, empty if it gave none."""

    def __init__(self, message: str, *, hint: str = "", status: int, name: str = "", ref: str = "") -> None:
        super().__init__(message, hint=hint, status=status, name=name)
        self.ref = ref


WRONG_SERVER_HINT = "Check that the address is that of an opencode server, and that its version is supported."


@contextmanager
def translated() -> Iterator[None]:
    """Turns every way a request can fail on its way into one of ours, keeping the cause."""
    try:
        yield
    except (httpx.TimeoutException, TimeoutError) as error:
        raise ServerTimeout(
            "The opencode server did not answer in time.",
            hint="It may be starting or overloaded; if this stays, restart it and look into its log.",
        ) from error
    except httpx.ConnectError as error:
        raise ServerUnreachable(
            "The opencode server cannot be reached.", hint="Check that it runs and that its address is right."
        ) from error
    except (httpx.DecodingError, httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise UnreadableAnswer("The opencode server's answer cannot be decoded.", hint=WRONG_SERVER_HINT) from error
    except httpx.RequestError as error:
        if isinstance(error, httpx.RemoteProtocolError) and "illegal" in str(error):
            raise UnreadableAnswer(
                "What answers at this address does not speak HTTP.", hint=WRONG_SERVER_HINT
            ) from error
        raise _broken() from error
    except AttributeError as error:
        if error.obj is not None or error.name not in _SOCKET_NAMES:
            raise
        raise _broken() from error  # anyio 4 looks at the socket of a connection that has ended already


_SOCKET_NAMES = ("family", "getpeername", "getsockname")


def _broken() -> ServerUnreachable:
    return ServerUnreachable(
        "The connection to the opencode server broke.", hint="It may have been stopped or restarted."
    )


def refusal(status: int, body: Any, *, quote_server: bool = True) -> OpencodeError:
    """The error that an answer with this status stands for.

    Args:
        status: An HTTP status that is not 2xx.
        body: The decoded JSON body, None when it was not JSON.
        quote_server: False when what was sent is secret: nothing of the body is repeated then.
    """
    if 300 <= status < 400:
        return UnreadableAnswer(
            "The server answered with a redirect, which opencode never does.", hint=WRONG_SERVER_HINT
        )
    if status == 401:
        return ServerAuthError(
            "The opencode server refused our user name and password.",
            hint="Set the user name and password with which the opencode server was started.",
        )
    if status == 404 and not isinstance(body, dict):
        return UnreadableAnswer("There is no opencode server at this address.", hint=WRONG_SERVER_HINT)
    name = _name(body)
    said = _said(body) if quote_server else ""
    if status == 404:
        return NotFound(
            said or "The opencode server has no such thing.",
            hint="It may have been deleted or answered elsewhere.",
            status=status,
            name=name,
        )
    if status == 409:
        return Busy(
            "The session is busy.", hint="Wait until it is idle, or stop the running turn.", status=status, name=name
        )
    if status in (400, 413, 415, 422):
        return _invalid(status, name, said, body)
    if status >= 500:
        ref = _ref(body)
        return ServerFault(
            f"The opencode server failed (HTTP {status}{f', {ref}' if ref else ''}).",
            hint=f"Look for {ref} in opencode's log." if ref else "Look into opencode's log for the reason.",
            status=status,
            name=name,
            ref=ref,
        )
    return RequestRefused(f"The opencode server refused this (HTTP {status}).", status=status, name=name)


def _invalid(status: int, name: str, said: str, body: Any) -> InvalidRequest:
    if name in ("ConfigJsonError", "ConfigInvalidError"):
        # The message of these quotes the file, and the file may hold keys: only its path and the places are repeated.
        data = body.get("data") if isinstance(body, dict) else None
        where = data.get("path") if isinstance(data, dict) else None
        file = f" {where}" if isinstance(where, str) and len(where) < 500 else ""
        wrong = "is not valid JSON" if name == "ConfigJsonError" else f"is not valid{_places(data)}"
        return InvalidRequest(
            f"The opencode configuration{file} {wrong}.",
            hint="Correct the file, then restart opencode: it keeps a broken configuration until then.",
            status=status,
            name=name,
        )
    if status == 413:
        return InvalidRequest("This is more than the opencode server takes.", status=status, name=name)
    return InvalidRequest(
        f"The opencode server does not take this input{f': {said}' if said else ''}.", status=status, name=name
    )


def _places(data: Any) -> str:
    issues = data.get("issues") if isinstance(data, dict) else None
    paths = [issue.get("path") for issue in issues if isinstance(issue, dict)] if isinstance(issues, list) else []
    names = list(dict.fromkeys(".".join(map(str, path)) for path in paths if isinstance(path, list) and path))
    return f" at {', '.join(names[:3])}"[:200] if names else ""


def _name(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    name = body.get("name") or body.get("_tag")
    return name[:80] if isinstance(name, str) else ""


def _said(body: Any) -> str:
    """The server's sentence in one line, without the value it complains about (`Expected X, got <value>`)."""
    if not isinstance(body, dict):
        return ""
    data = body.get("data")
    text = data.get("message") if isinstance(data, dict) else body.get("message")
    if not isinstance(text, str):
        return ""
    text = re.split(r",?\s+(?:got|actual|received)\b", text, maxsplit=1, flags=re.IGNORECASE)[0]
    return " ".join(text.split())[:200].rstrip(".")


def _ref(body: Any) -> str:
    data = body.get("data") if isinstance(body, dict) else None
    ref = data.get("ref") if isinstance(data, dict) else None
    return ref if isinstance(ref, str) and re.fullmatch(r"err_[A-Za-z0-9]{1,40}", ref) else ""
