"""`Composer`: the field below the transcript. It hands over whole texts, however long, each exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from nicegui import background_tasks, ui

from sprintagen.services.prompt_draft import FILE_LIMIT, FILES_COUNT, FILES_LIMIT, MENTIONS_COUNT, TEXT_LIMIT
from sprintagen.services.prompts import PromptMention
from sprintagen.services.review_comments import MOST, ReviewComment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

NEW = "new"
"""The draft's name while there is no session yet."""
MAX_PIECES = 400
"""At 60 000 characters each: more than any model takes; what is larger is refused by the service in words."""
MAX_INCOMING = 8
"""Texts that arrive in pieces at once, from one page."""
MOST_LINES = 10_000_000
_KINDS = ("prompt", "command", "shell")


@dataclass(frozen=True, slots=True)
class Sent:
    """What the person sends, as the browser says it; nothing of it is checked yet."""

    text: str
    kind: Literal["prompt", "command", "shell"] = "prompt"
    mentions: tuple[PromptMention, ...] = ()
    uploads: tuple[str, ...] = ()
    """Ids of files that were uploaded before."""
    comments: tuple[ReviewComment, ...] = ()
    """What was said to changed lines."""
    is_repeat: bool = False
    """The browser has sent it before, from a page that is no more, and heard nothing."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may follow an `@` or a `/`."""

    kind: str
    """`file`, `directory`, `agent`; of commands `own`, `command`, `skill` or `mcp`."""
    name: str
    label: str
    detail: str = ""
    source: str = ""


@dataclass(slots=True)
class _Incoming:
    pieces: int
    session: str
    extra: dict[str, Any]
    texts: list[str] = field(default_factory=list)


class Composer(
    ui.element,
    component="composer.js",
    dependencies=[
        "composer_attach.js",
        "composer_comments.js",
        "composer_drafts.js",
        "composer_past.js",
        "composer_sending.js",
        "composer_suggest.js",
        "../kit/places.js",
    ],
):
    """The composer card; what is put inside it (pickers) stands in its lower line.

    Args:
        on_send: Takes over a text: called with the session's id or `NEW`, what is sent and a key that is the same when
            the browser repeats itself. False: it was not taken, and the text goes back into the field.
        on_stop: The person wants the running turn stopped.
        on_look: What may follow what was typed after an `@` ("mention") or a `/` ("command").
        on_own: The person gave one of our own commands, by its name.
        own: Their names.
    """

    def __init__(
        self,
        *,
        on_send: Callable[[str, Sent, str], Awaitable[bool]],
        on_stop: Callable[[], Awaitable[bool]],
        on_look: Callable[[str, str], Awaitable[Sequence[Suggestion]]],
        on_own: Callable[[str], Any],
        own: Iterable[str],
    ) -> None:
        super().__init__()
        self._on_send = on_send
        self._on_stop = on_stop
        self._on_look = on_look
        self._on_own = on_own
        self._incoming: dict[str, _Incoming] = {}
        self._outcomes: dict[str, bool | None] = {}
        """By key: whether a text was taken; None: it is being handed over."""
        self._props["session"] = NEW
        self._props["limit"] = TEXT_LIMIT
        self._props["limits"] = {"file": FILE_LIMIT, "all": FILES_LIMIT, "count": FILES_COUNT}
        self._props["own"] = list(own)
        self.mark("composer")
        self.on("piece", self._take_piece)
        self.on("stop", self._stop, args=[])
        self.on("look", self._look)
        self.on("own", self._own)

    def show(self, *, session: str, working: bool, disabled: bool, placeholder: str) -> None:
        """Which session it is for and what it can do now."""
        self._set(session=session, working=working, disabled=disabled, placeholder=placeholder)

    def offer(self, *, commands: list[str], takes: list[str] | None) -> None:
        """What opencode can do there.

        Args:
            commands: Names of its slash commands.
            takes: What the model takes besides text, as in `ModelRow.input`; None: not known.
        """
        self._set(commands=commands, takes=takes)

    def begun(self, session: str) -> None:
        """The chat that was begun here has this session now; told before `show` names it."""
        with self._props.suspend_updates():
            self._props["begun"] = session

    def put(self, text: str) -> None:
        """Put a text into the field."""
        self.run_method("put", text)

    def add(self, text: str) -> None:
        """Put a text before what is typed already."""
        self.run_method("add", text)

    def mention(self, kind: Literal["file", "directory"], name: str, lines: tuple[int, int] | None = None) -> None:
        """Name something of the project behind what is typed, or some lines of it, as if it had been chosen."""
        self.run_method("mention", {"kind": kind, "name": name, "lines": lines})

    def _set(self, **wanted: Any) -> None:
        if any(self._props.get(key) != value for key, value in wanted.items()):
            with self._props.suspend_updates():
                self._props.update(wanted)
            self.update()

    async def _look(self, event: Any) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        name, kind, query = given.get("name"), given.get("kind"), given.get("query")
        if isinstance(name, str) and kind in ("mention", "command") and isinstance(query, str):
            found = await self._on_look(kind, query)
            items = [
                {"kind": one.kind, "name": one.name, "label": one.label, "detail": one.detail, "source": one.source}
                for one in found
            ]
            if not self.is_deleted:
                self.run_method("found", name, items)

    def _own(self, event: Any) -> Any:
        return self._on_own(event.args) if event.args in self._props["own"] else None

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
        index, pieces, extra = given.get("index"), given.get("pieces"), given.get("extra")
        if not (isinstance(key, str) and isinstance(session, str) and isinstance(text, str) and len(key) <= 64):
            return
        if not (isinstance(index, int) and isinstance(pieces, int) and 1 <= pieces <= MAX_PIECES):
            return
        if key in self._outcomes:
            self._tell(key)  # the browser repeats itself: it may not have heard
            return
        if index == 0 and len(self._incoming) < MAX_INCOMING:
            self._incoming[key] = _Incoming(pieces, session, extra if isinstance(extra, dict) else {})
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
        sent = _sent("".join(incoming.texts), incoming.extra)
        background_tasks.create(self._hand_over(key, session, sent), name="send prompt", context=self)

    async def _hand_over(self, key: str, session: str, sent: Sent) -> None:
        self._outcomes[key] = await self._on_send(session, sent, key)
        self._tell(key)

    def _tell(self, key: str) -> None:
        if (outcome := self._outcomes[key]) is not None:
            self.run_method("taken" if outcome else "refused", key)

    async def _stop(self) -> None:
        if not await self._on_stop():
            self.run_method("stayed")


def _sent(text: str, extra: dict[str, Any]) -> Sent:
    kind = extra.get("kind") if extra.get("kind") in _KINDS else "prompt"
    uploads = extra.get("files")
    return Sent(
        text,
        cast("Literal['prompt', 'command', 'shell']", kind),
        tuple(_mentions(text, extra.get("marks"))),
        tuple(one for one in uploads if isinstance(one, str)) if isinstance(uploads, list) else (),
        tuple(_comments(extra.get("comments"))) if kind == "prompt" else (),
        is_repeat=extra.get("isRepeat") is True,
    )


def _comments(given: Any) -> Iterable[ReviewComment]:
    """What was said to changed lines, as far as it says to which."""
    for one in given[:MOST] if isinstance(given, list) else ():
        match one:
            case {
                "path": str() as path,
                "side": "old" | "new" as side,
                "from": int() as first,
                "to": int() as last,
                "code": list() as code,
                "note": str() as note,
            } if path and note.strip():
                lines = tuple(line for line in code if isinstance(line, str))
                yield ReviewComment(path, side, first, last, lines, note, one.get("isCut") is True)


def _mentions(text: str, marks: Any) -> Iterable[PromptMention]:
    """What was chosen from the list and the text still says, where it says it first."""
    for mark in marks[: MENTIONS_COUNT + 1] if isinstance(marks, list) else ():
        if not isinstance(mark, dict):
            continue
        kind, name, value = mark.get("kind"), mark.get("name"), mark.get("value")
        if kind in ("file", "directory", "agent") and isinstance(name, str) and isinstance(value, str):
            start = text.find(value)
            if value and start >= 0:
                yield PromptMention(kind, name, start, start + len(value), _lines(mark.get("lines")))


def _lines(given: Any) -> tuple[int, int] | None:
    if not (isinstance(given, list) and len(given) == 2 and all(type(line) is int for line in given)):
        return None
    return (given[0], given[1]) if 1 <= given[0] <= given[1] <= MOST_LINES else None
