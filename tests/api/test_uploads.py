"""`/uploads`: what is attached waits here, bounded, and only what a model could read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sprintagen.services.prompt_draft import FILE_LIMIT
from sprintagen.services.refs import OPERATOR, Actor

if TYPE_CHECKING:
    import httpx

    from sprintagen.services import Services

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


async def put(client: httpx.AsyncClient, name: str, mime: str, data: bytes) -> httpx.Response:
    return await client.post("uploads", params={"filename": name}, content=data, headers={"content-type": mime})


async def test_a_picture_comes_back_as_it_went(client: httpx.AsyncClient, services: Services) -> None:
    answer = await put(client, "C:\\x\\a\tb.png", "image/png", PNG)
    assert answer.status_code == 201
    got = await client.get(f"uploads/{answer.json()['id']}")
    assert (got.content, got.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in got.headers["content-security-policy"]
    file = await services.uploads.get(OPERATOR, answer.json()["id"])
    assert (file.filename, file.data) == ("a b.png", PNG)


async def test_only_pictures_are_shown(client: httpx.AsyncClient) -> None:
    upload = (await put(client, "x.html", "text/plain", b"<script>1</script>")).json()["id"]
    got = await client.get(f"uploads/{upload}")
    assert got.headers["content-disposition"] == "attachment"
    assert got.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/zip", "", "text/plain"])
async def test_what_no_model_reads_is_not_kept(client: httpx.AsyncClient, mime: str) -> None:
    assert (await put(client, "x", mime, b"a\0b")).status_code == 422


async def test_what_is_too_large_is_not_kept(client: httpx.AsyncClient) -> None:
    assert (await put(client, "x.txt", "text/plain", b"x" * (FILE_LIMIT + 1))).status_code == 413


@pytest.mark.parametrize("upload", ["0" * 32, "x", "..%2Fsessions", "%00"])
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, upload: str) -> None:
    assert (await client.get(f"uploads/{upload}")).status_code in (404, 405)


async def test_nobody_elses_file_is_found(client: httpx.AsyncClient, services: Services) -> None:
    other = await services.uploads.add(Actor("somebody"), "x.txt", "text/plain", b"secret")
    assert (await client.get(f"uploads/{other}")).status_code == 404
