"""`MessageFoot`: the soft line under a message, with the buttons to copy it and to do something with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from nicegui import ui

from sprintagen.ui.kit.moment import epoch_ms
from sprintagen.ui.kit.prose import PROSE
from sprintagen.ui.kit.streaming_markdown import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

MessageAct = Literal["edit", "undo", "fork", "regenerate"]

PROMPT: Final[tuple[MessageAct, ...]] = ("edit", "undo", "fork")
"""What can be done with a person's message."""
ANSWER: Final[tuple[MessageAct, ...]] = ("fork",)
"""What can be done with the end of a turn."""
LAST_ANSWER: Final[tuple[MessageAct, ...]] = ("regenerate", *ANSWER)
_KIT: Final = Path(__file__).parents[1] / "kit"


class MessageFoot(
    ui.element, component="message_foot.js", dependencies=[_KIT / "places.js", _KIT / "moments.js", *PROSE]
):
    """The line of one message.

    Args:
        role: Whose message it is.
        facts: What is said of it, in order.
        at: When it was.
        whole: The text to copy, where the browser shows only part of it; it is sent when somebody clicks.
        acts: What can be done with it.
        on_act: Called with one of these, and with nothing else.
    """

    def __init__(
        self,
        role: Literal["user", "assistant"],
        *,
        facts: Sequence[str] = (),
        at: datetime | None = None,
        whole: str | None = None,
        acts: Sequence[MessageAct] = (),
        on_act: Callable[[MessageAct], Any] | None = None,
    ) -> None:
        super().__init__()
        self.mark("message-foot")
        self._props["role"] = role
        if facts:
            self._props["facts"] = list(facts)
        if at is not None:
            self._props["at"] = epoch_ms(at)
        if whole is not None:
            self._props["partial"] = True
            self.on("whole", lambda: self.run_method("put", well_formed(whole)), args=[])
        if on_act is not None and acts:
            self._props["may"] = list(acts)

            def act(event: Any) -> Any:
                return next((on_act(one) for one in acts if one == event.args), None)

            self.on("act", act)
