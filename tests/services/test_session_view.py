"""The fold: events and snapshots of one session, in any order they can come in, end in one truth."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sprintagen.opencode import events
from sprintagen.opencode.ids import MessageID, PartID, PermissionID, SessionID
from sprintagen.opencode.models import (
    AssistantMessage,
    MessageError,
    MessagePage,
    MessageTime,
    MessageWithParts,
    PartTime,
    PermissionRequest,
    Revert,
    Session,
    SessionStatus,
    SessionTime,
    TextPart,
    ToolCompleted,
    ToolError,
    ToolPart,
    ToolRef,
    ToolRunning,
    UserMessage,
)
from sprintagen.services.changes import (
    AsksChanged,
    MessageChanged,
    PartAppended,
    PartChanged,
    Reloaded,
    StatusChanged,
)
from sprintagen.services.message_view import has_visible_text
from sprintagen.services.session_view import SessionView
from tests.services.replay import OUTLINES, events_of, outline, replay, snapshot, trace_names

SES = SessionID("ses_1")
T0 = datetime(2026, 1, 1, tzinfo=UTC)
BUSY = events.SessionStatusChanged(session_id=SES, status=SessionStatus(type="busy"))
IDLE = events.SessionStatusChanged(session_id=SES, status=SessionStatus(type="idle"))


def at(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def user(number: int) -> UserMessage:
    return UserMessage(id=MessageID(f"msg_{number:03d}"), session_id=SES, time=MessageTime(created=at(number)))


def assistant(number: int, **more: Any) -> AssistantMessage:
    time = MessageTime(created=at(number), completed=more.pop("completed", None))
    return AssistantMessage(id=MessageID(f"msg_{number:03d}"), session_id=SES, time=time, **more)


def text(number: int, message: int, words: str = "", *, end: bool = False) -> TextPart:
    return TextPart(
        id=PartID(f"prt_{number:03d}"),
        session_id=SES,
        message_id=MessageID(f"msg_{message:03d}"),
        text=words,
        time=PartTime(start=T0, end=T0 if end else None),
    )


def tool(state: Any, *, number: int = 5, message: int = 2) -> ToolPart:
    return ToolPart(
        id=PartID(f"prt_{number:03d}"),
        session_id=SES,
        message_id=MessageID(f"msg_{message:03d}"),
        call_id="call_1",  # type: ignore[arg-type]
        tool="bash",
        state=state,
    )


def updated(thing: Any) -> events.Event:
    if isinstance(thing, UserMessage | AssistantMessage):
        return events.MessageUpdated(session_id=SES, info=thing)
    return events.PartUpdated(session_id=SES, part=thing)


def delta(number: int, message: int, words: str) -> events.PartDelta:
    return events.PartDelta(
        session_id=SES, message_id=MessageID(f"msg_{message:03d}"), part_id=PartID(f"prt_{number:03d}"), delta=words
    )


def folded(*sequence: events.Event) -> SessionView:
    view = SessionView(SES)
    for event in sequence:
        view.apply(event)
    return view


def page(*items: tuple[Any, list[Any]], cursor: str | None = None) -> MessagePage:
    return MessagePage(items=[MessageWithParts(info=info, parts=parts) for info, parts in items], cursor=cursor)


STREAMING = (BUSY, updated(user(1)), updated(assistant(2)), updated(text(5, 2)), delta(5, 2, "Hel"), delta(5, 2, "lo"))


@pytest.mark.parametrize("name", trace_names())
def test_a_recorded_session_comes_out_as_it_is_stored(name: str) -> None:
    assert outline(replay(events_of(name))) == (OUTLINES / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", trace_names())
def test_every_event_but_a_delta_may_come_twice(name: str) -> None:
    twice = [pair for pair in events_of(name) for _ in range(1 if isinstance(pair[1], events.PartDelta) else 2)]
    assert outline(replay(twice)) == (OUTLINES / f"{name}.txt").read_text(encoding="utf-8")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_view_that_missed_events_and_was_read_afresh_ends_like_one_that_saw_everything(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in trace_names() if name[:2] in _WHOLE]))
    everything = [(d, e) for d, e in events_of(name) if not isinstance(e, events.SessionDeleted)]
    count = len(everything)
    lost_from = data.draw(st.integers(1, count - 1))
    heard_from = data.draw(st.integers(lost_from, count))
    read_at = data.draw(st.integers(heard_from, count))

    truth = replay(everything[:read_at])
    store = replay(everything[:lost_from])
    for view in store.views.values():
        view.mark_gap()
    for session_id, seen in truth.views.items():
        if seen.session is not None:
            store.put_session(seen.session)
        view = store.view(session_id)
        view.load(snapshot(seen))
        view.set_todos(seen.todos)
        store.set_status(session_id, seen.status)
        view.set_asks(seen.permissions.values(), seen.questions.values(), idle=not seen.is_active)
    replay(everything[heard_from:], store)

    for view in store.views.values():  # errors of turns nobody saw are not told by a snapshot alone
        view.error = None
    wanted = replay(everything)
    for view in wanted.views.values():
        view.error = None
    assert outline(store) == outline(wanted)


_WHOLE = {"01", "02", "03", "06", "07", "08", "11", "12", "18", "19", "23", "27", "30", "35", "39"}


def test_text_appears_as_it_is_said_and_says_where_it_belongs() -> None:
    view = folded(*STREAMING[:4])
    assert view.apply(delta(5, 2, "Hel")) == [PartAppended(SES, MessageID("msg_002"), PartID("prt_005"), 0, "Hel")]
    assert view.apply(delta(5, 2, "lo")) == [PartAppended(SES, MessageID("msg_002"), PartID("prt_005"), 3, "lo")]
    part = view.messages[MessageID("msg_002")].parts[PartID("prt_005")]
    assert (part.text, part.length) == ("Hello", 5)


def test_an_announcement_that_comes_again_does_not_take_back_what_was_said() -> None:
    view = folded(*STREAMING, updated(text(5, 2)))
    assert view.messages[MessageID("msg_002")].parts[PartID("prt_005")].text == "Hello"


def test_a_late_delta_or_announcement_leaves_a_finished_part_alone() -> None:
    view = folded(*STREAMING, updated(text(5, 2, "Hello.", end=True)))
    assert view.apply(delta(5, 2, "lo")) == []
    view.apply(updated(text(5, 2)))
    part = view.messages[MessageID("msg_002")].parts[PartID("prt_005")]
    assert (part.text, part.is_finished) == ("Hello.", True)


def test_text_in_flight_survives_a_snapshot_that_does_not_have_it() -> None:
    view = folded(*STREAMING)
    assert view.load(page((user(1), []), (assistant(2), [text(5, 2)]))) == [Reloaded(SES)]
    view.apply(delta(5, 2, "!"))
    part = view.messages[MessageID("msg_002")].parts[PartID("prt_005")]
    assert (part.text, part.is_partial) == ("Hello!", False)


def test_text_whose_beginning_nobody_heard_is_marked_until_it_is_finished() -> None:
    view = SessionView(SES)
    view.load(page((user(1), []), (assistant(2), [text(5, 2)])))
    view.apply(delta(5, 2, "lo"))
    assert view.messages[MessageID("msg_002")].parts[PartID("prt_005")].is_partial
    view.apply(updated(text(5, 2, "Hello", end=True)))
    part = view.messages[MessageID("msg_002")].parts[PartID("prt_005")]
    assert (part.text, part.is_partial) == ("Hello", False)


def test_a_delta_for_a_part_nobody_announced_makes_a_loaded_view_stale() -> None:
    view = folded(*STREAMING)
    assert view.apply(delta(9, 2, "x")) == []
    assert not view.is_stale
    view.load(page((user(1), []), (assistant(2), [])))
    view.apply(delta(9, 2, "x"))
    assert view.is_stale


def test_a_snapshot_takes_away_what_the_server_no_longer_has() -> None:
    view = folded(*[updated(user(number)) for number in (1, 2, 3)])
    view.load(page((user(1), []), (user(3), [])))
    assert list(view.messages) == ["msg_001", "msg_003"]


def test_messages_before_the_newest_page_stay_when_it_is_read_again() -> None:
    view = SessionView(SES)
    view.load(page((user(3), []), (user(4), []), (user(5), []), cursor="c3"))
    view.load(page((user(5), []), (user(6), []), (user(7), []), cursor="c5"))
    assert list(view.messages) == [f"msg_{number:03d}" for number in (3, 4, 5, 6, 7)]
    assert view.older_cursor == "c3"


def test_a_page_that_does_not_touch_what_is_known_replaces_it_so_that_no_hole_stays() -> None:
    view = SessionView(SES)
    view.load(page((user(1), []), (user(2), [])))
    view.load(page((user(50), []), (user(51), []), cursor="c50"))
    assert list(view.messages) == ["msg_050", "msg_051"]
    assert view.older_cursor == "c50"


def test_messages_and_parts_are_in_order_however_they_come() -> None:
    sequence = [updated(user(number)) for number in range(1, 8)]
    random.Random(4).shuffle(sequence)
    view = folded(*sequence, updated(text(7, 3, "b", end=True)), updated(text(2, 3, "a", end=True)))
    assert list(view.messages) == sorted(view.messages)
    assert list(view.messages[MessageID("msg_003")].parts) == ["prt_002", "prt_007"]


def test_reverted_messages_are_hidden_and_come_back_when_the_revert_is_undone() -> None:
    session = Session(id=SES, directory="/d", time=SessionTime(created=T0, updated=T0))
    reverted = session.model_copy(update={"revert": Revert(message_id=MessageID("msg_002"))})
    view = folded(*[updated(user(number)) for number in (1, 2, 3)])
    view.apply(events.SessionUpdated(session_id=SES, info=session))
    changes = view.apply(events.SessionUpdated(session_id=SES, info=reverted))
    assert Reloaded(SES) in changes
    assert list(view.messages) == ["msg_001"]
    view.load(page(*[(user(number), []) for number in (1, 2, 3)]))
    assert list(view.messages) == ["msg_001"]
    view.apply(events.SessionUpdated(session_id=SES, info=session))
    assert list(view.messages) == ["msg_001", "msg_002", "msg_003"]


def test_a_session_is_failed_after_an_error_until_the_next_turn_begins() -> None:
    view = folded(BUSY)
    assert view.state == "working"
    error = MessageError(name="APIError", data={"message": "no"})
    assert view.apply(events.SessionErrored(session_id=SES, error=error)) == [StatusChanged(SES)]
    view.apply(IDLE)
    assert (view.state, view.error) == ("failed", error)
    view.apply(BUSY)
    assert (view.state, view.error) == ("working", None)


def test_an_abort_is_no_failure() -> None:
    view = folded(BUSY, events.SessionErrored(session_id=SES, error=MessageError(name="MessageAbortedError")), IDLE)
    assert (view.state, view.error, view.error_count) == ("idle", None, 1)


def test_an_error_repeated_with_a_stack_trace_keeps_its_words() -> None:
    first = events.SessionErrored(session_id=SES, error=MessageError(data={"message": "Agent not found"}))
    trace = events.SessionErrored(session_id=SES, error=MessageError(data={"message": "Oops\n    at <anonymous>"}))
    assert folded(first, trace).error == first.error
    alone = folded(trace).error
    assert alone is not None
    assert alone.message == "Oops"


def test_history_that_ends_in_an_error_shows_as_failed() -> None:
    view = SessionView(SES)
    failed = assistant(2, error=MessageError(name="APIError", data={"message": "no"}), completed=at(3))
    view.load(page((user(1), []), (failed, [])))
    assert view.state == "failed"


def asked() -> events.PermissionAsked:
    reference = ToolRef(message_id=MessageID("msg_002"), call_id="call_1")  # type: ignore[arg-type]
    request = PermissionRequest(id=PermissionID("per_1"), session_id=SES, permission="bash", tool=reference)
    return events.PermissionAsked(request=request)


RUNNING = ToolRunning(input={})


def test_a_tool_call_shows_what_it_waits_for() -> None:
    view = folded(BUSY, updated(user(1)), updated(assistant(2)), updated(tool(RUNNING)))
    assert view.tool_state(PartID("prt_005")) == "running"
    changes = view.apply(asked())
    assert PartChanged(SES, MessageID("msg_002"), PartID("prt_005")) in changes
    assert AsksChanged(SES) in changes
    assert (view.tool_state(PartID("prt_005")), view.state) == ("waiting", "asking")
    changes = view.apply(events.PermissionReplied(session_id=SES, request_id=PermissionID("per_1"), reply="once"))
    assert PartChanged(SES, MessageID("msg_002"), PartID("prt_005")) in changes
    assert (view.tool_state(PartID("prt_005")), view.state) == ("running", "working")


def test_when_the_session_goes_idle_nothing_is_asked_any_more_and_open_tool_calls_are_dead() -> None:
    view = folded(BUSY, updated(user(1)), updated(assistant(2)), updated(tool(RUNNING)), asked())
    changes = view.apply(IDLE)
    assert view.permissions == {}
    assert PartChanged(SES, MessageID("msg_002"), PartID("prt_005")) in changes
    assert view.tool_state(PartID("prt_005")) == "interrupted"


def test_a_tool_call_that_a_dead_turn_left_open_stays_dead_while_a_later_turn_runs() -> None:
    first, second = MessageID("msg_001"), MessageID("msg_003")
    view = folded(BUSY, updated(user(1)), updated(assistant(2, parent_id=first)), updated(tool(RUNNING)))
    view.apply(updated(user(3)))
    assert view.tool_state(PartID("prt_005")) == "running"  # what was said meanwhile waits
    changes = view.apply(updated(assistant(4, parent_id=second)))
    assert PartChanged(SES, MessageID("msg_002"), PartID("prt_005")) in changes
    assert view.tool_state(PartID("prt_005")) == "interrupted"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (ToolCompleted(output="fine"), "done"),
        (ToolCompleted(output="x\n<shell_metadata>\nUser aborted the command\n</shell_metadata>"), "interrupted"),
        (ToolError(error="File not found"), "failed"),
        (ToolError(error="The user rejected permission to use this specific tool call."), "denied"),
        (ToolError(error="The user dismissed this question"), "denied"),
        (ToolError(error="Tool execution aborted"), "interrupted"),
        (ToolError(error="Task cancelled"), "interrupted"),
        (ToolError(error="x", metadata={"interrupted": True}), "interrupted"),
    ],
)
def test_an_ended_tool_call_says_how_it_ended(state: Any, shown: str) -> None:
    view = folded(BUSY, updated(user(1)), updated(assistant(2)), updated(tool(state)))
    assert view.tool_state(PartID("prt_005")) == shown


def test_asks_of_an_idle_session_are_dropped_whatever_the_server_lists() -> None:
    view = SessionView(SES)
    assert view.set_asks([asked().request], [], idle=True) == []
    assert view.permissions == {}
    assert view.set_asks([asked().request], [], idle=False) != []
    assert view.state == "asking"


def test_nothing_changes_when_nothing_is_different() -> None:
    view = folded(*STREAMING)
    assert view.apply(updated(assistant(2))) == []
    assert view.apply(BUSY) == []
    assert view.apply(updated(assistant(2, completed=at(9)))) == [MessageChanged(SES, MessageID("msg_002"))]


def test_what_opencode_wrote_for_itself_is_not_what_a_person_said() -> None:
    synthetic = text(1, 1, "Continue").model_copy(update={"synthetic": True})
    assert not has_visible_text(MessageWithParts(info=user(1), parts=[synthetic]))
    assert has_visible_text(MessageWithParts(info=user(1), parts=[synthetic, text(2, 1, "hello")]))


def test_a_snapshot_taken_a_moment_too_early_does_not_take_back_what_has_ended() -> None:
    view = folded(*STREAMING, updated(text(5, 2, "Hello.", end=True)), updated(tool(ToolCompleted(), number=6)))
    view.load(page((user(1), []), (assistant(2), [text(5, 2), tool(RUNNING, number=6)])))
    parts = view.messages[MessageID("msg_002")].parts
    assert [(part.text, part.is_finished) for part in parts.values()] == [("Hello.", True), ("", True)]


def test_text_that_only_we_heard_is_there_again_after_its_messages_were_unloaded() -> None:
    view = folded(*STREAMING, IDLE)
    view.unload()
    view.load(page((user(1), []), (assistant(2), [text(5, 2)])))
    assert view.messages[MessageID("msg_002")].parts[PartID("prt_005")].text == "Hello"


def test_a_failure_is_over_when_a_later_turn_nobody_saw_went_well() -> None:
    view = SessionView(SES)
    failed = assistant(2, error=MessageError(name="APIError", data={"message": "no"}), completed=at(3))
    view.load(page((user(1), []), (failed, [])))
    view.load(page((user(1), []), (failed, []), (user(4), []), (assistant(5, completed=at(6)), [])))
    assert (view.state, view.error) == ("idle", None)
