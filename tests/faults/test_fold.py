"""Events that come twice, not at all or in another order leave no trace once the session was read again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sprintagen.opencode import events
from sprintagen.services.session_store import SessionStore
from tests.examples import examples
from tests.services.replay import events_of, outline, replay, snapshot

WHOLE = (
    "01-plain-text.event",
    "02-reasoning",
    "06-tool-bash-permission-once",
    "07-tool-edit-permission-once",
    "12-tool-todowrite",
    "18-tool-task-subagent",
    "19-tool-question-reply",
    "33-prompt-while-busy",
)


def read_again(store: SessionStore, truth: SessionStore) -> SessionStore:
    """As after a gap: everything a fresh page would read."""
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
        view.error = None  # of turns nobody saw a snapshot alone does not tell
    return store


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
@settings(max_examples=examples(40))
def test_a_view_is_as_a_fresh_load_whatever_became_of_the_events_before(name: str, data: st.DataObject) -> None:
    everything = [pair for pair in events_of(name) if not isinstance(pair[1], events.SessionDeleted)]
    # A place for each copy of each event that arrives: none is a loss, two are a double, others another order.
    shift = st.integers(-5, 5)
    arrivals = data.draw(
        st.lists(st.lists(shift, max_size=2) | st.just([0]), min_size=len(everything), max_size=len(everything))
    )
    mangled = sorted((at + by, at) for at, places in enumerate(arrivals) for by in places)
    truth = replay(everything)
    store = read_again(replay([everything[at] for _, at in mangled]), truth)
    assert outline(store) == outline(read_again(SessionStore("fresh"), truth))
