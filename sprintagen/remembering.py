"""A page is some seventy small files that never change under their addresses: read once, then answered from memory.

NiceGUI serves each through its middleware and a thread, for two milliseconds of the event loop's time; from here it is
a tenth of that. Whoever asks is checked before (`api/guard`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.datastructures import Headers

from sprintagen.root_path import route_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIXES: Final = ("/_nicegui/", "/static/")
LARGEST: Final = 4_000_000
"""Bytes of an answer that is kept."""
MOST: Final = 40_000_000
"""Bytes that are kept in all."""
_FOR_EVER: Final = "max-age=31536000"
_TYPES: Final = ("http.response.start", "http.response.body")


def remembering(pages: ASGIApp) -> ASGIApp:
    """The same application, which is asked for each unchanging file once."""
    kept: dict[tuple[str, bool], list[Message]] = {}
    size = 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal size
        route = route_of(scope)
        if scope["type"] == "http" and route.startswith(PREFIXES):
            # The same under every root path; NiceGUI sends its files to be kept only when they are at `/`.
            scope = {**scope, "path": route, "raw_path": quote(route).encode(), "root_path": ""}
        is_file = scope["type"] == "http" and scope["method"] == "GET" and route.startswith(PREFIXES)
        if not is_file or scope["query_string"]:  # else whoever asks for one with ever new words behind it fills us
            await pages(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "range" in headers or "if-none-match" in headers or "if-modified-since" in headers:
            await pages(scope, receive, send)
            return
        key = (route, "gzip" in headers.get("accept-encoding", ""))
        known = kept.get(key)
        if known is not None:
            for message in known:
                await send(_copy(message))
            return
        heard: list[Message] = []
        length = 0

        async def listen(message: Message) -> None:
            nonlocal length
            length += len(message.get("body", b""))
            if length <= LARGEST:
                heard.append(_copy(message))
            else:
                heard.clear()
            await send(message)

        await pages(scope, receive, listen)
        # Another page may have asked for the same meanwhile.
        if _is_for_ever(heard) and key not in kept and length <= LARGEST and size + length <= MOST:
            kept[key] = heard
            size += length

    return answer


def _copy(message: Message) -> dict[str, Any]:
    """The same message, whose headers those around can add to."""
    headers = message.get("headers")
    return {**message, "headers": list(headers)} if headers is not None else {**message}


def _is_for_ever(heard: list[Message]) -> bool:
    """Whether these messages are a whole answer that stays the same under its address."""
    if not heard or heard[0]["type"] != "http.response.start" or heard[0]["status"] != 200:
        return False
    if heard[-1].get("more_body") or any(one["type"] not in _TYPES for one in heard):
        return False
    return _FOR_EVER in Headers(raw=heard[0]["headers"]).get("cache-control", "")
