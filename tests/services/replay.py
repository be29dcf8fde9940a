"""Recorded events, folded; and the outline of what comes out, which the tests compare with a stored one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from sprintagen.opencode.events import Event, parse_global
from sprintagen.opencode.models import (
    AssistantMessage,
    MessagePage,
    MessageWithParts,
    ReasoningPart,
    TextPart,
    ToolPart,
)
from sprintagen.services.session_store import SessionStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import Part
    from sprintagen.services.session_view import PartView, SessionView

TRACES = Path(__file__).parent.parent / "traces"
OUTLINES = Path(__file__).parent / "outlines"
V2 = ("v2", "45-")
"""Traces of the other generation of the API, which has events of its own."""


def trace_names() -> list[str]:
    return sorted(path.stem for path in TRACES.glob("*.jsonl") if not any(word in path.name for word in V2))


def events_of(name: str) -> list[tuple[str | None, Event]]:
    lines = (TRACES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [parse_global(json.loads(line)) for line in lines if line.strip()]
    return [(directory, event) for directory, event in pairs if event is not None]


def replay(events: Iterable[tuple[str | None, Event]], store: SessionStore | None = None) -> SessionStore:
    store = store or SessionStore("replay")
    for directory, event in events:
        store.apply(directory, event)
    return store


def outline(store: SessionStore) -> str:
    """What a person would see of every session, a line for each thing."""
    return "\n".join(line for session_id in sorted(store.views) for line in _session(store, session_id)) + "\n"


def snapshot(view: SessionView) -> MessagePage:
    """The messages as opencode would answer now: text in flight is not in it."""
    items = [
        MessageWithParts(info=message.info, parts=[_at_rest(part) for part in message.parts.values()])
        for message in view.messages.values()
    ]
    return MessagePage(items=items, cursor=None)


def _at_rest(view: PartView) -> Part:
    if isinstance(view.part, TextPart | ReasoningPart):
        return view.part.model_copy(update={"text": view.text if view.is_finished else ""})
    return view.part


def _session(store: SessionStore, session_id: SessionID) -> list[str]:
    view = store.views[session_id]
    title = view.session.title.split(" - 20")[0] if view.session else "(unknown)"
    lines = [f"session …{session_id[-4:]} {title!r} {store.state(session_id)}"]
    if view.session and view.session.parent_id:
        lines.append(f"  below …{view.session.parent_id[-4:]}")
    if view.error:
        lines.append(f"  error {view.error.name}: {view.error.message[:60]!r}")
    lines += [f"  asks {request.id[:3]} …{request.id[-4:]}" for request in view.asks]
    lines += [f"  todo {todo.status} {todo.content!r}" for todo in view.todos]
    for message in view.messages.values():
        info = message.info
        extra = ""
        if isinstance(info, AssistantMessage):
            extra = f" {info.finish or 'no finish'}{f' {info.error.name}' if info.error else ''}"
            extra += "" if info.time.completed else " incomplete"
        lines.append(f"  {info.role}{extra}")
        lines += [f"    {_part(view, part)}" for part in message.parts.values()]
    return lines


def _part(view: SessionView, part: PartView) -> str:
    if isinstance(part.part, ToolPart):
        return f"tool {part.part.tool}: {view.tool_state(part.part.id)}"
    flags = "".join(f" {flag}" for flag in ("synthetic", "ignored") if getattr(part.part, flag, False))
    flags += " partial" if part.is_partial else ""
    text = f" {len(part.text)} {part.text[:40]!r}" if part.text else ""
    return f"{part.part.type}{flags}{text}{'' if part.is_finished else ' …'}"


def write_outlines() -> None:
    """Stores the outlines as they come out now; read the difference before keeping it."""
    OUTLINES.mkdir(exist_ok=True)
    for name in trace_names():
        (OUTLINES / f"{name}.txt").write_text(outline(replay(events_of(name))), encoding="utf-8")


if __name__ == "__main__":
    write_outlines()
