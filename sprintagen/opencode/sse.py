"""Server-sent events: bytes to frames. Pure: no network, no JSON, no clock.

The parser may be fed in pieces cut anywhere, also inside a UTF-8 character or between CR and LF. It follows the
WHATWG rules: lines end in LF, CR or CRLF; several `data:` lines are joined by LF; a line that starts with a colon is a
comment; a frame without data is not dispatched; what the stream's end cuts off is dropped.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_FRAME = 64 * 1024 * 1024


class Frame(NamedTuple):
    """One event as it came. opencode 1.18 only sends `data`."""

    data: str
    event: str = ""
    id: str = ""


class FrameTooLarge(ValueError):
    """A frame grew over the limit. The parser cannot be used any more: close the connection."""


class FrameParser:
    """Takes bytes as they come, gives the frames they complete.

    Args:
        limit: The most bytes one frame may have; memory is bounded by it and one piece.
    """

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        """The unfinished line. A list, so that one long line in many pieces is joined once."""
        self._size = 0
        """Bytes of the unfinished frame, its unfinished line included."""
        self._after_cr = False
        self._at_start = True
        self._data: list[bytes] = []
        self._event = b""
        self._id = b""

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that end in this piece.

        Raises:
            FrameTooLarge: An unfinished frame exceeds the limit.
        """
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        if not chunk:
            return []
        if b"\n" not in chunk and b"\r" not in chunk:
            self._pieces.append(chunk)
            self._grow(len(chunk))
            return []
        self._after_cr = chunk.endswith(b"\r")
        if self._pieces:
            self._size -= sum(map(len, self._pieces))
            self._pieces.append(chunk)
            chunk = b"".join(self._pieces)
            self._pieces.clear()
        lines = chunk.splitlines()
        if not chunk.endswith((b"\n", b"\r")):
            self._pieces.append(lines.pop())
        frames: list[Frame] = []
        for line in lines:
            self._line(line, frames)
        if self._pieces:
            self._grow(len(self._pieces[0]))
        return frames

    def _line(self, line: bytes, frames: list[Frame]) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            self._grow(len(line))
        elif not line:
            if self._data:
                data = b"\n".join(self._data) if len(self._data) > 1 else self._data[0]
                frames.append(Frame(_text(data), _text(self._event), _text(self._id)))
                self._data.clear()
            self._event = b""
            self._size = 0
        else:
            self._other(line)

    def _other(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value
        elif name == b"id" and b"\0" not in value:
            self._id = value
        else:
            return  # a comment, `retry`, or a field nobody knows: not kept, so it does not count
        self._grow(len(line) + 1)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise FrameTooLarge(f"a frame of more than {self._limit} bytes")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
