from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import ManagedError
from sprintagen.managed import locate as locate_module
from sprintagen.managed.locate import Opencode, locate, version_of
from tests.managed.fake_opencode import make_fake_opencode

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_first_supported_one_on_path_wins_and_the_others_are_named(tmp_path: Path) -> None:
    old, right, later = (make_fake_opencode(tmp_path / name) for name in ("old", "right", "later"))
    old.behave(version="1.2.3")
    right.behave(version="1.19.0")
    path = os.pathsep.join(["", str(tmp_path / "none"), *(str(fake.binary.parent) for fake in (old, right, later))])

    search = await locate(path, home=tmp_path)

    assert search.found == Opencode(right.binary, "1.19.0")
    assert search.rejected == (f"{old.binary} is version 1.2.3; sprintagen needs 1.18 or 1.19.",)


async def test_one_that_opencodes_own_installer_put_into_the_home_directory_is_found(tmp_path: Path) -> None:
    fake = make_fake_opencode(tmp_path / ".opencode" / "bin")

    assert (await locate("", home=tmp_path)).found == Opencode(fake.binary, "1.18.33")


async def test_the_same_program_under_two_names_is_asked_once(tmp_path: Path) -> None:
    fake = make_fake_opencode(tmp_path / "one")
    fake.behave(version="1.2.3")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "opencode").symlink_to(fake.binary)

    search = await locate(f"{tmp_path / 'one'}{os.pathsep}{tmp_path / 'two'}", home=tmp_path)

    assert search.found is None
    assert len(search.rejected) == 1


async def test_nothing_is_found_where_there_is_nothing(tmp_path: Path) -> None:
    search = await locate(str(tmp_path), home=tmp_path)

    assert (search.found, search.rejected) == (None, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#!/bin/sh\necho hello\n", "did not answer with a version"),
        ("#!/bin/sh\necho 1.18.33; exit 3\n", "exit code 3"),
        ("#!/no/such/interpreter\n", "cannot be started"),
        ("#!/bin/sh\nsleep 1000\n", "did not answer within"),
    ],
    ids=["other program", "failing", "not startable", "hanging"],
)
async def test_a_program_that_is_no_opencode_is_rejected_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    monkeypatch.setattr(locate_module, "_ANSWER_SECONDS", 1.0)
    binary = tmp_path / "opencode"
    binary.write_text(text)
    binary.chmod(0o755)

    with pytest.raises(ManagedError, match=words):
        await version_of(binary)
    assert words in (await locate(str(tmp_path), home=tmp_path)).rejected[0]
