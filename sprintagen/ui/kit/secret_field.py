"""`SecretField`: a secret goes in and never comes out: the field is emptied as it is sent; nothing keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui
from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class SecretField(ui.element, component="secret_field.js"):
    """A password field with its button.

    Args:
        label: What is to be typed.
        action: What the button does.
        on_secret: Called with the name that was typed (empty without `ask`) and the secret.
        ask: Also ask for a name, called this.
        offered: Names to suggest.
        testid: `data-testid` in the browser, marker in tests.
    """

    def __init__(
        self,
        label: str,
        *,
        action: str,
        on_secret: Callable[[str, SecretStr], Any],
        ask: str = "",
        offered: Iterable[str] = (),
        testid: str = "",
    ) -> None:
        super().__init__()
        self._props["label"] = label
        self._props["action"] = action
        self._props.set_optional("ask", ask or None)
        self._props["offered"] = list(offered)
        if testid:
            self._props["data-testid"] = testid
            self.mark(testid)
        self.on("secret", lambda event: _take(event, on_secret))

    def set_busy(self, busy: bool) -> None:
        """Take no second secret while the first is being used."""
        self._props["busy"] = busy


def _take(event: Any, on_secret: Callable[[str, SecretStr], Any]) -> Any:
    match event.args:
        case [str() as name, str() as secret]:
            return on_secret(name, SecretStr(secret))
    return None
