"""Unchanging files are read once; everything else is asked for every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

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
        inner = Starlette(routes=[Route("/{path:path}", self._serve, methods=["GET", "POST"])])
        transport = httpx.ASGITransport(remembering(inner))
        self.client = httpx.AsyncClient(base_url="http://test", transport=transport)

    async def _serve(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return self._answer(request)


async def test_an_unchanging_file_is_read_once_and_answered_the_same_for_ever_after() -> None:
    files = Files(lambda request: PlainTextResponse(f"of {request.url}", headers=FOR_EVER))
    first = await files.client.get("/static/1/kit.css")
    again = await files.client.get("/static/1/kit.css")
    assert (again.status_code, again.text, again.headers) == (first.status_code, first.text, first.headers)
    assert len(files.asked) == 1
    assert (await files.client.get("/static/2/kit.css")).text == "of http://test/static/2/kit.css"
    assert (await files.client.get("/static/1/kit.css?v=2")).text == "of http://test/static/1/kit.css?v=2"


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
