"""Websockets: how one is opened, and what its failures are in our words.

The library would follow redirects, take a proxy from the environment and log what it sends; here it does none of that.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, ProtocolError

from sprintagen.opencode.errors import (
    WRONG_SERVER_HINT,
    ServerTimeout,
    ServerUnreachable,
    UnreadableAnswer,
    refusal,
)
from sprintagen.opencode.wire import NotJSON, decode

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

MAX_FRAME: Final = 1024 * 1024
"""Bytes of one message; opencode's largest are 64 Ki characters."""
QUEUED: Final = 8
"""Messages that wait for their reader; then no more are taken from the connection."""
PING: Final = 20.0
SILENCE: Final = 60.0
"""Seconds after which an unanswered ping ends the connection; opencode is slow to answer while a terminal floods it."""
CLOSING: Final = 1.0

_log = logging.getLogger("sprintagen.opencode.socket")
_log.setLevel(logging.INFO)  # below it the library writes every frame and address, and an address holds a ticket


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(url: str, *, tls: ssl.SSLContext | None, timeout: float) -> ClientConnection:
    """An open connection.

    Raises:
        OpencodeError: As `errors` draws it.
    """
    with translated_socket():
        return await _Connect(
            url,
            ssl=tls,
            proxy=None,
            compression=None,
            user_agent_header="sprintagen",
            max_size=MAX_FRAME,
            max_queue=QUEUED,
            open_timeout=timeout,
            close_timeout=CLOSING,
            ping_interval=PING,
            ping_timeout=SILENCE,
            logger=_log,
        )


@contextmanager
def translated_socket() -> Iterator[None]:
    """Turns every way a websocket can fail into one of our errors, keeping the cause; a good end stays what it is."""
    try:
        yield
    except InvalidStatus as error:
        body = None
        with suppress(NotJSON):  # the status says enough
            body = decode(bytes(error.response.body or b""))
        # Without the cause, which holds the address with its ticket.
        raise refusal(error.response.status_code, body) from None
    except (InvalidHandshake, ProtocolError) as error:
        raise UnreadableAnswer("The server opens no terminals as opencode does.", hint=WRONG_SERVER_HINT) from error
    except ConnectionClosed as error:
        raise ServerUnreachable(
            "The connection to the terminal broke.", hint="The opencode server may have been stopped or restarted."
        ) from error
    except TimeoutError as error:
        raise ServerTimeout(
            "The opencode server did not answer in time.",
            hint="It may be starting or overloaded; if this stays, restart it and look into its log.",
        ) from error
    except OSError as error:
        raise ServerUnreachable(
            "The opencode server cannot be reached.", hint="Check that it runs and that its address is right."
        ) from error
