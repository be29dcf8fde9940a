"""`/events`: numbered, replayed, filtered, kept alive; any number of readers over one stream from opencode."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

from sprintagen.api import sse
from sprintagen.opencode import events
from sprintagen.services import feed_reader
from tests.api.conftest import BEARER, PREFIX, guarded, listening
from tests.served import TOKEN
from tests.services.fakes import settled, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sprintagen.services import Services
    from tests.rig import RealOpencode
    from tests.served import Served
    from tests.services.fakes import FakeOpencode


class Reader:
    """Frames of an event stream, as a program would read them."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def frame(self) -> dict[str, Any]:
        """The next one; `comment` for a heartbeat, empty at the end of the stream."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(20):
            async for line in self._lines:
                if not line:
                    return found
                name, _, value = line.partition(": ") if not line.startswith(":") else ("comment", "", line)
                found[name] = json.loads(value) if name == "data" else value
        return found

    async def until(self, event: str) -> dict[str, Any]:
        while (frame := await self.frame()) and frame.get("event") != event:
            pass
        return frame


@asynccontextmanager
async def reading(base: str, query: str = "", **headers: str) -> AsyncIterator[Reader]:
    async with (
        httpx.AsyncClient(base_url=base, headers=BEARER | headers, trust_env=False, timeout=30) as client,
        client.stream("GET", f"{PREFIX}/events{query}") as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Reader(response)


@pytest.fixture
async def base(services: Services) -> AsyncIterator[str]:
    async with listening(guarded(services)) as base:
        yield base


async def test_events_are_numbered_and_rebuilt(base: str, fake: FakeOpencode) -> None:
    async with reading(base) as reader:
        first = await reader.frame()
        assert first == {"event": "connected", "data": {"server": "connected", "missed": False}}
        session = fake.add_session("hello")
        fake.change_session(session, title="changed")
        created, updated = await reader.frame(), await reader.frame()
        assert (created["event"], updated["event"]) == ("session.created", "session.updated")
        assert created["data"] == {"session_id": session, "title": "hello", "directory": fake.directory}
        assert int(updated["id"]) == int(created["id"]) + 1


async def test_a_reader_who_comes_back_gets_what_it_missed(base: str, fake: FakeOpencode) -> None:
    async with reading(base) as reader:
        await reader.frame()
        session = fake.add_session()
        last = (await reader.frame())["id"]
    fake.change_session(session, title="one")
    fake.change_session(session, title="two")
    await settled()
    async with reading(base, **{"Last-Event-ID": last}) as reader:
        assert (await reader.frame())["data"]["missed"] is False
        assert [(await reader.frame())["data"]["title"] for _ in range(2)] == ["one", "two"]
        fake.change_session(session, title="three")
        assert (await reader.frame())["data"]["title"] == "three"


@pytest.mark.parametrize("last", ["0", "99999999999999999999"])
async def test_a_number_that_is_not_known_any_more_means_missed(base: str, fake: FakeOpencode, last: str) -> None:
    fake.add_session()
    await settled()
    async with reading(base, **{"Last-Event-ID": last}) as reader:
        assert (await reader.frame())["data"]["missed"] is True


async def test_a_filter_lets_one_session_and_its_subagents_through(base: str, fake: FakeOpencode) -> None:
    wanted, other = fake.add_session("wanted"), fake.add_session("other")
    await settled()
    async with reading(base, f"?session_id={wanted}") as reader:
        await reader.frame()
        fake.change_session(other, title="not for us")
        child = fake.add_session("child", parent_id=wanted)
        fake.change_session(wanted, title="for us")
        assert [(await reader.frame())["data"]["session_id"] for _ in range(2)] == [child, wanted]


async def test_silence_is_filled_with_heartbeats(
    base: str, monkeypatch: pytest.MonkeyPatch, fake: FakeOpencode
) -> None:
    monkeypatch.setattr(sse.with_heartbeats, "__kwdefaults__", {"interval": 0.02})
    async with reading(base) as reader:
        await reader.frame()
        assert await reader.frame() == {"comment": ": heartbeat"}
        fake.add_session()
        assert (await reader.until("session.created"))["data"]


async def test_a_reader_who_falls_behind_is_told_and_let_go(
    services: Services, base: str, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = fake.add_session()
    await settled()
    async with reading(base) as reader:
        await reader.frame()
        [queue] = services.feed._readers
        monkeypatch.setattr(queue, "_limit", 0)
        fake.change_session(session, title="one too many")
        assert (await reader.frame())["event"] == "overflow"
        assert await reader.frame() == {}
    assert feed_reader.QUEUE_LIMIT > 0


async def test_a_reader_who_goes_is_forgotten(services: Services, base: str, fake: FakeOpencode) -> None:
    async with reading(base) as reader:
        await reader.frame()
        [queue] = services.feed._readers
    await until(lambda: queue.closed_reason is not None)


async def test_an_unknown_event_gives_no_more_than_its_name(base: str, fake: FakeOpencode) -> None:
    async with reading(base) as reader:
        await reader.frame()
        fake.emit(events.UnknownEvent(type="new.thing\nid: 7", properties={"key": "sk-canary"}))
        frame = await reader.frame()
    assert frame["event"] == "new.thingid: 7"
    assert frame["data"] == {}


async def test_readers_are_ended_when_the_server_stops(services: Services) -> None:
    guard = guarded(services)
    async with listening(guard) as base, reading(base) as reader:
        await reader.frame()
        guard.end_streams()
        assert await reader.frame() == {}


async def test_signing_out_ends_the_event_stream_of_that_session_only(services: Services) -> None:
    guard = guarded(services)
    sessions = [await services.sign_ins.sign_in("a token of sixteen") for _ in range(2)]
    async with listening(guard) as base:
        headers = [{"cookie": f"sprintagen_session={session}"} for session in sessions]
        async with (
            httpx.AsyncClient(base_url=base, trust_env=False) as client,
            client.stream("GET", f"{PREFIX}/events", headers=headers[0]) as first,
            client.stream("GET", f"{PREFIX}/events", headers=headers[1]) as second,
        ):
            readers = [Reader(first), Reader(second)]
            for reader in readers:
                await reader.frame()
            answer = await client.post("/sign-out", headers=headers[0] | {"origin": base})
            assert answer.status_code == 303
            assert await readers[0].frame() == {}
            services.feed._receive(None, events.UnknownEvent(type="still.here", properties={}))
            assert (await readers[1].frame())["event"] == "still.here"


def test_half_a_character_does_not_end_a_stream() -> None:
    assert sse.frame("x", {"title": "\ud83d"}).endswith(b'"?"}\n\n')


def new_session(api: httpx.Client) -> str:
    return str(api.post("sessions", json={"title": "followed"}).json()["id"])


def upstream_connections(served: Served, real_opencode: RealOpencode) -> int:
    assert served.process is not None
    connections = psutil.Process(served.process.pid).net_connections("tcp")
    return sum(c.status == "ESTABLISHED" and c.raddr and c.raddr.port == real_opencode.port for c in connections)


@pytest.mark.real
async def test_many_readers_share_one_stream_from_the_real_server(
    api: httpx.Client, served: Served, real_opencode: RealOpencode
) -> None:
    session = new_session(api)
    idle = 1 + 5  # the event stream, and calls' kept connections for five seconds
    token = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=served.url, headers=token, trust_env=False, timeout=30) as client:
        contexts = [client.stream("GET", f"{PREFIX}/events?session_id={session}") for _ in range(12)]
        readers = [Reader(await context.__aenter__()) for context in contexts]
        for reader in readers:
            await reader.frame()
        assert upstream_connections(served, real_opencode) <= idle
        await client.post(f"{PREFIX}/sessions/{session}/messages?wait=false", json={"text": "/x say 20"})
        numbers = []
        for reader in readers:
            frame = await reader.until("message.part.delta")
            assert frame["data"]["session_id"] == session
            numbers.append(frame["id"])
        assert len(set(numbers)) == 1
        assert upstream_connections(served, real_opencode) <= idle
        for context in contexts:
            await context.__aexit__(None, None, None)


@pytest.mark.real
async def test_a_whole_turn_can_be_followed_and_replayed(api: httpx.Client, served: Served) -> None:
    session = new_session(api)
    token = {"authorization": f"Bearer {TOKEN}"}
    path = f"{PREFIX}/events?session_id={session}"
    async with httpx.AsyncClient(base_url=served.url, headers=token, trust_env=False, timeout=30) as client:
        async with client.stream("GET", path) as response:
            reader = Reader(response)
            await reader.frame()
            await client.post(f"{PREFIX}/sessions/{session}/messages?wait=false", json={"text": "/x say 30"})
            frames: list[dict[str, Any]] = []
            while not frames or frames[-1]["event"] != "session.idle":
                frames.append(await reader.frame())
        said = "".join(f["data"]["delta"] for f in frames if f["event"] == "message.part.delta")
        assert said.split() == [f"w{n}" for n in range(30)]
        numbers = [int(frame["id"]) for frame in frames]
        assert numbers == sorted(numbers)
        async with client.stream("GET", path, headers={"Last-Event-ID": frames[3]["id"]}) as response:
            reader = Reader(response)
            assert (await reader.frame())["data"]["missed"] is False
            again = [await reader.frame() for _ in frames[4:]]
        assert again == frames[4:]
