"""What the bytes of a file are to a person: text, a picture, or neither. Names and endings are not believed."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import Final, Literal

PICTURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
"""How the pictures begin that every browser shows and that hold no script. SVG is shown as the text it is."""
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LOOKED_AT = 8192
"""Bytes in which a zero says that it is no text, as git and grep have it."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file, read for a person."""

    path: str
    kind: Literal["text", "picture", "binary"]
    size: int | None
    """Bytes of the whole file; None: not known."""
    is_whole: bool = True
    lines: tuple[str, ...] = ()
    """Of text, without what ends them."""
    is_exact: bool = True
    """Whether all of it is text; what is not is shown as U+FFFD."""
    mime: str = ""
    """Of a picture."""
    data: bytes = field(default=b"", repr=False)
    """Of a picture, when it is whole."""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def view_of(path: str, data: bytes, size: int | None, *, is_whole: bool) -> FileView:
    """What these first bytes of a file are."""
    mime = picture_type(data)
    if mime:
        return FileView(path, "picture", size, is_whole, mime=mime, data=data if is_whole else b"")
    bom, encoding = next((one for one in _BOMS if data.startswith(one[0])), (b"", "utf-8"))
    if encoding == "utf-8" and b"\0" in data[:_LOOKED_AT]:
        return FileView(path, "binary", size, is_whole)
    text, is_exact = _decoded(data[len(bom) :], encoding, is_whole=is_whole)
    lines = text.split("\n")
    if len(lines) > 1 and (not lines[-1] or not is_whole):
        lines.pop()  # the last line ended, no other began; or half of it is here
    return FileView(path, "text", size, is_whole, tuple(line.removesuffix("\r") for line in lines), is_exact)


def picture_type(data: bytes) -> str:
    """The media type of a picture that may be shown; empty: it is none."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for start, mime in PICTURES if data.startswith(start)), "")


def _decoded(data: bytes, encoding: str, *, is_whole: bool) -> tuple[str, bool]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(data, final=is_whole), True  # a character may be cut at the end
    except UnicodeDecodeError:
        return data.decode(encoding, "replace"), False
