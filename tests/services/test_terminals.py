"""The terminals of a directory: numbered, bounded, named; and how each of them ended."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock

import pytest

from sprintagen.errors import Conflict, InvalidInput, NotFound
from sprintagen.opencode import events
from sprintagen.opencode.errors import ServerFault, ServerUnreachable
from sprintagen.opencode.models import Pty
from sprintagen.services import terminals as module
from sprintagen.services.refs import OPERATOR
from sprintagen.services.server import OpencodeServer
from sprintagen.services.session_access import SessionAccess
from sprintagen.services.session_store import SessionStore
from sprintagen.services.terminal_line import Ending, Printed
from sprintagen.services.terminals import Terminals, TerminalsOff
from tests.opencode.fake_pty import PTY, FakePtyServer, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sprintagen.opencode import OpencodeClient


@asynccontextmanager
async def over(fake: FakePtyServer, *, is_on: bool = True) -> AsyncIterator[tuple[Terminals, OpencodeClient]]:
    async with served(fake) as client:
        server = OpencodeServer("test", client)
        yield Terminals(server, SessionAccess(server, SessionStore("test")), is_on=is_on), client


async def take(printed: Printed) -> None:
    pass


async def test_those_that_run_are_listed() -> None:
    async with over(FakePtyServer()) as (terminals, _):
        [row] = await terminals.list(OPERATOR)
        assert (row.id, row.title, row.directory) == (PTY, "Terminal 1", "/w")


async def test_those_of_every_directory_are_told_once_one_was_asked_for() -> None:
    async with over(FakePtyServer()) as (terminals, _):
        assert await terminals.everywhere(OPERATOR) == []
        await terminals.list(OPERATOR)
        [row] = await terminals.everywhere(OPERATOR)
        assert (row.id, row.title) == (PTY, "Terminal 1")


async def test_a_directory_that_is_gone_keeps_nobody_from_knowing_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async with over(FakePtyServer()) as (terminals, client):
        await terminals.list(OPERATOR)
        refused = ServerFault("Unexpected server error.", status=500)
        monkeypatch.setattr(client.pty, "list", AsyncMock(side_effect=refused))
        assert await terminals.everywhere(OPERATOR) == []
        monkeypatch.setattr(client.pty, "list", AsyncMock(side_effect=ServerUnreachable("Away.")))
        with pytest.raises(ServerUnreachable):
            await terminals.everywhere(OPERATOR)


async def test_a_new_one_gets_the_next_free_number_and_not_the_servers_password() -> None:
    fake = FakePtyServer()
    async with over(fake) as (terminals, _):
        await terminals.create(OPERATOR)
        await terminals.create(OPERATOR, title="  build\n server ")
    assert [body["title"] for body in fake.created] == ["Terminal 2", "build server"]
    assert fake.created[0]["env"] == {"OPENCODE_SERVER_PASSWORD": "", "OPENCODE_SERVER_USERNAME": ""}


async def test_there_is_an_end_to_opening_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    fake = FakePtyServer()
    async with over(fake) as (terminals, _):
        with pytest.raises(Conflict):
            await terminals.create(OPERATOR)
    assert not fake.created


async def test_there_is_an_end_to_watching_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 1)
    async with over(FakePtyServer()) as (terminals, client):
        with (
            terminals.opened(client, PTY, take, cursor=0),
            pytest.raises(Conflict),
            terminals.opened(client, PTY, take, cursor=0),
        ):
            pass
        with terminals.opened(client, PTY, take, cursor=0):
            pass


async def test_a_title_is_one_line_and_never_empty() -> None:
    async with over(FakePtyServer()) as (terminals, _):
        row = await terminals.rename(OPERATOR, PTY, "a\x1b[31m\nb\u202ec")
        assert row.title == "a[31m bc"
        with pytest.raises(InvalidInput):
            await terminals.rename(OPERATOR, PTY, " \n ")


async def test_one_that_has_ended_cannot_be_renamed_and_may_be_closed() -> None:
    async with over(FakePtyServer(is_there=False)) as (terminals, _):
        with pytest.raises(NotFound):
            await terminals.rename(OPERATOR, PTY, "x")
        await terminals.close(OPERATOR, PTY)


async def test_switched_off_nothing_is_asked_of_the_server() -> None:
    fake = FakePtyServer()
    async with over(fake, is_on=False) as (terminals, _):
        for work in (
            terminals.list(OPERATOR),
            terminals.create(OPERATOR),
            terminals.rename(OPERATOR, PTY, "x"),
            terminals.close(OPERATOR, PTY),
            terminals.client_of(OPERATOR, None),
        ):
            with pytest.raises(TerminalsOff):
                await work
    assert not fake.created
    assert fake.is_there


async def test_a_server_without_terminals_is_told_in_words() -> None:
    server = OpencodeServer("test")
    from sprintagen.opencode import OpencodeClient
    from tests.opencode.fakes import Recorder

    for recorder in (Recorder("<html>", headers={"content-type": "text/html"}), Recorder({"name": "X"}, status=404)):
        async with OpencodeClient("http://opencode.test", transport=recorder) as client:
            server.use(client)
            terminals = Terminals(server, SessionAccess(server, SessionStore("test")), is_on=True)
            with pytest.raises(NotFound, match="no terminals"):
                await terminals.list(OPERATOR)


async def test_the_exit_code_is_told_by_an_event_which_may_come_later() -> None:
    fake = FakePtyServer(is_there=False)
    async with over(fake) as (terminals, client):
        terminals.handle_event(events.PtyExited(id=PTY, exit_code=5))
        assert await terminals.ending_of(client, PTY) == Ending(5)
        terminals.handle_event(events.PtyDeleted(id=PTY))
        assert await terminals.ending_of(client, PTY) == Ending(5)


async def test_one_that_was_closed_has_no_exit_code() -> None:
    async with over(FakePtyServer(is_there=False)) as (terminals, client):
        terminals.handle_event(events.PtyDeleted(id=PTY))
        assert await terminals.ending_of(client, PTY) == Ending(None)


async def test_without_an_event_an_end_is_an_end_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    async with over(FakePtyServer(is_there=False)) as (terminals, client):
        assert await terminals.ending_of(client, PTY) == Ending(None)


async def test_one_that_runs_has_not_ended() -> None:
    async with over(FakePtyServer()) as (terminals, client):
        assert await terminals.ending_of(client, PTY) is None


async def test_pages_hear_of_every_change_and_only_of_those() -> None:
    async with over(FakePtyServer()) as (terminals, _):
        heard: list[None] = []
        terminals.changed.subscribe(lambda: heard.append(None))
        info = Pty(id=PTY, title="x")
        for event in (
            events.PtyCreated(info=info),
            events.PtyUpdated(info=info),
            events.PtyUpdated(info=Pty(id=PTY, title="y")),
            events.PtyExited(id=PTY, exit_code=0),
            events.PtyDeleted(id=PTY),
            events.BranchUpdated(branch="main"),
        ):
            terminals.handle_event(event)
        assert len(heard) == 4
