"""`/pty` over the real opencode: a shell, what it prints, what is typed, and how little of it is under way at once."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import psutil
import pytest

from tests.served import COOKIE, TOKEN, Served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.rig import RealOpencode

pytestmark = pytest.mark.real


class Terminal:
    """The browser's end of a terminal's socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.text = ""
        self.said: list[dict[str, Any]] = []
        self.units = 0
        self.draws = True
        self.code: int | None = None

    async def read(self, *, until: str = "", seconds: float = 30) -> str:
        """Take what comes until a text is there, or it closes."""
        async with asyncio.timeout(seconds):
            while not until or until not in self.text:
                message = await self.socket.receive()
                if message.type == aiohttp.WSMsgType.TEXT:
                    self.text += message.data
                    units = len(message.data.encode("utf-16-le")) // 2
                    self.units += units
                    if self.draws:
                        await self.say(drawn=units)
                elif message.type == aiohttp.WSMsgType.BINARY:
                    self.said.append(json.loads(message.data))
                    if until == "reached" and "reached" in self.said[-1]:
                        break
                else:
                    self.code = self.socket.close_code
                    break
        return self.text

    async def type(self, text: str) -> None:
        await self.socket.send_str(text)

    async def say(self, **said: Any) -> None:
        await self.socket.send_bytes(json.dumps(said).encode())

    @property
    def cursor(self) -> int:
        return int(next(said["reached"] for said in reversed(self.said) if "reached" in said))


@asynccontextmanager
async def attached(served: Served, terminal: str, *, cursor: int = 0, session: str = "") -> AsyncIterator[Terminal]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if session:
        headers = {"Cookie": f"{COOKIE}={session}", "Origin": served.url}
    url = f"{served.url}/api/opencode/pty/{terminal}/connect?cursor={cursor}"
    async with aiohttp.ClientSession() as client, client.ws_connect(url, headers=headers, max_msg_size=0) as socket:
        yield Terminal(socket)


@pytest.fixture
async def calls(api: httpx.Client) -> AsyncIterator[httpx.AsyncClient]:
    """A program with the token, beside what is read from a socket."""
    async with httpx.AsyncClient(base_url=api.base_url, headers=api.headers, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
async def terminal(calls: httpx.AsyncClient) -> AsyncIterator[str]:
    """A new terminal's id."""
    answer = await calls.post("pty")
    assert answer.status_code == 201, answer.text
    identifier = answer.json()["id"]
    yield identifier
    await calls.delete(f"pty/{identifier}")


async def test_what_is_typed_runs_and_what_it_prints_comes_back(served: Served, terminal: str) -> None:
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        await shell.type("echo $((6*7))é; pwd\n")
        assert "/repo" in await shell.read(until="/repo\r\n")
        assert "42é" in shell.text


async def test_the_terminal_has_the_size_of_its_panel(served: Served, terminal: str) -> None:
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        await shell.say(size=[93, 21])
        await asyncio.sleep(0.5)
        await shell.type("stty size\n")
        assert "21 93" in await shell.read(until="21 93")


async def test_who_comes_back_sees_what_was_printed_before_and_only_that(served: Served, terminal: str) -> None:
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        await shell.type("echo first-$((1+1))\n")
        await shell.read(until="first-2\r\n")
    async with attached(served, terminal) as again:
        await again.read(until="reached")
        assert "first-2" in again.text
        await again.type("echo second-$((1+1))\n")
        await again.read(until="second-2\r\n")
        seen = again.cursor
    async with attached(served, terminal, cursor=seen) as third:
        await third.read(until="second-2\r\n")
        assert "first-2" not in third.text


async def test_an_end_says_its_exit_code(served: Served, terminal: str, calls: httpx.AsyncClient) -> None:
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        await shell.type("exit 7\n")
        await shell.read()
        assert shell.said[-1] == {"ended": {"exit_code": 7}}
        assert shell.code == 4000
    assert (await calls.get("pty")).json() == []
    async with attached(served, terminal) as again:
        await again.read()
        assert again.said == [{"ended": {"exit_code": 7}}]


async def test_one_closed_elsewhere_says_so(served: Served, terminal: str, calls: httpx.AsyncClient) -> None:
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        assert (await calls.delete(f"pty/{terminal}")).status_code == 204
        await shell.read()
        assert shell.said[-1] == {"ended": {"exit_code": None}}
    assert (await calls.delete(f"pty/{terminal}")).status_code == 204


async def test_the_servers_password_is_not_in_its_environment(
    served: Served, terminal: str, real_opencode: RealOpencode
) -> None:
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        await shell.type('env; echo "<$OPENCODE_SERVER_PASSWORD>"; echo done-$((1+1))\n')
        await shell.read(until="done-2\r\n")
        assert "<>" in shell.text
        assert real_opencode.password.get_secret_value() not in shell.text


async def test_a_terminal_is_renamed_and_listed_in_the_sessions_directory(
    served: Served, terminal: str, calls: httpx.AsyncClient, real_opencode: RealOpencode
) -> None:
    assert (await calls.patch(f"pty/{terminal}", json={"title": "Build"})).json()["title"] == "Build"
    session = real_opencode.new_session("with a terminal")
    [listed] = (await calls.get("pty", params={"session_id": session})).json()
    assert (listed["id"], listed["title"], listed["directory"]) == (terminal, "Build", str(real_opencode.directory))
    assert (await calls.get("pty", params={"session_id": "ses_none"})).status_code == 404
    assert (await calls.patch(f"pty/{terminal}", json={"title": ""})).status_code == 422


async def test_signing_out_ends_the_socket_and_not_the_terminal(
    served: Served, terminal: str, calls: httpx.AsyncClient
) -> None:
    session = await asyncio.to_thread(served.sign_in)
    async with attached(served, terminal, session=session) as shell:
        await shell.read(until="reached")
        with served.member(session) as browser:
            assert (await asyncio.to_thread(browser.post, "/sign-out")).status_code == 303
        await shell.read(seconds=5)
        assert shell.code == 1008
    assert [row["id"] for row in (await calls.get("pty")).json()] == [terminal]


async def test_a_flood_is_bounded_leaves_others_alone_and_can_be_stopped(
    served: Served, terminal: str, calls: httpx.AsyncClient
) -> None:
    assert served.process is not None
    process = psutil.Process(served.process.pid)
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        before = process.memory_info().rss
        shell.draws = False
        await shell.type("yes\n")
        with pytest.raises(TimeoutError):
            await shell.read(seconds=8)
        assert shell.units <= 400_000  # a window and what was drawn
        for _ in range(5):
            assert (await calls.get("pins")).status_code == 200  # opencode itself is slow meanwhile
        assert process.memory_info().rss - before < 60_000_000
        await shell.type("\x03")
        shell.draws = True
        await shell.say(drawn=shell.units)
        await shell.type("echo over-$((1+1))\n")
        await shell.read(until="over-2\r\n", seconds=60)


@pytest.mark.parametrize(
    "nonsense", [b"", b"\xff", b"[]", b'{"size":[0,0]}', b'{"size":["a"]}', b'{"drawn":-1}', b"[" * 9999]
)
async def test_nonsense_ends_the_socket_and_not_the_terminal(
    served: Served, terminal: str, calls: httpx.AsyncClient, nonsense: bytes
) -> None:
    async with attached(served, terminal) as shell:
        await shell.read(until="reached")
        await shell.socket.send_bytes(nonsense)
        await shell.read(seconds=10)
        assert shell.code == 1007
    assert [row["id"] for row in (await calls.get("pty")).json()] == [terminal]
    assert "Traceback" not in served.log
