"""What can be looked at of a directory, and how what cannot is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import InvalidInput, NotFound
from sprintagen.opencode import errors, events
from sprintagen.opencode.models import FileDiff
from sprintagen.opencode.models.place import MatchText, SearchMatch, Submatch
from sprintagen.services import browsing
from sprintagen.services.browsing import Entry, Mark
from sprintagen.services.changes import Change, FileEdited
from sprintagen.services.file_text import view_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

OUTSIDE = ("../x", "/etc/passwd", "~/x", "a/../../x", "C:/x", "a\\b", "a\nb", "x" * 5000)


async def test_a_folder_has_folders_first_and_no_git_of_its_own(services: Services) -> None:
    folder = await services.browsing.list()
    assert folder.entries == (Entry("src", "directory"), Entry("a.py", "file"), Entry("link", "file"))
    assert (await services.browsing.list("src")).entries == (Entry("b.py", "file"),)


async def test_a_huge_folder_is_listed_in_part_and_says_so(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "ENTRIES", 2)
    folder = await services.browsing.list()
    assert (len(folder.entries), folder.left_out) == (2, 1)


@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_outside_the_directory_is_asked_for(services: Services, fake: FakeOpencode, path: str) -> None:
    before = list(fake.calls)
    with pytest.raises(InvalidInput, match="not in the project"):
        await services.browsing.read(path)
    with pytest.raises(InvalidInput, match="not in the project"):
        await services.browsing.list(path)
    assert fake.calls == before


async def test_a_file_is_read_with_the_lines_it_has(services: Services) -> None:
    view = await services.browsing.read("a.py")
    assert (view.kind, view.lines, view.size) == ("text", ("", "", "x = 1"), 8)


async def test_why_a_path_cannot_be_read_is_said(services: Services) -> None:
    with pytest.raises(NotFound, match="not there"):
        await services.browsing.read("gone.py")
    with pytest.raises(NotFound, match="not there"):
        await services.browsing.read("gone/too.py")
    with pytest.raises(InvalidInput, match="is a folder"):
        await services.browsing.read("src")
    with pytest.raises(InvalidInput, match="is a file"):
        await services.browsing.list("a.py")
    with pytest.raises(errors.ServerFault):
        await services.browsing.read("link")


async def test_a_server_that_is_gone_is_told_as_such(services: Services, fake: FakeOpencode) -> None:
    fake.broken["files.read"] = [errors.ServerUnreachable("opencode does not answer.")]
    with pytest.raises(errors.ServerUnreachable):
        await services.browsing.read("a.py")
    fake.broken["files.list"] = [errors.ServerAuthError("No.")]
    with pytest.raises(errors.ServerAuthError):
        await services.browsing.list("src")


async def test_a_text_is_looked_for_as_it_stands_and_a_pattern_as_one(services: Services, fake: FakeOpencode) -> None:
    fake.text_matches = [
        SearchMatch(
            path=MatchText(text="a.py"),
            lines=MatchText(text="é = f(x)\r\n"),
            line_number=3,
            submatches=[Submatch(start=5, end=9)],
        ),
        SearchMatch(path=MatchText(text="/etc/passwd"), lines=MatchText(text="x")),
    ]
    (match,) = await services.browsing.search("f(x)")
    assert (match.path, match.line, match.text, match.spans) == ("a.py", 3, "é = f(x)", ((4, 8),))
    await services.browsing.search("F.*x", is_pattern=True)
    assert [call for call in fake.calls if call.startswith("files.search")] == [
        r"files.search (?i)f\(x\)",
        "files.search F.*x",
    ]
    for text in ("", " ", "a\nb", "x" * 1001):
        with pytest.raises(InvalidInput):
            await services.browsing.search(text)
    with pytest.raises(InvalidInput, match="cannot look for this"):
        await services.browsing.search("(", is_pattern=True)


async def test_a_long_line_is_shown_around_its_first_hit(services: Services, fake: FakeOpencode) -> None:
    line = "x" * 9000 + "needle" + "y" * 9000
    fake.text_matches = [
        SearchMatch(path=MatchText(text="a"), lines=MatchText(text=line), submatches=[Submatch(start=9000, end=9006)])
    ]
    (match,) = await services.browsing.search("needle")
    assert len(match.text) == browsing.LINE_LIMIT
    assert [match.text[start:end] for start, end in match.spans] == ["needle"]


def test_hits_behind_what_is_shown_of_a_line_are_not_counted_out() -> None:
    asked: list[int] = []

    def spans() -> Iterator[tuple[int, int]]:
        for start in range(1000, 300_000, 3):  # ü is two bytes
            asked.append(start)
            yield start, start + 3

    match = browsing._match("a.min.js", 1, "x" * 1000 + "üe" * 100_000, spans())
    assert {match.text[start:end] for start, end in match.spans} == {"üe"}
    assert len(asked) < browsing.LINE_LIMIT


async def test_git_marks_what_differs_from_the_last_commit(services: Services, fake: FakeOpencode) -> None:
    fake.git_changes = [
        FileDiff(file="a.py", additions=1, deletions=2, status="modified"),
        FileDiff(file="new", additions=1, status="added"),
        FileDiff(file="../elsewhere", status="modified"),
    ]
    assert await services.browsing.marks() == {"a.py": Mark("modified", 1, 2), "new": Mark("added", 1, 0)}


async def test_a_file_that_a_tool_changed_is_told_to_every_page_and_to_no_list(services: Services) -> None:
    heard: list[Change | str] = []
    watch = services.watching.watch(heard.append, lambda: heard.append("list"))
    services.store.apply("/d", events.FileEdited(file="/d/a.py"))
    assert heard == [FileEdited("/d/a.py")]
    assert services.watching._timer is None
    watch.close()


@pytest.mark.parametrize(
    ("data", "lines", "is_exact"),
    [
        (b"", ("",), True),
        (b"\n\na\n\n", ("", "", "a", ""), True),
        (b"a\r\nb", ("a", "b"), True),
        (b"\xef\xbb\xbfa\n", ("a",), True),
        (b"a\xff\n", ("a\ufffd",), False),
        ("a\né".encode("utf-16"), ("a", "é"), True),
        (b"<script>\n", ("<script>",), True),
    ],
)
def test_text_keeps_its_lines_whatever_ends_them(data: bytes, lines: tuple[str, ...], is_exact: bool) -> None:
    view = view_of("x", data, len(data), is_whole=True)
    assert (view.kind, view.lines, view.is_exact) == ("text", lines, is_exact)


def test_a_text_that_is_cut_ends_with_a_whole_line_and_blames_no_half_character() -> None:
    view = view_of("x", "one\ntwo é".encode()[:-1], 99, is_whole=False)
    assert (view.lines, view.is_exact) == (("one",), True)


@pytest.mark.parametrize(
    ("data", "kind", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n\0", "picture", "image/png"),
        (b"\xff\xd8\xff\xe0", "picture", "image/jpeg"),
        (b"GIF89a", "picture", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "picture", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "text", ""),
        (b"\x7fELF\0", "binary", ""),
        (b"PNG", "text", ""),
    ],
)
def test_a_picture_is_what_its_bytes_say(data: bytes, kind: str, mime: str) -> None:
    view = view_of("evil.png", data, len(data), is_whole=True)
    assert (view.kind, view.mime, view.data) == (kind, mime, data if kind == "picture" else b"")


def test_a_picture_that_is_cut_is_not_shown() -> None:
    assert view_of("x.png", b"\x89PNG\r\n\x1a\n", 9_000_000, is_whole=False).data == b""
