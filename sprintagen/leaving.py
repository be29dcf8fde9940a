"""A browser may leave while its page is built, which Starlette's middleware takes for a mistake of ours, or before its
socket's question is told to the end, which the socket's library does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


_SAID_OF_WHO_LEFT: Final = (("No response returned.",), ("REQUEST_METHOD",))
"""By Starlette, and by engine.io, which looks for it in the request that it did not get."""


def unless_left(pages: ASGIApp) -> ASGIApp:
    """The same application, in which a request whose browser has left ends without a word."""

    async def patient(scope: Scope, receive: Receive, send: Send) -> None:
        is_left = False

        async def listen() -> Message:
            nonlocal is_left
            message = await receive()
            is_left = is_left or message["type"] == "http.disconnect"
            return message

        try:
            await pages(scope, listen, send)
        except (RuntimeError, KeyError) as error:
            if not is_left or error.args not in _SAID_OF_WHO_LEFT:
                raise

    return patient
