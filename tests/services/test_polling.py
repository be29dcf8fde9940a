"""When events stop and opencode still answers, it is asked instead; and nobody has to do anything about it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode import errors, events
from sprintagen.opencode.models import TextPart
from sprintagen.services.polling import PollingTimes
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import build, first_handshake
from tests.services.fakes import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sprintagen.services import Services
    from sprintagen.services.session_view import SessionView
    from tests.services.fakes import FakeOpencode


@pytest.fixture
async def services(fake: FakeOpencode, tmp_path: Path) -> AsyncIterator[Services]:
    """As always, and in a hurry."""
    services = build(fake, tmp_path)
    services.feed._polling.times = PollingTimes(before=0.01, between=0.02, look=0.03, again=0.01)
    await services.start()
    try:
        fake.connect()
        await until(services.feed.is_connected)
        await first_handshake(services)
        yield services
    finally:
        await services.stop()


def said(view: SessionView) -> str:
    parts = (part for message in view.messages.values() for part in message.parts.values())
    return "|".join(part.text for part in parts if isinstance(part.part, TextPart))


def state(services: Services) -> str:
    return services.feed.connection.state


async def test_without_a_stream_a_server_that_answers_is_asked_until_the_stream_is_back(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session("x")
    await until(lambda: session_id in services.store.sessions)
    view = await services.sessions.open(OPERATOR, session_id)
    fake.disconnect()
    await until(lambda: state(services) == "polling")
    fake.disconnect()  # a further try that failed is no news
    fake.stream.is_mute = True
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="hello"))
    await services.prompts.answer(session_id, prompt.id, 5)
    await until(lambda: said(view) == "hello|echo")
    other = fake.add_session("of another client")
    await until(lambda: other in services.store.sessions)
    assert state(services) == "polling"
    fake.stream.is_mute = False
    fake.connect()
    await until(lambda: state(services) == "connected")
    asked = fake.calls.count("health.paths")
    fake.change_session(session_id, title="live again")
    await until(lambda: services.store.sessions[session_id].title == "live again")
    assert fake.calls.count("health.paths") <= asked + 2


async def test_a_server_that_answers_nothing_is_away_and_not_polled(services: Services, fake: FakeOpencode) -> None:
    fake.broken["health.paths"] = [errors.ServerUnreachable("It is away.")] * 10_000
    fake.disconnect()
    await until(lambda: fake.calls.count("health.paths") > 5)
    assert state(services) == "reconnecting"
    assert not services.feed.is_connected()


async def test_a_stream_of_heartbeats_alone_is_noticed_when_the_server_goes_on_without_it(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session("x")
    await until(lambda: session_id in services.store.sessions)
    view = await services.sessions.open(OPERATOR, session_id)
    looks = fake.calls.count("sessions.statuses")
    await until(lambda: fake.calls.count("sessions.statuses") > looks + 1)  # nothing has come for a while
    fake.stream.is_mute = True
    fake.waiting.add(session_id)
    fake.take_prompt(session_id, "msg_1", [])
    fake.emit(events.ServerHeartbeat())
    await until(lambda: state(services) == "polling")
    assert fake.stream.given_up == 1
    await until(lambda: services.store.state(session_id) == "working")
    fake.connect()  # the new connection is no better
    fake.finish(session_id, "the answer")
    await until(lambda: said(view) == "the answer")
    await until(lambda: services.store.state(session_id) == "idle")
    assert state(services) == "polling"
    fake.stream.is_mute = False
    fake.change_session(session_id, title="heard")
    await until(lambda: state(services) == "connected")
    assert services.store.sessions[session_id].title == "heard"


async def test_a_quiet_server_is_not_taken_for_a_mute_one(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session("x")
    fake.status(session_id, "busy")
    await until(lambda: services.store.state(session_id) == "working")
    gc.collect()
    looks = fake.calls.count("sessions.statuses")
    await until(lambda: fake.calls.count("sessions.statuses") > looks + 4)
    assert (state(services), fake.stream.given_up) == ("connected", 0)


async def test_the_end_of_a_turn_that_was_lost_among_other_events_is_found_out(
    services: Services, fake: FakeOpencode
) -> None:
    session_id, other = fake.add_session("x"), fake.add_session("other")
    fake.status(session_id, "busy")
    await until(lambda: services.store.state(session_id) == "working")
    fake.stream.is_mute = True
    fake.status(session_id, "idle")
    fake.stream.is_mute = False

    def is_idle() -> bool:
        fake.change_session(other, title=f"busy {len(fake.calls)}")
        return services.store.state(session_id) == "idle"

    await until(is_idle)
    await until(lambda: state(services) == "connected")
    assert fake.stream.given_up == 0
