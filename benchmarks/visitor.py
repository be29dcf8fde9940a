"""One page of ours without a browser: what a browser sends and what it is sent, and nothing drawn.

A hundred Chromium tabs would measure Chromium. This signs in, loads the page's HTML, opens NiceGUI's socket with the
page's own handshake, picks a session in the list as a click does, answers pings, acknowledges every three seconds as
NiceGUI's script does, says when messages are far above the window, and keeps the texts that would be on the screen.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable

ACK_SECONDS = 3
PATIENCE = 30
DRAWN = 8
"""Messages from which on a window of the usual height tells the server that the first ones are far away."""
KEPT = 4
_SOCKET = "/_nicegui_ws/socket.io/"
_ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
_ESCAPED = (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&"))
_APPEND = "sprintagenAppend("


class PageFailed(Exception):
    """The page did not do what it does in a browser; the words say what."""


@dataclass
class Traffic:
    """What all visitors of a process were sent."""

    messages: int = 0
    """Frames with something to show; neither pings nor what belongs to the connection."""
    appends: int = 0
    """Of these, frames with new words and nothing else."""
    bytes: int = 0
    """Of these messages, before compression."""


@dataclass
class Visitor:
    """One open page.

    Args:
        http: Signed in already, by its cookie.
        url: Of sprintagen.
        traffic: Counts for all.
        on_text: Called with the page, an element's id and the whole text of it whenever it has grown.
        on_trouble: Called with words when the page loses its socket, is asked to load anew or finds a hole in a text.
    """

    http: aiohttp.ClientSession
    url: str
    traffic: Traffic
    on_text: Callable[[Visitor, str, str], None]
    on_trouble: Callable[[str], None]
    session_id: str = ""
    """The session it shows."""
    texts: dict[str, str] = field(default_factory=dict)
    """What stands in each Markdown element, by the element's id."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """The picked session is drawn."""

    _client_id: str = ""
    _next_message: int = 0
    _acked: int = -1
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _elements: dict[str, Any] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _is_closing: bool = False
    _let_go: str = ""
    """The last message the server was told of as the first that is near."""

    async def open(self, session_id: str) -> None:
        """Load the page and click a session in its list.

        Raises:
            PageFailed: It was refused, or the session was not drawn in time.
        """
        async with self.http.get(f"{self.url}/admin/chats", headers={"Accept": "text/html"}) as answer:
            html = await answer.text()
        identity = re.search(r"'client_id': '([0-9a-f-]{36})'", html)
        elements = _ELEMENTS.search(html)
        if answer.status != 200 or identity is None or elements is None:
            raise PageFailed(f"the page could not be loaded: {answer.status}")
        raw = elements[1]
        for escaped, plain in _ESCAPED:
            raw = raw.replace(escaped, plain)
        self._client_id = identity[1]
        number = re.search(r"'next_message_id': (\d+)", html)
        self._next_message = int(number[1]) if number else 0
        self._update(json.loads(raw))
        await self._connect()
        await self.pick(session_id)

    async def pick(self, session_id: str) -> None:
        """Click a session in the list; returns when it is drawn.

        Raises:
            PageFailed: It was not drawn in time.
        """
        self.opened.clear()
        self.session_id = session_id
        await self.emit(self._find("session_list"), "pick", session_id)
        try:
            await asyncio.wait_for(self.opened.wait(), PATIENCE)
        except TimeoutError:
            raise PageFailed(f"the session was not drawn in {PATIENCE} s") from None

    async def emit(self, element_id: str, name: str, *arguments: object) -> None:
        """Send an element's event as the browser does."""
        listener = next(one for one in self._elements[element_id]["events"] if one["type"] == name)
        event = {
            "id": int(element_id),
            "client_id": self._client_id,
            "listener_id": listener["listener_id"],
            "args": [json.dumps(argument) for argument in arguments],
        }
        await self._send("event", event)

    async def close(self) -> None:
        """The tab is closed."""
        self._is_closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    # -- the socket ---------------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        query = {
            "EIO": "4",
            "transport": "websocket",
            "client_id": self._client_id,
            "next_message_id": str(self._next_message),
            "implicit_handshake": "true",
            "document_id": str(uuid.uuid4()),
            "tab_id": str(uuid.uuid4()),
        }
        address = f"{self.url}{_SOCKET}?{urlencode(query)}"
        self._socket = await self.http.ws_connect(address, headers={"Origin": self.url}, compress=15, max_msg_size=0)
        opening = await self._socket.receive_str(timeout=PATIENCE)
        if not opening.startswith("0"):
            raise PageFailed(f"the socket began with {opening[:40]!r}")
        await self._socket.send_str("40")
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._acknowledge())]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def _read(self) -> None:
        assert self._socket is not None
        async for frame in self._socket:
            if frame.type != aiohttp.WSMsgType.TEXT:
                continue
            text: str = frame.data
            if text == "2":
                await self._socket.send_str("3")
            elif text.startswith("42"):
                await self._take(text)
            elif text.startswith("44"):
                self.on_trouble(f"the socket was refused: {text[:80]}")
        if not self._is_closing:
            self.on_trouble("a page lost its socket")

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.on_trouble(f"a page broke: {type(error).__name__}: {error}")

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACK_SECONDS)
            if self._acked < self._next_message:
                self._acked = self._next_message
                await self._send("ack", {"client_id": self._client_id, "next_message_id": self._next_message})

    async def _send(self, name: str, message: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send_str("42" + json.dumps([name, message], separators=(",", ":")))

    # -- what would be on the screen ----------------------------------------------------------------------------------

    async def _take(self, frame: str) -> None:
        name, message = json.loads(frame[2:])
        number = message.pop("_id", None)
        if number is not None:
            if number < self._next_message:
                return
            self._next_message = number + 1
        self.traffic.messages += 1
        self.traffic.bytes += len(frame)
        if name == "update":
            self._update(message)
            await self._leave_far_ones()
        elif name == "run_javascript":
            code: str = message["code"]
            if code.startswith(_APPEND):
                self.traffic.appends += 1
                await self._append(json.loads(code[len(_APPEND) : -1]))
            elif "location.reload()" in code:
                self.on_trouble("a page was asked to load anew")
        elif name == "try_reconnect":
            self.on_trouble("a page was asked to load anew")

    def _update(self, elements: dict[str, Any]) -> None:
        for element_id, element in elements.items():
            if element is None:
                self._elements.pop(element_id, None)
                self.texts.pop(element_id, None)
                continue
            self._elements[element_id] = element
            if element["tag"] == "nicegui-streaming_markdown":
                self._show(element_id, element["props"].get("text") or "")
            if element.get("props", {}).get("session") == self.session_id != "":
                self.opened.set()

    async def _leave_far_ones(self) -> None:
        """What `scroller.js` says at the end of a transcript: which messages are near."""
        drawn = sorted(
            element["props"]["data-message-id"]
            for element in self._elements.values()
            if "data-message-id" in element.get("props", {})
        )
        if len(drawn) > DRAWN and drawn[-1] != self._let_go:
            self._let_go = drawn[-1]
            need = {"older": False, "newer": False, "first": drawn[-KEPT], "last": drawn[-1]}
            await self.emit(self._find("scroller"), "move", need)

    async def _append(self, pieces: list[tuple[int, int, str]]) -> None:
        """Text at its place, counted in UTF-16 units; a hole is asked for, as the browser does."""
        for number, at, piece in pieces:
            element_id = str(number)
            shown = self.texts.get(element_id)
            if shown is None:
                continue
            if at > len(shown):
                self.on_trouble("a text had a hole")
                await self.emit(element_id, "gap", len(shown))
            elif at + len(piece) > len(shown):
                self._show(element_id, shown[:at] + piece)

    def _show(self, element_id: str, text: str) -> None:
        if self.texts.get(element_id) != text:
            self.texts[element_id] = text
            self.on_text(self, element_id, text)

    def _find(self, component: str) -> str:
        for element_id, element in self._elements.items():
            if element["tag"] == f"nicegui-{component}":
                return element_id
        raise PageFailed(f"there is no {component} on the page")
