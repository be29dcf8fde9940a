"""`Composer`: the field below the transcript. It hands over whole texts, however long, each exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nicegui import background_tasks, ui

from sprintagen.services.prompt_draft import TEXT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NEW = "new"
"""The draft's name while there is no session yet."""
MAX_PIECES = 400
"""At 60 000 characters each: more than any model takes; what is larger is refused by the service in words."""


@dataclass(slots=True)
class _Incoming:
    pieces: int
    session: str
    texts: list[str] = field(default_factory=list)


class Composer(ui.element, component="composer.js"):
    """The composer card; what is put inside it (pickers) stands in its lower line.

    Args:
        on_send: Takes over a text: called with the session's id or `NEW`, the text and a key that is the same when
            the browser repeats itself. False: it was not taken, and the text goes back into the field.
        on_stop: The person wants the running turn stopped.
    """

    def __init__(
        self, *, on_send: Callable[[str, str, str], Awaitable[bool]], on_stop: Callable[[], Awaitable[bool]]
    ) -> None:
        super().__init__()
        self._on_send = on_send
        self._on_stop = on_stop
        self._incoming: dict[str, _Incoming] = {}
        self._outcomes: dict[str, bool | None] = {}
        """By key: whether a text was taken; None: it is being handed over."""
        self._props["session"] = NEW
        self._props["limit"] = TEXT_LIMIT
        self.mark("composer")
        self.on("piece", self._take_piece)
        self.on("stop", self._stop, args=[])

    def show(self, *, session: str, working: bool, disabled: bool, placeholder: str) -> None:
        """Which session it is for and what it can do now."""
        wanted = {"session": session, "working": working, "disabled": disabled, "placeholder": placeholder}
        if any(self._props.get(key) != value for key, value in wanted.items()):
            with self._props.suspend_updates():
                self._props.update(wanted)
            self.update()

    def put(self, text: str) -> None:
        """Put a text into the field."""
        self.run_method("put", text)

    def bring(self, text: str, session: str) -> None:
        """Bring a text back to be said again, before what has been typed since; it becomes this session's draft."""
        if text:
            self.run_method("bring", text, session)

    def take_back(self, text: str, session: str) -> None:
        """Take a text that was brought out of the field again, unless it was changed."""
        if text:
            self.run_method("takeBack", text, session)

    async def _take_piece(self, event: Any) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        key, session, text = given.get("key"), given.get("session"), given.get("text")
        index, pieces = given.get("index"), given.get("pieces")
        if not (isinstance(key, str) and isinstance(session, str) and isinstance(text, str) and len(key) <= 64):
            return
        if not (isinstance(index, int) and isinstance(pieces, int) and 1 <= pieces <= MAX_PIECES):
            return
        if key in self._outcomes:
            self._tell(key)  # the browser repeats itself: it may not have heard
            return
        if index == 0:
            self._incoming[key] = _Incoming(pieces, session)
        elif key not in self._incoming:
            return
        incoming = self._incoming[key]
        if index != len(incoming.texts):
            return
        incoming.texts.append(text)
        if len(incoming.texts) < incoming.pieces:
            self.run_method("more", key, index)
            return
        del self._incoming[key]
        self._outcomes[key] = None
        background_tasks.create(
            self._hand_over(key, session, "".join(incoming.texts)), name="send prompt", context=self
        )

    async def _hand_over(self, key: str, session: str, text: str) -> None:
        self._outcomes[key] = await self._on_send(session, text, key)
        self._tell(key)

    def _tell(self, key: str) -> None:
        if (outcome := self._outcomes[key]) is not None:
            self.run_method("taken" if outcome else "refused", key)

    async def _stop(self) -> None:
        if not await self._on_stop():
            self.run_method("stayed")
