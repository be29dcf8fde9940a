"""Live state through a bad line: what lived through it is what a fresh load shows, and soon."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.config import Settings
from sprintagen.opencode.ids import SessionID
from sprintagen.opencode.models import TextPart
from sprintagen.services import AppInfo, Services, build_services
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR
from tests.faults.proxy import EVENTS, FaultProxy
from tests.services.conftest import NO_KEYS
from tests.services.fakes import until
from tests.services.replay import outline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from sprintagen.services.session_view import SessionView
    from tests.rig import RealOpencode

pytestmark = pytest.mark.real
LONG = 60.0


@pytest.fixture
def line(real_opencode: RealOpencode) -> Iterator[FaultProxy]:
    with FaultProxy(real_opencode.url) as line:
        yield line


def build(server: RealOpencode, url: str, path: Path) -> Services:
    settings = Settings(
        opencode_server_url=url,
        opencode_server_password=server.password,
        database_url=SecretStr(f"sqlite://{path}"),
        _env_file=None,
    )
    about = AppInfo(version="1", directory=str(server.directory))
    return build_services(settings, token=SecretStr("x" * 16), about=about, read_keys=lambda: NO_KEYS)


@pytest.fixture
async def services(real_opencode: RealOpencode, line: FaultProxy, tmp_path: Path) -> AsyncIterator[Services]:
    services = build(real_opencode, line.url, tmp_path / "db.sqlite")
    await services.start()
    await until(services.feed.is_connected, LONG)
    yield services
    await services.stop()


async def begin(services: Services, text: str) -> tuple[SessionView, str]:
    """A session and the prompt it works at."""
    session_id = (await services.sessions.create(OPERATOR)).session_id
    view = await services.sessions.open(OPERATOR, session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
    return view, prompt.id


def answer(view: SessionView) -> str:
    views = (part for m in view.messages.values() if m.info.role == "assistant" for part in m.parts.values())
    return "".join(part.text for part in views if isinstance(part.part, TextPart))


async def assert_as_loaded_freshly(services: Services, server: RealOpencode, view: SessionView, path: Path) -> None:
    """Compare the session with that of a sprintagen that has just begun."""
    fresh = build(server, server.url, path)
    await fresh.start()
    try:
        await until(fresh.feed.is_connected, LONG)
        await fresh.sessions.open(OPERATOR, view.session_id)
        wanted = _of(fresh, view.session_id)
    finally:
        await fresh.stop()
    assert _of(services, view.session_id) == wanted
    assert set(fresh.store.sessions) == set(services.store.sessions)


def _of(services: Services, session_id: SessionID) -> str:
    blocks = outline(services.store).split("session …")
    return next(block for block in blocks if block.startswith(session_id[-4:]))


@pytest.mark.parametrize("kind", ["cut", "half-open", "heartbeats"])
async def test_a_turn_whose_end_the_line_swallowed_ends_here_too_and_looks_as_if_read_freshly(
    kind: str, services: Services, line: FaultProxy, real_opencode: RealOpencode, tmp_path: Path
) -> None:
    view, prompt = await begin(services, "/x say 40 20")
    await until(lambda: "w3" in answer(view), LONG)
    if kind == "cut":
        line.refuse()
        line.cut()
    else:
        line.fault(where=EVENTS, silent=kind == "half-open", heartbeats_only=kind == "heartbeats")
    gone = real_opencode.new_session("made and deleted meanwhile")
    made = real_opencode.new_session("made meanwhile")
    real_opencode.request("DELETE", f"/session/{gone}")
    await asyncio.sleep(3.5)
    line.heal()
    if kind == "cut":
        await until(lambda: services.feed.connection.state == "connected", 5)
    await services.prompts.answer(view.session_id, prompt, LONG)
    await until(lambda: not view.is_active and SessionID(made) in services.store.sessions, LONG)
    assert answer(view).split() == [f"w{number}" for number in range(40)]
    after = await services.prompts.send(OPERATOR, view.session_id, PromptDraft(text="/x say 2"))
    await services.prompts.answer(view.session_id, after.id, LONG)
    await until(lambda: not view.is_active)
    await assert_as_loaded_freshly(services, real_opencode, view, tmp_path / "fresh.sqlite")


async def test_a_stream_that_cannot_be_opened_is_replaced_by_asking(
    services: Services, line: FaultProxy, real_opencode: RealOpencode, tmp_path: Path
) -> None:
    line.doom(r"^GET /global/event", "500", times=1000)
    line.cut(where=EVENTS)
    await until(lambda: services.feed.connection.state == "polling", LONG)
    view, prompt = await begin(services, "/x say 5")
    result = await services.prompts.answer(view.session_id, prompt, LONG)
    assert result.error is None
    await until(lambda: "w4" in answer(view) and not view.is_active, LONG)
    line.heal()
    await until(lambda: services.feed.connection.state == "connected", 5)
    await assert_as_loaded_freshly(services, real_opencode, view, tmp_path / "fresh.sqlite")


async def test_a_frozen_server_is_noticed_or_waited_for_and_then_caught_up_with(
    services: Services, real_opencode: RealOpencode, tmp_path: Path
) -> None:
    view, prompt = await begin(services, "/x say 30 20")
    await until(lambda: "w2" in answer(view), LONG)
    assert real_opencode.pid is not None
    os.kill(real_opencode.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(4)
    finally:
        os.kill(real_opencode.pid, signal.SIGCONT)
    await services.prompts.answer(view.session_id, prompt, LONG)
    await until(lambda: not view.is_active, LONG)
    await assert_as_loaded_freshly(services, real_opencode, view, tmp_path / "fresh.sqlite")


async def test_text_seen_before_a_kill_is_there_for_a_page_that_opens_later(
    services: Services, real_opencode: RealOpencode
) -> None:
    view, _ = await begin(services, "/x say 400 20")
    await until(lambda: "w9" in answer(view), LONG)
    await asyncio.to_thread(real_opencode.kill)
    await until(lambda: services.feed.connection.state == "reconnecting", 5)
    seen, session_id = answer(view), view.session_id
    await asyncio.to_thread(real_opencode.start)
    await until(lambda: services.feed.connection.state == "connected", 5)
    view.unload()
    again = await services.sessions.open(OPERATOR, session_id)
    assert answer(again).startswith(seen)
    assert services.store.state(session_id) in ("idle", "working")
