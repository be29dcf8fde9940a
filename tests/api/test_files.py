"""`/files`: what a program sees of a directory, bounded, and nothing that leads out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode.models.place import MatchText, SearchMatch, Submatch
from tests.api.test_errors import assert_is_problem

if TYPE_CHECKING:
    import httpx

    from tests.rig import RealOpencode
    from tests.services.fakes import FakeOpencode

PNG = b"\x89PNG\r\n\x1a\nrest"


async def test_a_folder_is_listed_as_far_as_is_wanted(client: httpx.AsyncClient) -> None:
    everything = (await client.get("files/list")).json()
    assert (everything["path"], everything["left_out"]) == ("", 0)
    assert [(one["name"], one["kind"]) for one in everything["entries"]] == [
        ("src", "directory"), ("a.py", "file"), ("link", "file"),
    ]  # fmt: skip
    some = (await client.get("files/list", params={"limit": 2})).json()
    assert ([one["name"] for one in some["entries"]], some["left_out"]) == (["src", "a.py"], 1)
    assert [one["name"] for one in (await client.get("files/list?path=src")).json()["entries"]] == ["b.py"]


async def test_a_text_comes_with_the_lines_that_are_wanted(client: httpx.AsyncClient) -> None:
    whole = (await client.get("files/content", params={"path": "a.py"})).json()
    assert whole == {
        "path": "a.py", "kind": "text", "size": 8, "is_whole": True, "text": "\n\nx = 1\n", "lines": 3, "first": 1,
        "is_exact": True, "mime": "", "data": None,
    }  # fmt: skip
    part = (await client.get("files/content", params={"path": "a.py", "first": 2, "last": 3})).json()
    assert (part["text"], part["first"], part["lines"]) == ("\nx = 1\n", 2, 3)
    assert (await client.get("files/content", params={"path": "a.py", "first": 9})).json()["text"] == ""


async def test_a_picture_comes_as_it_is_and_other_bytes_do_not_come(
    client: httpx.AsyncClient, fake: FakeOpencode
) -> None:
    fake.file_bytes = {"a.png": PNG, "a.bin": b"a\0b"}
    picture = (await client.get("files/content", params={"path": "a.png"})).json()
    assert (picture["kind"], picture["mime"], picture["text"]) == ("picture", "image/png", None)
    assert picture["data"] == "iVBORw0KGgpyZXN0"
    other = (await client.get("files/content", params={"path": "a.bin"})).json()
    assert (other["kind"], other["size"], other["text"], other["data"]) == ("binary", 3, None, None)


async def test_lines_with_a_text_are_found(client: httpx.AsyncClient, fake: FakeOpencode) -> None:
    hit = SearchMatch(
        path=MatchText(text="a.py"), lines=MatchText(text="x = 1\n"), line_number=3,
        submatches=[Submatch(match=MatchText(text="x"), start=0, end=1)],
    )  # fmt: skip
    fake.text_matches = [hit]
    found = (await client.get("files/search", params={"text": "x"})).json()
    assert found == [{"path": "a.py", "line": 3, "text": "x = 1", "spans": [[0, 1]]}]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("list?path=gone", 404, "path"),
        ("list?path=a.py", 422, "path"),
        ("list?limit=0", 422, "limit"),
        ("list?limit=20001", 422, "limit"),
        ("list?directory=/etc", 422, "directory"),
        ("content", 422, "path"),
        ("content?path=", 422, "path"),
        ("content?path=src", 422, "path"),
        ("content?path=gone.py", 404, "path"),
        ("content?path=a.py&first=3&last=2", 422, "last"),
        ("content?path=a.py&first=0", 422, "first"),
        ("content?path=a.py&directory=/etc", 422, "directory"),
        ("search", 422, "text"),
        ("search?text=", 422, "text"),
        ("search?text=(&is_pattern=true", 422, "text"),
        (f"search?text={'x' * 1001}", 422, "text"),
    ],
)
async def test_what_cannot_be_looked_at_names_the_field(
    client: httpx.AsyncClient, query: str, status: int, field: str
) -> None:
    answer = await client.get(f"files/{query}")
    assert assert_is_problem(answer, status, answer.json()["code"])["field"] == field


@pytest.mark.real
def test_the_real_directory_is_looked_at_and_nothing_else(api: httpx.Client, real_opencode: RealOpencode) -> None:
    folder = Path(real_opencode.directory) / "looked-at"
    folder.mkdir()
    (folder / "one.txt").write_text("first\nneedle-4711\n")
    (folder / "out").symlink_to("/etc")
    assert [one["name"] for one in api.get("files/list?path=looked-at").json()["entries"]] == ["one.txt"]
    assert api.get("files/content?path=looked-at/one.txt&first=2").json()["text"] == "needle-4711\n"
    assert api.get("files/search?text=NEEDLE-4711").json() == [], "large letters fit large ones only"
    [line] = api.get("files/search?text=needle-4711").json()
    assert (line["path"], line["line"]) == ("looked-at/one.txt", 2)
    for path in ("looked-at/out", "looked-at/out/hostname"):
        assert api.get("files/list", params={"path": path}).status_code in (404, 422, 502)
        answer = api.get("files/content", params={"path": path})
        assert answer.status_code in (404, 422, 502)
        assert Path("/etc/hostname").read_text().strip() not in answer.text
