"""`/pty`: the terminals of a session's directory, and the websocket that carries one of them.

The browser never reaches opencode: its socket ends here, where the guard has looked at cookie, token and origin, and
`TerminalLine` opens another one with a ticket of its own. Both ways, text messages are what is printed and typed, and
binary ones JSON about it:

    from us    {"lost": units}                   UTF-16 units that would follow here were not kept
               {"reached": cursor}               all that was printed before is told
               {"ended": {"exit_code"}}          the terminal is no more; then the socket closes
               {"error": {"message", "hint"}}    the same with the terminal perhaps still there: connect again
    to us      {"drawn": units}                  UTF-16 units drawn; without these, little more comes
               {"size": [columns, rows]}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from sprintagen.api.deps import InSession, TheActor, ThePty, TheServices, pty_id_of, session_id_of
from sprintagen.api.schemas.terminals import TerminalIn, TerminalOut, TerminalTitleIn
from sprintagen.errors import InvalidInput, SprintagenError, TooLarge
from sprintagen.opencode.errors import OpencodeError
from sprintagen.services.terminal_line import Ending, Lost, Printed, TerminalLine

log = logging.getLogger(__name__)

router = APIRouter(prefix="/pty", tags=["terminals"])

MOST_TYPED = 64 * 1024
"""Characters of one message; whoever pastes more sends several."""
MOST_CELLS = 1000
ENDED = 4000
"""With this code the socket closes after words that say why."""
_NO_MESSAGE = 1007


@router.get("")
async def list_terminals(services: TheServices, actor: TheActor, session_id: InSession = None) -> list[TerminalOut]:
    """The terminals that run in the session's directory; without a session, in the project's."""
    return [TerminalOut.of(row) for row in await services.terminals.list(actor, session_id)]


@router.post("", status_code=201)
async def create_terminal(
    services: TheServices, actor: TheActor, body: TerminalIn | None = None, session_id: InSession = None
) -> TerminalOut:
    """Starts opencode's user's shell in the session's directory. 409 when there are too many already."""
    title = body.title if body is not None else ""
    return TerminalOut.of(await services.terminals.create(actor, session_id, title=title))


@router.patch("/{pty_id}")
async def rename_terminal(
    services: TheServices, actor: TheActor, pty_id: ThePty, body: TerminalTitleIn, session_id: InSession = None
) -> TerminalOut:
    """Gives a terminal another title."""
    return TerminalOut.of(await services.terminals.rename(actor, pty_id, body.title, session_id=session_id))


@router.delete("/{pty_id}", status_code=204)
async def close_terminal(services: TheServices, actor: TheActor, pty_id: ThePty, session_id: InSession = None) -> None:
    """Ends what runs in a terminal; one that has ended is fine."""
    await services.terminals.close(actor, pty_id, session_id=session_id)


@router.websocket("/{pty_id}/connect")
async def connect_terminal(
    websocket: WebSocket,
    services: TheServices,
    actor: TheActor,
    pty_id: str,
    session_id: str | None = None,
    cursor: Annotated[int, Query(ge=0)] = 0,
) -> None:
    """What a terminal prints, from `cursor` on and then live, and what is typed into it; see the module."""
    await websocket.accept()
    try:
        terminals, pty = services.terminals, pty_id_of(pty_id)
        client = await terminals.client_of(actor, session_id_of(session_id) if session_id is not None else None)

        async def send(printed: Printed) -> None:
            if isinstance(printed, str):
                await websocket.send_text(printed)
            elif isinstance(printed, Lost):
                await _say(websocket, lost=printed.units)
            else:
                await _say(websocket, reached=printed.cursor)

        with terminals.opened(client, pty, send, cursor=cursor) as line:
            ending = await _serve(websocket, line)
        await _part(websocket, ENDED, "ended", ended={"exit_code": ending.exit_code})
    except WebSocketDisconnect:
        return
    except _NoMessage:
        log.warning("A terminal's socket is closed: what it sent is no message")
        await _part(websocket, _NO_MESSAGE, "not_a_message")
    except (SprintagenError, OpencodeError) as error:
        log.warning("A terminal's socket is closed: %s", error.message)
        await _part(websocket, ENDED, "error", error={"message": error.message, "hint": error.hint})


async def _serve(websocket: WebSocket, line: TerminalLine) -> Ending:
    """Run the line until the terminal ends.

    Raises:
        WebSocketDisconnect: The browser left first.
    """
    running = asyncio.ensure_future(line.run())
    listening = asyncio.ensure_future(_listen(websocket, line))
    try:
        await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            listening.result()
        return await running
    finally:
        running.cancel()
        listening.cancel()
        await asyncio.gather(running, listening, return_exceptions=True)


async def _listen(websocket: WebSocket, line: TerminalLine) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            _heed(line, message.get("bytes") or b"")
        elif len(text) > MOST_TYPED:
            raise TooLarge("Too much was typed at once.", hint="Paste less at once.")
        else:
            await line.type(text)


def _heed(line: TerminalLine, said: bytes) -> None:
    """What the browser says of the terminal."""
    try:
        match json.loads(said):
            case {"drawn": int(units)} if units >= 0:
                line.drawn(units)
            case {"size": [int(columns), int(rows)]} if 0 < columns <= MOST_CELLS and 0 < rows <= MOST_CELLS:
                line.resize(columns, rows)
            case _:
                raise _NoMessage
    except (ValueError, RecursionError) as error:
        raise _NoMessage from error


async def _say(websocket: WebSocket, **said: Any) -> None:
    await websocket.send_bytes(json.dumps(said, separators=(",", ":")).encode())


async def _part(websocket: WebSocket, code: int, reason: str, **said: Any) -> None:
    """Last words, and the end."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has left already
        if said:
            await _say(websocket, **said)
        await websocket.close(code, reason)


class _NoMessage(InvalidInput):
    def __init__(self) -> None:
        super().__init__("This is no message of a terminal's socket.")
