"""A terminal's connection: what opens it, what it says, and how it ends; against a fake over real sockets."""

from __future__ import annotations

import logging

import pytest

from sprintagen.opencode import (
    NotFound,
    OpencodeClient,
    Replayed,
    RequestRefused,
    ServerUnreachable,
    UnreadableAnswer,
    pty_id,
)
from sprintagen.opencode.pty_socket import LIVE
from tests.opencode.fake_pty import PASSWORD, PTY, FakePtyServer, served
from tests.services.fakes import until


async def test_what_was_printed_comes_before_the_mark_and_what_is_printed_after_it() -> None:
    fake = FakePtyServer()
    fake.print("before ")
    async with served(fake) as client, await client.attach(PTY) as socket:
        assert await socket.receive() == "before "
        assert await socket.receive() == Replayed(7)
        fake.print("after")
        assert await socket.receive() == "after"


async def test_what_is_typed_arrives_as_it_is() -> None:
    fake = FakePtyServer()
    async with served(fake) as client, await client.attach(PTY, cursor=LIVE) as socket:
        assert await socket.receive() == Replayed(0)
        await socket.send("écho \x03")
        fake.print("$")
        assert await socket.receive() == "$"
    assert fake.typed == ["écho \x03"]
    assert fake.cursors == [-1]


async def test_a_connection_is_opened_with_a_ticket_and_carries_no_password() -> None:
    fake = FakePtyServer()
    async with served(fake, directory="/a b/ü") as client, await client.attach(PTY, cursor=3):
        pass
    [query], [headers] = fake.queries, fake.headers
    assert query == {"directory": "/a%20b/%C3%BC", "cursor": "3", "ticket": "ticket-0"}
    assert "authorization" not in headers
    assert "origin" not in headers
    assert PASSWORD not in repr(headers)


async def test_the_end_of_a_terminal_is_no_error() -> None:
    fake = FakePtyServer()
    async with served(fake) as client, await client.attach(PTY) as socket:
        await socket.receive()
        fake.end()
        assert await socket.receive() is None


async def test_a_terminal_that_is_gone_is_not_found() -> None:
    async with served(FakePtyServer()) as client:
        with pytest.raises(NotFound):
            await client.attach(pty_id("pty_other"))


async def test_a_connection_that_breaks_is_no_end() -> None:
    fake = FakePtyServer()
    async with served(fake) as client, await client.attach(PTY) as socket:
        await socket.receive()
        await fake.drop()
        with pytest.raises(ServerUnreachable):
            await socket.receive()
        with pytest.raises(ServerUnreachable):
            await socket.send("x")


async def test_a_server_that_is_away_is_unreachable() -> None:
    async with OpencodeClient("http://127.0.0.1:9") as client:
        with pytest.raises(ServerUnreachable):
            await client._transport.socket(("pty", PTY, "connect"), query={})


async def test_a_ticket_works_once() -> None:
    fake = FakePtyServer()
    async with served(fake) as client:
        async with await client.attach(PTY):
            pass
        with pytest.raises(RequestRefused):
            await client._transport.socket(("pty", PTY, "connect"), query={"ticket": "ticket-0"})


async def test_no_redirect_is_followed() -> None:
    elsewhere, fake = FakePtyServer(), FakePtyServer()
    async with served(elsewhere) as other, served(fake) as client:
        fake.redirect = f"{other._transport._base}/pty/{PTY}/connect"
        with pytest.raises(UnreadableAnswer):
            await client.attach(PTY)
    assert elsewhere.queries == []


async def test_the_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    async with served(FakePtyServer()) as client, await client.attach(PTY) as socket:
        assert await socket.receive() == Replayed(0)


async def test_no_ticket_and_nothing_typed_gets_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(FakePtyServer()) as client, await client.attach(PTY) as socket:
        await socket.send("my secret")
    said = "\n".join(record.getMessage() for record in caplog.records if record.name != "aiohttp.access")  # the fake's
    assert "ticket-0" not in said
    assert "my secret" not in said


@pytest.mark.parametrize(
    "said", [b"", b"\0", b"\0{}", b"\0[]", b'\0{"cursor":"1"}', b'\0{"cursor":-5}', b"\0\xff", b"x"]
)
async def test_a_binary_message_of_another_kind_is_told_in_words(said: bytes) -> None:
    fake = FakePtyServer()
    async with served(fake) as client, await client.attach(PTY) as socket:
        await socket.receive()
        fake.attached[0].queue.put_nowait(said)
        with pytest.raises(UnreadableAnswer):
            await socket.receive()


async def test_letting_go_frees_what_the_server_holds() -> None:
    fake = FakePtyServer()
    async with served(fake) as client:
        socket = await client.attach(PTY)
        await socket.receive()
        assert len(fake.attached) == 1
        socket.let_go()
        await until(lambda: not fake.attached)
