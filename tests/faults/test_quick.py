"""Prompts sent while the line or opencode goes wrong: each appears once, in order, with one answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sprintagen.demo.model_server import ModelServerThread
from tests.faults.proxy import EVENTS, Fate
from tests.faults.system import Sender, System

pytestmark = pytest.mark.real

POST = r"^POST /session/[^/]+/prompt_async"


@pytest.fixture(scope="module")
def shared(
    opencode_binary: Path, scripted_model: ModelServerThread, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    with System(tmp_path_factory.mktemp("faults"), opencode_binary, scripted_model.url) as system:
        yield system


@pytest.fixture
def system(shared: System) -> Iterator[System]:
    """One for all tests, well again after each."""
    yield shared
    shared.line.heal()
    shared.opencode.ensure_running()


_numbers = iter(range(1000))


def send(system: System, session_id: str, sender: int, *texts: str) -> None:
    for text in texts:
        assert system.send(session_id, sender, text).acknowledged_at is not None


@pytest.mark.parametrize("skip", range(3))
@pytest.mark.parametrize("fate", ["lost", "answer lost", "answer cut", "500"])
def test_the_kth_prompt_whose_handing_over_fails_is_delivered_once(system: System, fate: Fate, skip: int) -> None:
    session, sender = system.new_session(), next(_numbers)
    # twice: on a busy machine one of them may meet a prompt that is handed over a second time, and needs it no more;
    # the second may find nothing to break, where the server had the prompt and it was not sent again
    system.line.doom(POST, fate, skip=skip, times=2)
    send(system, session, sender, *["/x say 3"] * 3)
    system.assert_kept([session])
    assert system.line.dooms_left < 2, "no handing over went wrong"


@pytest.mark.parametrize("how", ["reset", "end", "middle of an event", "garbage", "broken event"])
def test_prompts_survive_an_event_stream_that_breaks_while_the_answer_streams(system: System, how: str) -> None:
    session, sender = system.new_session(), next(_numbers)
    send(system, session, sender, "/x say 60 40", "/x say 3")
    system.wait_for_words(session)
    match how:
        case "reset":
            assert system.line.cut(where=EVENTS)
        case "end":
            assert system.line.cut(where=EVENTS, reset=False)
        case "middle of an event":
            system.line.truncate(100)
        case "garbage":
            assert system.line.inject(b"\xff\xfe\x00 garbage \r\n\r\n", raw=True)
        case "broken event":
            assert system.line.inject(b'data: {"payload":{"type":"message.part.delta","properties":[]}}\n\n')
            assert system.line.inject(b"data: {broken\n\n")
    send(system, session, sender, "/x say 3")
    system.assert_kept([session])


def test_prompts_survive_a_line_that_is_cut_again_and_again(system: System) -> None:
    sessions = [system.new_session() for _ in range(2)]
    senders = [Sender(system, id_, next(_numbers), ["/x say 20 100"] * 4, pause=0.2) for id_ in sessions]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        time.sleep(0.4)
        system.line.cut()
    for sender in senders:
        sender.finish()
    system.assert_kept(sessions)


def test_prompts_wait_while_nobody_listens_and_go_out_when_somebody_does(system: System) -> None:
    session, sender = system.new_session(), next(_numbers)
    send(system, session, sender, "/x say 3")
    system.line.refuse()
    send(system, session, sender, "/x say 3", "/x say 3")
    system.line.heal()
    system.assert_kept([session])


def test_prompts_survive_a_slow_late_line(system: System) -> None:
    session, sender = system.new_session(), next(_numbers)
    system.line.fault(latency=0.1, jitter=0.2)
    system.line.fault(where=EVENTS, drip=600, tick=0.02)
    send(system, session, sender, "/x say 10", "/x say 10")
    system.line.heal()
    system.assert_kept([session])


def test_prompts_survive_an_opencode_that_is_stopped_for_a_while(system: System) -> None:
    session, sender = system.new_session(), next(_numbers)
    send(system, session, sender, "/x say 40 40")
    system.wait_for_words(session)
    with system.stopped_opencode():
        send(system, session, sender, "/x say 3")
        time.sleep(3)
    send(system, session, sender, "/x say 3")
    system.assert_kept([session])


def test_prompts_that_wait_survive_an_opencode_that_is_killed_in_an_answer(system: System) -> None:
    session, sender = system.new_session(), next(_numbers)
    send(system, session, sender, "/x say 400 20")
    system.wait_for_words(session)
    system.kill_opencode()
    system.restart_opencode([session])
    send(system, session, sender, "/x say 3", "/x say 3")
    system.assert_kept([session])


def test_prompts_behind_an_answer_whose_end_was_lost_are_delivered(system: System) -> None:
    session, sender = system.new_session(), next(_numbers)
    send(system, session, sender, "/x say 60 40")
    system.wait_for_words(session)
    system.line.fault(where=EVENTS, heartbeats_only=True)
    send(system, session, sender, "/x say 3")
    time.sleep(3)  # the answer ends, and nobody is told
    system.line.heal()
    send(system, session, sender, "/x say 3")
    system.assert_kept([session])
