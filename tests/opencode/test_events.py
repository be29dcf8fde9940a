from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprintagen.opencode import events, parse_event, parse_global
from sprintagen.opencode.events import KNOWN_TYPES, is_sync_double
from sprintagen.opencode.models import (
    SessionStatus,
    TextPart,
    ToolCompleted,
    ToolPart,
    ToolPending,
    ToolRunning,
    ToolUnknown,
    UnknownMessage,
    UnknownPart,
)
from tests.opencode.fakes import SESSION, TEXT, TRACES, USER, lines

V1 = sorted(path.name for path in TRACES.glob("*.jsonl") if "v2-api-event" not in path.name)
"""Every trace but the one of `/api/event`, whose payloads are of the other API generation."""

NOISE = {
    "plugin.added",
    "catalog.updated",
    "reference.updated",
    "integration.updated",
    "file.watcher.updated",
}
"""Kinds in the traces that have no model on purpose."""

PTY = {"id": "pty_1", "title": "t", "command": "sh", "args": [], "cwd": "/w", "status": "running", "pid": 1}

PAYLOADS: dict[str, dict[str, Any]] = {
    "server.connected": {},
    "server.heartbeat": {},
    "session.created": {"sessionID": "ses_1", "info": SESSION},
    "session.updated": {"sessionID": "ses_1", "info": SESSION},
    "session.deleted": {"sessionID": "ses_1", "info": SESSION},
    "session.status": {"sessionID": "ses_1", "status": {"type": "busy"}},
    "session.idle": {"sessionID": "ses_1"},
    "session.error": {"sessionID": "ses_1", "error": {"name": "MessageAbortedError", "data": {"message": "Aborted"}}},
    "session.compacted": {"sessionID": "ses_1"},
    "session.diff": {"sessionID": "ses_1", "diff": []},
    "message.updated": {"sessionID": "ses_1", "info": USER},
    "message.removed": {"sessionID": "ses_1", "messageID": "msg_1"},
    "message.part.updated": {"sessionID": "ses_1", "part": TEXT, "time": 1795387601799},
    "message.part.removed": {"sessionID": "ses_1", "messageID": "msg_1", "partID": "prt_1"},
    "message.part.delta": {
        "sessionID": "ses_1",
        "messageID": "msg_1",
        "partID": "prt_1",
        "field": "text",
        "delta": "x",
    },
    "permission.asked": {"id": "per_1", "sessionID": "ses_1", "permission": "bash", "patterns": [], "always": []},
    "permission.replied": {"sessionID": "ses_1", "requestID": "per_1", "reply": "once"},
    "question.asked": {"id": "que_1", "sessionID": "ses_1", "questions": []},
    "question.replied": {"sessionID": "ses_1", "requestID": "que_1", "answers": [["Red"]]},
    "question.rejected": {"sessionID": "ses_1", "requestID": "que_1"},
    "todo.updated": {"sessionID": "ses_1", "todos": [{"content": "a", "status": "pending", "priority": "low"}]},
    "file.edited": {"file": "/workspace/repo/a.py"},
    "server.instance.disposed": {"directory": "/workspace/repo"},
    "global.disposed": {},
    "project.updated": {"id": "p1", "worktree": "/workspace/repo", "sandboxes": []},
    "vcs.branch.updated": {"branch": "main"},
    "pty.created": {"info": PTY},
    "pty.updated": {"info": PTY},
    "pty.exited": {"id": "pty_1", "exitCode": 5},
    "pty.deleted": {"id": "pty_1"},
    "command.executed": {"name": "greet", "sessionID": "ses_1", "arguments": "a b", "messageID": "msg_1"},
}


def payload(kind: str) -> dict[str, Any]:
    return {"id": "evt_1", "type": kind, "properties": copy.deepcopy(PAYLOADS[kind])}


def test_there_is_a_sample_of_every_known_kind():
    assert PAYLOADS.keys() == KNOWN_TYPES


@pytest.mark.parametrize("kind", sorted(KNOWN_TYPES))
def test_every_known_kind_has_its_own_model(kind: str):
    event = parse_event(payload(kind))
    assert not isinstance(event, events.UnknownEvent)
    assert event.type == kind


@pytest.mark.parametrize("name", V1)
def test_a_recorded_stream_has_no_unknown_event_but_the_noise(name: str):
    for data in lines(name):
        _, event = parse_global(data)
        if event is None:
            assert data["payload"]["type"] == "sync"
        elif isinstance(event, events.UnknownEvent):
            assert event.type in NOISE or event.type.startswith("session.next.")
            assert event.reason == ""
        else:
            assert not find(event, (UnknownPart, UnknownMessage, ToolUnknown)), event


def find(value: object, kinds: tuple[type, ...]) -> list[object]:
    part, info = getattr(value, "part", None), getattr(value, "info", None)
    state = getattr(part, "state", None)
    return [item for item in (part, info, state) if isinstance(item, kinds)]


@pytest.mark.parametrize("name", V1)
def test_a_recorded_stream_loses_nothing_but_what_it_says_twice(name: str):
    """Every field of the wire comes out again, by its own name."""
    for data in lines(name):
        _, event = parse_global(data)
        if event is None or isinstance(event, events.UnknownEvent):
            continue
        sent = data.get("payload", data)["properties"]
        out = json.loads(event.model_dump_json(by_alias=True, exclude_unset=True))
        wrapped = {"permission.asked": "request", "question.asked": "request", "project.updated": "project"}
        got = out[wrapped[event.type]] if event.type in wrapped else out
        assert missing(sent, got) == []


def missing(sent: Any, got: Any, path: str = "") -> list[str]:
    if isinstance(sent, dict):
        if not isinstance(got, dict):
            return [path]
        return [
            name
            for key, value in sent.items()
            for name in (missing(value, got[key], f"{path}.{key}") if key in got else [f"{path}.{key}"])
        ]
    if isinstance(sent, list):
        if not isinstance(got, list) or len(got) != len(sent):
            return [path]
        return [name for a, b in zip(sent, got, strict=True) for name in missing(a, b, f"{path}[]")]
    if isinstance(sent, int) and isinstance(got, str):
        return []  # a time
    return [] if sent == got else [path]


def test_the_other_generations_payloads_are_unknown_and_not_an_error():
    for data in lines("01-plain-text.v2-api-event-stops.jsonl"):
        event = parse_event(data)
        assert isinstance(event, (events.UnknownEvent, events.ServerConnected)), event


def test_a_delta_is_read_whole():
    event = parse_event(payload("message.part.delta"))
    assert isinstance(event, events.PartDelta)
    assert (event.session_id, event.message_id, event.part_id) == ("ses_1", "msg_1", "prt_1")
    assert (event.field, event.delta) == ("text", "x")


def test_a_running_tool_is_read_with_what_it_has_printed_so_far():
    parts = [
        e.part
        for e in map(parse_event, lines("06-tool-bash-permission-once.jsonl"))
        if isinstance(e, events.PartUpdated)
    ]
    states = [part.state for part in parts if isinstance(part, ToolPart)]
    running = [state for state in states if isinstance(state, ToolRunning)]
    assert [type(state) for state in states] == [ToolPending, *[ToolRunning] * len(running), ToolCompleted]
    outputs = [state.metadata["output"] for state in running if "output" in state.metadata]
    assert outputs[-1].startswith(outputs[0])
    assert "line 3" in outputs[-1]


def test_an_abort_is_told_apart_from_a_failure():
    errors = [
        e.error for e in map(parse_event, lines("26-abort-streaming.jsonl")) if isinstance(e, events.SessionErrored)
    ]
    assert [error.is_abort for error in errors] == [True]
    errors = [e.error for e in map(parse_event, lines("43-bad-api-key.jsonl")) if isinstance(e, events.SessionErrored)]
    assert [(error.name, error.is_abort, error.status_code) for error in errors] == [("APIError", False, 401)]
    assert errors[0].message


def test_a_retry_says_when():
    statuses = [
        event.status
        for event in map(parse_event, lines("23-provider-retry-500-then-ok.jsonl"))
        if isinstance(event, events.SessionStatusChanged) and event.status.type == "retry"
    ]
    assert statuses
    assert isinstance(statuses[0], SessionStatus)
    assert statuses[0].next is not None
    assert statuses[0].next.tzinfo is not None
    assert statuses[0].next.year == 2026
    assert statuses[0].attempt == 1


def test_an_unknown_kind_is_kept_whole():
    event = parse_event({"type": "teapot.whistled", "properties": {"at": 5}})
    assert event == events.UnknownEvent(type="teapot.whistled", properties={"at": 5})


def test_a_known_kind_that_cannot_be_read_is_kept_with_the_reason_and_without_the_value():
    event = parse_event({"type": "session.idle", "properties": {"sessionID": {"secret": "sk-123"}}})
    assert isinstance(event, events.UnknownEvent)
    assert event.type == "session.idle"
    assert "sessionID" in event.reason
    assert "sk-123" not in event.reason


def test_a_part_of_an_unknown_type_is_a_part():
    event = parse_event(
        {
            "type": "message.part.updated",
            "properties": {"sessionID": "ses_1", "part": {**TEXT, "type": "hologram", "w": 3}},
        }
    )
    assert isinstance(event, events.PartUpdated)
    assert isinstance(event.part, UnknownPart)
    assert event.part.type == "hologram"
    assert event.part.model_extra == {"text": "hello", "w": 3}


def test_a_field_nobody_knows_survives():
    event = parse_event(
        {"type": "message.part.updated", "properties": {"sessionID": "ses_1", "part": {**TEXT, "mood": "good"}, "x": 1}}
    )
    assert isinstance(event, events.PartUpdated)
    assert isinstance(event.part, TextPart)
    assert event.part.model_extra == {"mood": "good"}
    assert event.model_extra == {"x": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(KNOWN_TYPES)), st.data())
def test_a_sample_with_one_field_spoiled_is_never_an_exception(kind: str, data: st.DataObject):
    sample = payload(kind)
    places = list(fields(sample))
    holder, key = data.draw(st.sampled_from(places))
    if data.draw(st.booleans()):
        holder[key] = data.draw(JSON)
    else:
        del holder[key]
    parse_event(sample)
    parse_global({"directory": "/workspace/repo", "payload": sample})


def fields(value: Any) -> list[tuple[dict[str, Any], str]]:
    if isinstance(value, dict):
        return [(value, key) for key in value] + [place for item in value.values() for place in fields(item)]
    if isinstance(value, list):
        return [place for item in value for place in fields(item)]
    return []


@given(JSON)
def test_any_json_is_no_exception(data: Any):
    parse_global(data)
    if isinstance(data, dict):
        parse_event(data)


def test_the_envelope_gives_the_directory():
    assert parse_global({"directory": "/a b", "project": "p", "payload": payload("session.idle")}) == (
        "/a b",
        parse_event(payload("session.idle")),
    )


@pytest.mark.parametrize("extra", [{}, {"directory": "global"}])
def test_the_servers_own_events_have_no_directory(extra: dict[str, str]):
    assert parse_global({**extra, "payload": payload("server.heartbeat")})[0] is None


def test_a_sync_double_gives_nothing():
    data = {"directory": "/a", "payload": {"type": "sync", "syncEvent": {"type": "message.updated.1"}}}
    assert parse_global(data) == (None, None)


def test_a_sync_double_is_told_from_its_text():
    for name in ("01-plain-text.global-event.jsonl", "44-global-two-directories.jsonl"):
        for line in (TRACES / name).read_text().splitlines():
            assert is_sync_double(line) == (json.loads(line)["payload"]["type"] == "sync")


@pytest.mark.parametrize("text", ['"payload":{"type":"sync"', "sync", '{"type":"sync"}'])
def test_words_that_look_like_a_double_are_none(text: str):
    data: dict[str, Any] = {"directory": text, "project": text, "payload": payload("message.part.delta")}
    data["payload"]["properties"]["delta"] = text
    data["payload"]["properties"]["extra"] = {"payload": {"type": "sync"}}
    assert not is_sync_double(json.dumps(data, separators=(",", ":")))
