"""A browser may leave while its page is built, which Starlette's middleware takes for a mistake of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
        except RuntimeError as error:
            if not is_left or str(error) != "No response returned.":
                raise

    return patient
