"""What the browser's tab says: how many sessions need the person, which session is open, and a dot on the icon."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nicegui import Client

    from sprintagen.services.about import AppInfo
    from sprintagen.services.sessions import SessionRow

_SHOW = """(([title, icon]) => {
  document.title = title;
  const link = document.querySelector('link[rel~="icon"]');
  if (!link) return;
  link.dataset.plain ||= link.getAttribute('href');
  link.setAttribute('href', icon ? window.path_prefix + icon : link.dataset.plain);
})"""


class PageTitle:
    """The title and icon of one page.

    Args:
        client: NiceGUI's end of the page.
        about: Facts for the whole process.
    """

    def __init__(self, client: Client, about: AppInfo) -> None:
        self.row: SessionRow | None = None
        """The open session."""
        self._client = client
        self._about = about
        self._shown = ("", "")

    def show(self, asking: int) -> None:
        """Say how things are, if that is news; `asking` sessions wait for the person."""
        title = words(self.row, asking, place=PurePosixPath(self._about.directory or "").name)
        icon = f"/static/{self._about.version}/favicon-asking.svg" if asking else ""
        if (title, icon) != self._shown and not self._client.is_deleted:
            self._shown = (title, icon)
            self._client.title = title
            self._client.run_javascript(f"{_SHOW}({json.dumps([title, icon])})")


def words(row: SessionRow | None, asking: int, *, place: str) -> str:
    """The title: `(1) Fix a bug · sprintagen`, with `…` while the open session works."""
    is_working = row is not None and row.state in ("working", "retrying")
    name = (row.title or "New session") if row else place
    marks = (f"({asking}) " if asking else "") + ("… " if is_working else "")
    return marks + " · ".join(part for part in (name, "sprintagen") if part)
