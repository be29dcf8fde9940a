"""An answer that has begun and cannot be finished: its last piece is missing, so whoever gets it sees the line break.

To end it well would pass half a file off as a whole one. What went wrong is one line of warning.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from fastapi.responses import StreamingResponse

from sprintagen.errors import SprintagenError
from sprintagen.opencode.errors import OpencodeError

if TYPE_CHECKING:
    from starlette.types import Send

_INCOMPLETE: Final = "ASGI callable returned without completing response."
log = logging.getLogger(__name__)


class Unfinished(StreamingResponse):
    """A stream that may end in the middle, with one of our errors."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except (OpencodeError, SprintagenError) as error:
            log.warning("An answer broke off in its middle: %s", error.message)


def tell_once() -> None:
    """uvicorn closes the line of an answer that was not finished and calls that an error; it has been told already."""
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg != _INCOMPLETE)
