"""Our icons: one hand-drawn set on a 16 grid, outlined, 1.4 wide, round ends; the shapes are in `static/icons.svg`.

They reach the browser as one `<svg>` of symbols at the start of the body; `Icon` and our components refer to them by
name. Every place that shows one says in words what it means (`aria-label`, a title or text beside it).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from nicegui import ui

SPRITE: Final = (Path(__file__).parents[2] / "static" / "icons.svg").read_text(encoding="utf-8")
"""All icons as `<symbol>`s, for the start of the page's body."""
NAMES: Final = frozenset(re.findall(r'<symbol id="i-([a-z-]+)"', SPRITE))


class Icon(ui.element, component="glyph.js"):
    """One icon, decoration only: the words belong to the element around it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.show(name)

    def show(self, name: str) -> None:
        """Change which icon is seen."""
        if name not in NAMES:
            raise ValueError(f"no icon is called {name!r}")
        self._props["name"] = name
