"""Reading ahead what somebody may open next."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode import errors
from sprintagen.opencode.ids import new_message_id
from sprintagen.services.refs import OPERATOR
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

EMIT = "messages.list"


async def several(services: Services, count: int) -> list[SessionID]:
    return [(await services.sessions.create(OPERATOR, title=f"{number}")).session_id for number in range(count)]


async def at_rest(services: Services) -> None:
    task = services.warming._reading
    if task is not None:
        await task


async def test_a_session_is_read_ahead_once_and_opening_it_asks_for_nothing_more(
    services: Services, fake: FakeOpencode
) -> None:
    (session_id,) = await several(services, 1)
    services.warming.expect(session_id)
    services.warming.expect(session_id)
    await until(lambda: services.store.view(session_id).loaded)
    await at_rest(services)
    asked = fake.calls.count(EMIT)
    assert asked == 1
    await services.sessions.open(OPERATOR, session_id)
    services.warming.expect(session_id)
    await at_rest(services)
    assert fake.calls.count(EMIT) == asked


async def test_one_is_read_at_a_time_and_the_newest_wish_is_next(services: Services, fake: FakeOpencode) -> None:
    ids = await several(services, 5)
    services.warming.expect(ids[0])
    await asyncio.sleep(0)
    for session_id in ids[1:]:
        services.warming.expect(session_id)
    await until(lambda: services.store.view(ids[-1]).loaded)
    await at_rest(services)
    assert [services.store.view(id_).loaded for id_ in ids] == [True, False, False, False, True]


async def test_what_was_read_ahead_is_as_unread_as_before(services: Services, fake: FakeOpencode) -> None:
    (session_id,) = await several(services, 1)
    fake.take_prompt(session_id, new_message_id(), [])
    await until(lambda: services.sessions.rows(OPERATOR)[0].unread)
    services.warming.expect(session_id)
    await until(lambda: services.store.view(session_id).loaded)
    assert services.sessions.rows(OPERATOR)[0].unread


async def test_nothing_is_asked_for_ids_of_no_session_or_directories_nobody_works_in(
    services: Services, fake: FakeOpencode
) -> None:
    (session_id,) = await several(services, 1)
    session = services.store.sessions[session_id]
    services.store.put_session(session.model_copy(update={"directory": "/somewhere/else"}))
    for text in (session_id, "ses_unknown", "", "../.."):
        services.warming.expect(text)
    assert services.warming._reading is None
    assert EMIT not in fake.calls


async def test_nothing_is_read_ahead_while_the_server_is_away(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session_id,) = await several(services, 1)
    monkeypatch.setattr(services.warming, "_is_connected", lambda: False)
    services.warming.expect(session_id)
    assert services.warming._reading is None


async def test_trouble_is_nobodys_news_and_the_click_tries_again(
    services: Services, fake: FakeOpencode, caplog: pytest.LogCaptureFixture
) -> None:
    (session_id,) = await several(services, 1)
    fake.broken[EMIT] = [errors.ServerUnreachable("It is away.")]
    services.warming.expect(session_id)
    await at_rest(services)
    assert not [record for record in caplog.records if record.levelno > logging.INFO and "away" in record.message]
    view = await services.sessions.open(OPERATOR, session_id)
    assert view.loaded
