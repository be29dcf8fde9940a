"""`Moment`: a point in time, told in the reader's time zone and kept current in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nicegui import ui

if TYPE_CHECKING:
    from datetime import datetime

MomentKind = Literal["clock", "relative", "since", "until"]


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970, as JavaScript counts time."""
    return round(at.timestamp() * 1000)


def duration_words(seconds: float) -> str:
    """A finished duration as the browser's components say it: `0.4 s`, `12 s`, `3 min 5 s`."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Moment(ui.element, component="moment.js", dependencies=["moments.js"]):
    """A time.

    Args:
        at: When.
        kind: "clock" says 14:02; "relative" says 5 min; "since" and "until" count.
    """

    def __init__(self, at: datetime, kind: MomentKind = "clock") -> None:
        super().__init__()
        self._props["at"] = epoch_ms(at)
        self._props["kind"] = kind
