"""`PopupMenu`: a button with choices; also our picker for agents, efforts and filters."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """One choice."""

    value: str
    """What `on_pick` is called with."""
    label: str
    detail: str | None = None
    """A softer second line."""
    icon: str | None = None
    keys: str | None = None
    """The keys that do the same, as in `Mod+Shift+K`."""
    group: str | None = None
    """Heading it stands under; items of a group are neighbours."""
    checked: bool | None = None
    """True marks the current choice; None: it is an action, not a choice."""
    danger: bool | None = None
    disabled: bool | None = None
    line: bool | None = None
    """Draw a line above."""


class PopupMenu(ui.element, component="popup_menu.js", dependencies=["places.js", "keys.js"]):
    """A menu behind a button.

    Args:
        name: What the button is called.
        items: The choices; `set_items` changes them.
        on_pick: Called with the value of the chosen item; never with one that is not in the list.
        text: Words on the button; empty: only the icon.
        kind: Like a button's.
        align: Which edge of the button the list keeps to.
        side: Where it opens, if there is room.
        testid: `data-testid` of the button.
    """

    def __init__(
        self,
        name: str,
        items: Iterable[MenuItem],
        *,
        on_pick: Callable[[str], Any],
        text: str = "",
        icon: str = "",
        head: str = "",
        kind: str = "quiet",
        align: Literal["start", "end"] = "start",
        side: Literal["top", "bottom"] = "bottom",
        plain: bool = False,
        testid: str = "",
    ) -> None:
        super().__init__()
        self.items = list(items)
        self._on_pick = on_pick
        self._props["items"] = wire_items(self.items)
        for key, value in (
            ("name", name), ("text", text), ("icon", icon), ("kind", kind), ("align", align),
            ("side", side), ("plain", plain), ("testid", testid), ("head", head),
        ):  # fmt: skip
            if value:
                self._props[key] = value
        if testid:
            self.mark(testid)
        self.on("pick", self._pick)

    def set_items(self, items: Iterable[MenuItem], *, text: str | None = None) -> None:
        """Other choices, and other words on the button if given."""
        self.items = list(items)
        wire = wire_items(self.items)
        if wire == self._props["items"] and (text is None or text == self._props.get("text")):
            return
        with self._props.suspend_updates():
            self._props["items"] = wire
            if text is not None:
                self._props["text"] = text
        self.update()

    def _pick(self, event: Any) -> Any:
        if any(item.value == event.args and not item.disabled for item in self.items):
            return self._on_pick(event.args)
        return None


def wire_items(items: Iterable[MenuItem]) -> list[dict[str, Any]]:
    """Choices as the browser gets them."""
    return [{key: value for key, value in asdict(item).items() if value is not None} for item in items]
