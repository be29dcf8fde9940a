"""`ChangesList`: the changes panel in the browser, and what it is told of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from nicegui import ui

from sprintagen.ui.kit.code_block import language_of
from sprintagen.ui.kit.diff_view import DIFF
from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.changed_file import FileChange


class ChangesList(
    ui.element,
    component="changes_list.js",
    dependencies=[
        *DIFF,
        "changed_file.js",
        Path(__file__).parents[1] / "kit" / "diff_view.js",
        *PROSE,
    ],
):
    """The panel in the browser.

    Args:
        on_scope: Something else is to be shown.
        on_refresh: Look again.
        on_want: Called with a path and what the browser has of it: it wants its lines.
        on_open_file: Called with a path and a line to show; None: nothing can.
    """

    def __init__(
        self,
        *,
        on_scope: Callable[[str], None],
        on_refresh: Callable[[], None],
        on_want: Callable[[str, str], None],
        on_open_file: Callable[[str, int | None], None] | None,
    ) -> None:
        super().__init__()
        self.mark("changes")
        self._props["opens"] = on_open_file is not None
        self.on("scope", lambda event: on_scope(event.args) if isinstance(event.args, str) else None)
        self.on("refresh", on_refresh, args=[])

        def want(event: Any) -> None:
            match event.args:
                case {"path": str() as path, "stamp": str() as stamp}:
                    on_want(path, stamp)

        def open_file(event: Any) -> None:
            match event.args:
                case {"path": str() as path, "line": (int() | None) as line} if on_open_file is not None:
                    on_open_file(path, line)

        self.on("want", want)
        self.on("open_file", open_file)

    def show(self, **wanted: Any) -> None:
        """What there is now; what is open and where the person is stays as it is."""
        if any(self._props.get(key) != value for key, value in wanted.items()):
            with self._props.suspend_updates():
                self._props.update(wanted)
            self.update()

    def take(self, path: str, stamp: str, patch: str) -> None:
        """A file's lines; empty: too many to send."""
        self.run_method("take", path, stamp, well_formed(patch))


def row_of(file: FileChange) -> dict[str, Any]:
    """A file as the browser lists it."""
    return {
        "path": shown(file.path),
        "old": shown(file.old_path),
        "status": file.status,
        "added": file.added,
        "removed": file.removed,
        "lack": file.lack,
        "lines": file.lines,
        "language": language_of(file.path),
        "stamp": stamp_of(file),
    }


def stamp_of(file: FileChange) -> str:
    """Another one whenever a file's lines are others."""
    text = "\n".join(file.script) if file.script is not None else file.hunks
    return f"{crc32(text.encode('utf-8', 'surrogatepass')):08x}{file.status}{file.lack}{file.added}-{file.removed}"


def shown(path: str) -> str:
    """A path as a browser can be told it."""
    return well_formed(path)
