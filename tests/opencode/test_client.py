from __future__ import annotations

import httpx

from sprintagen.opencode import OpencodeClient
from tests.opencode.fakes import Recorder, client_of


async def test_at_is_the_same_server_seen_from_another_directory():
    recorder = Recorder([])
    async with client_of(recorder, directory="/a") as client:
        there = client.at("/b")
        await there.agents.list()
        await client.agents.list()
    assert [request.headers["x-opencode-directory"] for request in recorder.requests] == ["/b", "/a"]
    assert (client.directory, there.directory) == ("/a", "/b")


async def test_closing_the_client_of_another_directory_closes_nothing():
    async with client_of(Recorder([])) as client:
        async with client.at("/b") as there:
            await there.agents.list()
        assert await client.agents.list() == []


async def test_an_injected_transport_is_closed_with_the_client():
    class Closing(httpx.MockTransport):
        closed = 0

        async def aclose(self) -> None:
            self.closed += 1

    transport = Closing(lambda request: httpx.Response(200, json=[]))
    async with OpencodeClient("http://h", transport=transport) as client:
        await client.agents.list()
        assert transport.closed == 0
    assert transport.closed > 0


async def test_nothing_is_sent_before_it_is_asked_for():
    recorder = Recorder([])
    async with client_of(recorder) as client:
        stream = client.events()
        client.at("/x")
        await stream.aclose()
    assert recorder.requests == []
