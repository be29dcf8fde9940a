"""What a sample is, and the session it is drawn in: data as opencode sends it, folded as everything else is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sprintagen.opencode.ids import MessageID, SessionID
from sprintagen.opencode.models import MessagePage, MessageWithParts, QuestionRequest, Session, SessionStatus
from sprintagen.services.session_view import SessionView

DIRECTORY = "/workspace/shop"
SESSION = SessionID("ses_gallery0001")
MESSAGE = MessageID("msg_gallery0001")
CALL = "call_gallery"
HOSTILE = "<img src=x onerror=window.hit=1>"
"""What must never become an element."""

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One part in one state.

    Args:
        name: The state, or what is special about it.
        part: The part without its ids.
        is_active: The turn is running.
        is_asked: The call waits for a person.
        is_opened: The gallery shows its inside.
    """

    name: str
    part: Wire
    is_active: bool = False
    is_asked: bool = False
    is_opened: bool = False

    def view(self) -> SessionView:
        """A session that holds this part and nothing else."""
        return session_of(self.part, is_active=self.is_active, is_asked=self.is_asked)


@dataclass(frozen=True, slots=True)
class Group:
    """All samples of one renderer."""

    name: str
    samples: list[Sample] = field(default_factory=list)


def session_of(*parts: Wire, is_active: bool = False, is_asked: bool = False) -> SessionView:
    """A session with one message of the agent that has these parts."""
    now = datetime.now(UTC)
    times = {"created": _ms(now), "updated": _ms(now)}
    session = Session.model_validate({"id": SESSION, "directory": DIRECTORY, "title": "Gallery", "time": times})
    view = SessionView(SESSION, session)
    info = {
        "id": MESSAGE,
        "sessionID": SESSION,
        "role": "assistant",
        "time": {"created": _ms(now)} | ({} if is_active else {"completed": _ms(now)}),
    }
    full = [
        {"id": f"prt_gallery{number:04}", "sessionID": SESSION, "messageID": MESSAGE, **part}
        for number, part in enumerate(parts)
    ]
    view.load(MessagePage(items=[MessageWithParts.model_validate({"info": info, "parts": full})], cursor=None))
    if is_active:
        view.set_status(SessionStatus(type="busy"))
    if is_asked:
        asked = {"id": "que_gallery0001", "sessionID": SESSION, "tool": {"messageID": MESSAGE, "callID": CALL}}
        view.set_asks([], [QuestionRequest.model_validate(asked)], idle=False)
    return view


def call(tool: str, status: str, given: Wire | None = None, *, took: float = 1.7, **state: Any) -> Wire:
    """A tool call.

    Args:
        tool: The tool's name.
        status: As opencode has it.
        given: The arguments.
        took: Seconds it took, or has been running.
        state: More of the state: `output`, `error`, `metadata`, `title`.
    """
    now = datetime.now(UTC)
    time: Wire = {} if status == "pending" else {"start": _ms(now - timedelta(seconds=took))}
    if status in ("completed", "error"):
        time["end"] = _ms(now)
    shown = {"status": status, "input": given or {}, **state} | ({"time": time} if time else {"raw": ""})
    return {"type": "tool", "tool": tool, "callID": CALL, "state": shown}


def states(
    tool: str, given: Wire, *, output: str = "", running: Wire | None = None, error: str = "", **metadata: Any
) -> list[Sample]:
    """One call in every state.

    Args:
        tool: The tool's name.
        given: The arguments.
        output: What the model gets.
        running: Metadata while it runs.
        error: Why it failed, when it does.
        metadata: Of the call that ended.
    """
    known = running or {}
    return [
        Sample("pending", call(tool, "pending"), is_active=True),
        Sample("running", call(tool, "running", given, took=4, metadata=known), is_active=True),
        Sample("waiting", call(tool, "running", given, took=9), is_active=True, is_asked=True),
        Sample("done", call(tool, "completed", given, output=output, metadata=metadata), is_opened=True),
        Sample("failed", call(tool, "error", given, error=error or "The tool could not do it.")),
        Sample("denied", call(tool, "error", given, error=DENIED)),
        Sample("interrupted", call(tool, "error", given, error="Tool execution aborted", metadata=known)),
    ]


DENIED = "The user rejected permission to use this specific tool call with the following feedback: use the write tool."


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
