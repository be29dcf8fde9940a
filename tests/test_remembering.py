"""Unchanging files are read once; everything else is asked for every time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sprintagen import remembering as remembering_module
from sprintagen.remembering import LARGEST, remembering

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class Files:
    """An application that counts what it is asked for."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self.asked: list[str] = []
        self._answer = answer
        self._may_answer = asyncio.Event()
        self._may_answer.set()
        inner = Starlette(routes=[Route("/{path:path}", self._serve, methods=["GET", "POST"])])
        transport = httpx.ASGITransport(remembering(inner))
        self.client = httpx.AsyncClient(base_url="http://test", transport=transport)

    async def _serve(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        await self._may_answer.wait()
        return self._answer(request)

    def hold(self) -> None:
        """Answer nobody for now."""
        self._may_answer.clear()

    def let_go(self) -> None:
        """Answer those that wait."""
        self._may_answer.set()


async def test_an_unchanging_file_is_read_once_and_answered_the_same_for_ever_after() -> None:
    files = Files(lambda request: PlainTextResponse(f"of {request.url}", headers=FOR_EVER))
    first = await files.client.get("/static/1/kit.css")
    again = await files.client.get("/static/1/kit.css")
    assert (again.status_code, again.text, again.headers) == (first.status_code, first.text, first.headers)
    assert len(files.asked) == 1
    assert (await files.client.get("/static/2/kit.css")).text == "of http://test/static/2/kit.css"


async def test_words_behind_an_address_fill_no_memory() -> None:
    files = Files(lambda request: PlainTextResponse(f"of {request.url}", headers=FOR_EVER))
    for address in ("/static/1/a", "/static/1/a?v=2", "/static/1/a?v=2"):
        assert (await files.client.get(address)).text == f"of http://test{address}"
    assert len(files.asked) == 3


async def test_a_file_that_two_pages_ask_for_at_once_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering_module, "MOST", 10)
    files = Files(lambda _: PlainTextResponse("1234", headers=FOR_EVER))
    files.hold()
    both = [asyncio.create_task(files.client.get("/static/1/a")) for _ in range(2)]
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(files.asked) == 2
    files.let_go()
    await asyncio.gather(*both)
    for _ in range(2):
        await files.client.get("/static/1/b")
    assert files.asked.count("/static/1/b") == 1


async def test_who_takes_no_compressed_answer_gets_none() -> None:
    files = Files(lambda request: PlainTextResponse(request.headers["accept-encoding"], headers=FOR_EVER))
    for accepted in ("gzip, br", "identity", "gzip, br", "identity"):
        answer = await files.client.get("/static/1/a", headers={"Accept-Encoding": accepted})
        assert answer.text == accepted
    assert len(files.asked) == 2


@pytest.mark.parametrize(
    ("path", "status", "headers", "size"),
    [
        ("/admin/chats", 200, FOR_EVER, 1),
        ("/static/1/a", 404, FOR_EVER, 1),
        ("/static/1/a", 200, {"Cache-Control": "no-cache"}, 1),
        ("/static/1/a", 200, FOR_EVER, LARGEST + 1),
    ],
)
async def test_what_may_change_is_asked_for_every_time(
    path: str, status: int, headers: dict[str, str], size: int
) -> None:
    files = Files(lambda request: PlainTextResponse("x" * size, status_code=status, headers=headers))
    for _ in range(2):
        assert (await files.client.get(path)).status_code == status
    assert len(files.asked) == 2


async def test_a_part_of_a_file_and_another_method_are_not_answered_from_memory() -> None:
    files = Files(lambda request: PlainTextResponse("x", headers=FOR_EVER))
    await files.client.get("/static/1/a")
    await files.client.get("/static/1/a", headers={"Range": "bytes=0-0"})
    await files.client.post("/static/1/a")
    assert len(files.asked) == 3
