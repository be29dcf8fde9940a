"""`JsonTree`: any JSON value, to be opened level by level."""

from __future__ import annotations

import json
from typing import Any

from nicegui import ui

from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed


class JsonTree(
    ui.element,
    component="json_tree.js",
    dependencies=PROSE,
):
    """A value of JSON.

    Args:
        value: What `json` can write.
        title: Shown in the bar.
    """

    def __init__(self, value: Any, *, title: str = "") -> None:
        super().__init__()
        self._props["text"] = well_formed(json.dumps(value, indent=2, ensure_ascii=False))
        self._props["title"] = title


def parsed(text: str) -> Any:
    """The list or object that a text is the JSON of; None for any other text."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
