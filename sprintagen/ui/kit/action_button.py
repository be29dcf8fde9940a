"""`ActionButton`: a button of ours, with an icon, words, or both; never without a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable

ButtonKind = Literal["quiet", "plain", "primary", "danger"]


class ActionButton(ui.element, component="action_button.js"):
    """A button.

    Args:
        label: Its name: shown as `text` unless only the icon is wanted, and always known to assistive technology.
        icon: Icon in front of the words.
        icon_only: Show no words.
        kind: "quiet" has no border, "plain" has, "primary" is filled, "danger" is for what cannot be undone.
        on_click: Called with the event's arguments, if it takes any.
        testid: `data-testid` in the browser, marker in tests.
    """

    def __init__(
        self,
        label: str,
        *,
        icon: str | None = None,
        icon_only: bool = False,
        kind: ButtonKind = "quiet",
        on_click: Callable[..., Any] | None = None,
        js_handler: str | None = None,
        testid: str | None = None,
    ) -> None:
        super().__init__()
        self._props["label"] = label
        self._props["kind"] = kind
        self._props.set_optional("icon", icon)
        if not icon_only:
            self._props["text"] = label
        if testid:
            self._props["data-testid"] = testid
            self.mark(testid)
        if js_handler is not None:
            self.on("click", on_click, js_handler=js_handler)
        elif on_click is not None:
            self.on("click", on_click, args=[])

    def set_busy(self, busy: bool) -> None:
        """Show that it is being done, and take no second click meanwhile."""
        if self._props.get("busy", False) != busy:
            with self._props.suspend_updates():
                self._props["busy"] = busy
                self._props.set_bool("disabled", busy)
            self.update()
