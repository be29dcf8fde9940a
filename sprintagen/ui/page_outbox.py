"""What a page is told, kept in the order in which it was said, also over a connection that broke in between.

NiceGUI's own outbox numbers a message once it has left. When a browser comes back and asks for what it missed, it sends
what changed meanwhile before that: a browser whose line swallowed things shows the older of two states, and loses what
was on its way during the handshake. Here everything stands in one log, numbered when it is put there, and a browser
that comes back moves the place from which the log is read.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from nicegui import client as client_module
from nicegui import core
from nicegui.dependencies import JsComponent
from nicegui.outbox import Deleted, Outbox

if TYPE_CHECKING:
    from nicegui import Client
    from nicegui.element import Element
    from nicegui.outbox import Message

_WAKE_SECONDS: Final = 30.0
"""So often a page that has nothing to say looks whether it is still there."""
_ABSENT_SECONDS: Final = 0.1
"""So often one without a browser looks whether it has one."""
_LOAD_ANEW: Final = "console.log('loaded anew: what was missed is not kept any more'); window.location.reload()"


def install() -> None:
    """Give every page made from now on such an outbox."""
    client_module.Outbox = PageOutbox  # type: ignore[attr-defined]  # not exported, yet looked up there


class PageOutbox(Outbox):
    """The messages for one page.

    `message_history` is the log: what was sent and may be asked for again, then what is still to be sent.
    `next_message_id` is the number of the one to send next.
    """

    def __init__(self, client: Client) -> None:
        self._rewinds = 0
        super().__init__(client)

    async def loop(self) -> None:
        """Send what there is to be told for as long as the page is there."""
        self._enqueue_event = asyncio.Event()
        self._enqueue_event.set()
        while not self._should_stop and (client := self._client()) is not None:
            is_connected = client.has_socket_connection
            del client  # a page that nobody else holds may go
            try:
                if is_connected:
                    self._enqueue_event.clear()
                    self._put_down()
                    await self._send_on()
                    await self._sleep()
                else:
                    await asyncio.sleep(_ABSENT_SECONDS)
            except asyncio.CancelledError:
                break
            except Exception as error:  # whatever it is, the page's next message must not wait for ever
                core.app.handle_exception(error)
                await asyncio.sleep(_ABSENT_SECONDS)

    async def _sleep(self) -> None:
        assert self._enqueue_event is not None
        try:
            async with asyncio.timeout(_WAKE_SECONDS):
                await self._enqueue_event.wait()
        except TimeoutError:
            return

    # -- the log ------------------------------------------------------------------------------------------------------

    @property
    def _begin(self) -> int:
        """The number of the oldest message that is kept."""
        return self.message_history[0][0] if self.message_history else self.next_message_id

    @property
    def _end(self) -> int:
        """The number that the next message to be put down will have."""
        return self._begin + len(self.message_history)

    def _put_down(self) -> None:
        """Number all there is to tell by now: first the elements as they are, then what is to be done to them."""
        updates = dict(self.updates)
        self.updates.clear()
        elements: dict[int, dict[str, Any] | None] = {}
        scripts: list[JsComponent] = []
        for id, element in updates.items():
            elements[id] = None
            if isinstance(element, Deleted):
                continue
            try:
                elements[id] = element._to_dict()
            except Exception as error:  # of one element: the others are told all the same
                core.app.handle_exception(error)
                del elements[id]
                continue
            scripts.extend(self._scripts_of(element))
        client_id = self.client.id
        if scripts:
            wanted = [{"key": script.key, "tag": script.tag} for script in scripts]
            self._note((client_id, "load_js_components", {"components": wanted}))
        if elements:
            self._note((client_id, "update", elements))
        while self.messages:
            self._note(self.messages.popleft())

    def _scripts_of(self, element: Element) -> list[JsComponent]:
        """What the browser has to load before it can draw the element; once for all elements of a kind."""
        script = element.component
        if not isinstance(script, JsComponent) or script.name in self._loaded_components:
            return []
        self._loaded_components.add(script.name)
        return [script]

    def _note(self, message: Message) -> None:
        self.message_history.append((self._end, time.time(), message))

    async def _send_on(self) -> None:
        """Send the log from its place on to its end, or until the browser has gone."""
        while self.next_message_id < self._end and self.client.has_socket_connection and not self._should_stop:
            number, rewinds = self.next_message_id, self._rewinds
            _, _, message = self.message_history[number - self._begin]
            try:
                await self._emit(message)
            finally:  # one that cannot be sent would be no better a second time
                if rewinds == self._rewinds:
                    self.next_message_id = number + 1
            self._forget_old()

    async def _emit(self, message: Message) -> None:
        client_id, kind, data = message
        data["_id"] = self.next_message_id
        await core.sio.emit(kind, data, room=client_id)

    def _forget_old(self) -> None:
        """Of what was sent keep as much as a browser that comes back may ask for."""
        sockets = core.sio.eio
        patience = self.client.page.resolve_reconnect_timeout()
        oldest = time.time() - (sockets.ping_interval + sockets.ping_timeout + patience)
        log = self.message_history
        while log and log[0][0] < self.next_message_id:
            if log[0][1] >= oldest and len(log) <= core.app.config.message_history_length:
                break
            log.popleft()

    # -- what the browser says ----------------------------------------------------------------------------------------

    def try_rewind(self, target_message_id: int) -> None:
        """Go on from that number, as the browser wants it; where that is not kept, it loads the page anew.

        The socket has joined in the same step of the loop: what is on its way now goes to earlier sockets only.
        """
        self._rewinds += 1
        if not self._begin <= target_message_id <= self._end:
            self.message_history.clear()
            self.updates.clear()
            self.messages.clear()
            self.client.run_javascript(_LOAD_ANEW)
        self.next_message_id = target_message_id
        self._set_enqueue_event()

    def prune_history(self, next_message_id: int) -> None:
        """Forget what the browser says it has, of what was sent."""
        while self._begin < min(next_message_id, self.next_message_id):
            self.message_history.popleft()
