"""What draws Markdown and code in the browser: our own modules and the libraries they stand on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

VENDOR: Final = Path(__file__).parents[2] / "static" / "vendor"
_HERE: Final = Path(__file__).parent
PROSE: Final[list[str | Path]] = [
    *(_HERE / name for name in ("prose.js", "prose_math.js", "prose_paragraph.js", "prose_diagram.js", "assets.js")),
    VENDOR / "marked.esm.js",
    VENDOR / "highlight.min.js",
]
"""Dependencies of every component that uses `prose.js`."""
