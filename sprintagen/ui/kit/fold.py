"""`Fold`: one line that opens to more, which is built only when somebody opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

from sprintagen.ui.kit.moment import epoch_ms


class Fold(ui.element, component="fold.js", dependencies=["moments.js"]):
    """The line and its inside.

    Args:
        build: Called inside the opened part when it is opened for the first time, and again by `rebuild`.
            None: the line cannot be opened.
        initially: Open from the start.
    """

    def __init__(self, build: Callable[[], None] | None, *, initially: bool = False) -> None:
        super().__init__()
        self._build = build
        self.is_open = False
        if build is None:
            self._props["locked"] = True
        else:
            self.on("open", self._toggle)
        if initially and build is not None:
            self._props["initially"] = True
            self.is_open = True
            with self:
                build()

    def show(
        self,
        *,
        icon: str,
        title: str,
        detail: str = "",
        mono: bool = False,
        note: str = "",
        tone: str = "",
        sign: str = "",
        spoken: str = "",
        spin: bool = False,
        start: datetime | None = None,
        end: datetime | None = None,
        added: int = 0,
        removed: int = 0,
        file: str = "",
        line: int = 0,
        last: int = 0,
        **data: str,
    ) -> None:
        """Set the line: icon, what (`title`), on what (`detail`), how it stands (`note` in a `tone`), how long.

        Args:
            sign: Icon before the note.
            spoken: How it stands, for assistive technology, where the line shows it without words.
            spin: Something is going on; with `start` the time is counted.
            file: A file the line names, to be opened with a click; with the lines it is about.
            data: `data-*` attributes for the line's element.
        """
        wanted: dict[str, Any] = {
            "icon": icon,
            "title": title,
            "detail": detail,
            "mono": mono,
            "note": note,
            "tone": tone,
            "sign": sign,
            "spoken": spoken,
            "spin": spin,
            "start": epoch_ms(start) if start else None,
            "end": epoch_ms(end) if end else None,
            "added": added,
            "removed": removed,
            "file": file,
            "line": line,
            "last": last,
        }
        wanted.update({f"data-{name.replace('_', '-')}": value for name, value in data.items()})
        changed = {key: value for key, value in wanted.items() if value or self._props.get(key) is not None}
        if any(self._props.get(key) != value for key, value in changed.items()):
            with self._props.suspend_updates():
                for key, value in changed.items():
                    self._props.set_optional(key, value if value not in ("", None) else None)
            self.update()

    def rebuild(self) -> None:
        """What is inside changed: draw it anew if somebody looks, else when they do."""
        if self.default_slot.children:
            self.clear()
        if self.is_open and self._build is not None:
            with self:
                self._build()

    def _toggle(self, event: Any) -> None:
        self.is_open = event.args is True
        if self.is_open and self._build is not None and not self.default_slot.children:
            with self:
                self._build()
