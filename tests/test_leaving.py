"""Who leaves while a page is built, and what else may go wrong with it."""

from __future__ import annotations

import pytest
import socketio  # type: ignore[import-untyped]
from starlette.types import Message, Receive, Scope, Send

from sprintagen.leaving import unless_left


async def _ignore(message: Message) -> None:
    """Nobody is there to read it."""


async def _ask(words: str, *, leaves: bool) -> None:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise RuntimeError(words)

    async def receive() -> Message:
        return {"type": "http.disconnect"} if leaves else {"type": "http.request", "body": b""}

    await unless_left(page)({"type": "http"}, receive, _ignore)


async def test_a_browser_that_leaves_while_its_page_is_built_is_no_mistake() -> None:
    await _ask("No response returned.", leaves=True)


@pytest.mark.parametrize(("words", "leaves"), [("No response returned.", False), ("something else", True)])
async def test_any_other_trouble_of_a_page_stays_one(words: str, leaves: bool) -> None:
    with pytest.raises(RuntimeError, match=words):
        await _ask(words, leaves=leaves)


async def test_a_socket_whose_question_is_left_half_told_is_no_mistake() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    socket = socketio.ASGIApp(socketio.AsyncServer(async_mode="asgi"))
    query = b"EIO=4&transport=polling"
    scope = {"type": "http", "method": "POST", "path": "/socket.io/", "headers": [], "query_string": query}
    with pytest.raises(KeyError, match="REQUEST_METHOD"):
        await socket(scope, receive, _ignore)
    await unless_left(socket)(scope, receive, _ignore)
