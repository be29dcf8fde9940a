"""The store: every session's state, who hears of it, and what is kept in memory."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from sprintagen.opencode import events
from sprintagen.opencode.ids import PermissionID, SessionID
from sprintagen.opencode.models import MessagePage, MessageWithParts, PermissionRequest
from sprintagen.services.changes import AsksChanged, Change, SessionChanged, SessionRemoved, StatusChanged
from sprintagen.services.session_store import SessionStore
from tests.services.replay import events_of, replay
from tests.services.test_session_view import BUSY, IDLE, SES, STREAMING, assistant, delta, text, updated, user

if TYPE_CHECKING:
    from sprintagen.opencode.models import Session

PARENT, CHILD = "18-tool-task-subagent", "48-subagent-permission"


def sessions_of(name: str) -> list[Session]:
    return [event.info for _, event in events_of(name) if isinstance(event, events.SessionCreated)]


def test_a_subagents_ask_is_reachable_from_the_session_that_started_it() -> None:
    heard: list[Change] = []
    store = SessionStore("s")
    store.changed.subscribe(heard.append)
    trace = events_of(CHILD)
    asked = next(number for number, (_, event) in enumerate(trace) if isinstance(event, events.PermissionAsked))
    replay(trace[: asked + 1], store)
    parent, child = (session.id for session in sessions_of(CHILD))
    assert [request.session_id for request in store.asks_for(parent)] == [child]
    assert store.state(parent) == "asking"
    assert AsksChanged(parent) in heard
    assert StatusChanged(parent) in heard
    replay(trace[asked + 1 :], store)
    assert store.asks_for(parent) == []
    assert store.state(parent) == "idle"


def test_a_session_made_by_another_client_is_told_of() -> None:
    heard: list[Change] = []
    store = SessionStore("s")
    store.changed.subscribe(heard.append)
    (session, *_) = sessions_of(CHILD)
    store.put_session(session)
    assert heard == [SessionChanged(session.id)]
    store.put_session(session)
    assert len(heard) == 1


def test_asks_are_listed_oldest_first_over_all_sessions() -> None:
    store = SessionStore("s")
    for number, session in ((2, "ses_b"), (1, "ses_a"), (3, "ses_b")):
        request = PermissionRequest(id=PermissionID(f"per_{number}"), session_id=SessionID(session), permission="bash")
        store.apply(None, events.PermissionAsked(request=request))
    assert [request.id for request in store.all_asks()] == ["per_1", "per_2", "per_3"]


def test_a_deleted_session_is_gone_though_its_turn_goes_on() -> None:
    heard: list[Change] = []
    store = SessionStore("s")
    store.changed.subscribe(heard.append)
    trace = events_of("42-session-delete-busy")
    replay(trace, store)
    assert store.views == {}
    assert store.sessions == {}
    assert isinstance(heard[-1], SessionRemoved)


def test_a_change_is_emitted_after_it_is_in_place() -> None:
    store = SessionStore("s")
    titles: list[str] = []

    def look(change: Change) -> None:
        if isinstance(change, SessionChanged):
            titles.append(store.sessions[change.session_id].title)

    store.changed.subscribe(look)
    replay(events_of("01-plain-text.event"), store)
    assert titles[-1] == "Scripted session title"


def filled(store: SessionStore, number: int) -> SessionID:
    session_id = SessionID(f"ses_{number}")
    info = user(1).model_copy(update={"session_id": session_id})
    store.apply(None, events.MessageUpdated(session_id=session_id, info=info))
    return session_id


def test_the_oldest_views_nobody_shows_are_unloaded_and_keep_what_a_list_needs() -> None:
    store = SessionStore("s", kept_views=3)
    ids = [filled(store, number) for number in range(5)]
    assert [len(store.views[id_].messages) for id_ in ids] == [0, 0, 1, 1, 1]


def test_a_view_somebody_shows_is_never_unloaded() -> None:
    store = SessionStore("s", kept_views=2)
    shown = store.view(filled(store, 0))
    for number in range(1, 6):
        filled(store, number)
    gc.collect()
    assert store.views[shown.session_id] is shown
    assert len(shown.messages) == 1


def test_a_view_that_works_is_never_unloaded_so_that_its_text_is_not_lost() -> None:
    store = SessionStore("s", kept_views=2)
    for event in STREAMING:
        store.apply(None, event)
    for number in range(10, 16):
        filled(store, number)
    store.apply(None, delta(5, 2, "!"))
    message = store.views[SES].messages[assistant(2).id]
    assert message.parts[text(5, 2).id].text == "Hello!"
    store.apply(None, IDLE)
    for number in range(20, 26):
        filled(store, number)
    assert store.views[SES].messages == {}


def test_events_that_arrive_while_a_session_is_read_are_applied_afterwards() -> None:
    store = SessionStore("s")
    store.apply(None, BUSY)
    store.hold(SES)
    store.apply(None, updated(user(1)))
    store.apply(None, IDLE)
    assert store.view(SES).messages == {}
    store.release(SES)
    assert list(store.view(SES).messages) == ["msg_001"]
    assert store.state(SES) == "idle"


def test_events_about_no_session_change_nothing() -> None:
    store = SessionStore("s")
    store.apply("/d", events.FileEdited(file="a"))
    store.apply(None, events.UnknownEvent(type="plugin.added"))
    store.apply(None, events.SessionErrored(session_id=None))
    assert store.views == {}
    assert store.directories == {"/d"}


def test_streamed_text_is_put_together_only_when_somebody_reads_it() -> None:
    store = SessionStore("s")
    for event in STREAMING[:4]:
        store.apply(None, event)
    for _ in range(1000):
        store.apply(None, delta(5, 2, "word "))
    part = store.views[SES].messages[assistant(2).id].parts[text(5, 2).id]
    assert (part._text, part.length) == ("", 5000)
    assert part.text == "word " * 1000


def test_text_of_an_interrupted_answer_survives_the_unloading_of_its_view() -> None:
    store = SessionStore("s")
    for event in (*STREAMING, IDLE):
        store.apply(None, event)
    store.shrink()
    gc.collect()
    assert store.views[SES].messages == {}
    answer = MessageWithParts(info=assistant(2), parts=[text(5, 2)])
    store.view(SES).load(MessagePage(items=[answer], cursor=None))
    assert store.view(SES).messages[assistant(2).id].parts[text(5, 2).id].text == "Hello"
