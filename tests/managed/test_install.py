from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import ManagedError
from sprintagen.managed import install as install_module
from sprintagen.managed.install import install, installed_binary, provide
from sprintagen.managed.locate import Opencode, version_of
from sprintagen.managed.platforms import Machine
from sprintagen.managed.versions import PINNED_VERSION
from tests.managed.conftest import eventually
from tests.managed.fake_opencode import make_fake_opencode

if TYPE_CHECKING:
    from pathlib import Path

NPM = r"""
import json, os, sys, time
from pathlib import Path
here = Path(__file__).parent
if "--version" in sys.argv:
    raise SystemExit(1 if (here / "broken").exists() else 0)
with (here / "calls").open("a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\n")
while (here / "wait").exists():
    time.sleep(0.02)
if (here / "fails").exists():
    print("npm error code ENOTFOUND\nnpm error network request failed", file=sys.stderr)
    raise SystemExit(1)
prefix = Path(next(word for word in sys.argv if word.startswith("--prefix=")).partition("=")[2])
for word in sys.argv:
    name, _, version = word.partition("@")
    if not version or word.startswith("-"):
        continue
    (prefix / "node_modules" / name / "bin").mkdir(parents=True)
    if name == "opencode-ai":
        (prefix / "node_modules" / name / "LICENSE").write_text("MIT")
        continue
    runs = not (here / f"spoiled-{name}").exists()
    binary = prefix / "node_modules" / name / "bin" / "opencode"
    binary.write_text("#!/bin/sh\n" + (f"echo {(here / 'has').read_text() if (here / 'has').exists() else version}" if runs else "kill -ILL $$"))
    binary.chmod(0o755)
"""  # noqa: E501


class FakeNpm:
    """An npm on PATH that makes the packages it is asked for up; files beside it say how it misbehaves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "npm").write_text(f"#!{sys.executable} -IS\n{NPM}")
        (folder / "npm").chmod(0o755)

    def behave(self, name: str, text: str = "") -> None:
        (self.folder / name).write_text(text)

    @property
    def calls(self) -> list[list[str]]:
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNpm:
    """The only npm there is, on a machine of a known kind."""
    fake = FakeNpm(tmp_path / "npm")
    monkeypatch.setenv("PATH", f"{fake.folder}{os.pathsep}/bin")
    monkeypatch.setenv("HOME", str(tmp_path))

    async def a_machine() -> Machine:
        return Machine("linux", "x64")

    monkeypatch.setattr(install_module, "this_machine", a_machine)
    return fake


def names_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_the_program_for_this_machine_ends_up_alone_in_the_data_directory(npm: FakeNpm, tmp_path: Path) -> None:
    said: list[str] = []
    opencode = await install(tmp_path / "data", report=said.append)

    assert opencode == Opencode(installed_binary(tmp_path / "data"), PINNED_VERSION)
    assert await version_of(opencode.binary) == PINNED_VERSION
    assert names_below(tmp_path / "data" / "opencode") == {
        ".lock",
        f"{PINNED_VERSION}/LICENSE",
        f"{PINNED_VERSION}/opencode",
    }
    assert said[0].startswith(f"Fetching opencode {PINNED_VERSION}")
    assert said[-1] == f"opencode {PINNED_VERSION} is ready."


async def test_npm_runs_no_script_and_fetches_one_build_only(npm: FakeNpm, tmp_path: Path) -> None:
    await install(tmp_path)

    (call,) = npm.calls
    assert call[-2:] == [f"opencode-ai@{PINNED_VERSION}", f"opencode-linux-x64@{PINNED_VERSION}"]
    assert {"--ignore-scripts", "--omit=optional"} <= set(call)


async def test_what_is_there_is_not_fetched_again(npm: FakeNpm, tmp_path: Path) -> None:
    first = await install(tmp_path)
    second = await install(tmp_path)

    assert first == second
    assert len(npm.calls) == 1


async def test_a_program_that_does_not_run_any_more_is_fetched_again(npm: FakeNpm, tmp_path: Path) -> None:
    opencode = await install(tmp_path)
    opencode.binary.write_bytes(b"half of it")

    assert await install(tmp_path) == opencode
    assert await version_of(opencode.binary) == PINNED_VERSION


async def test_a_build_that_does_not_run_here_gives_way_to_the_next(npm: FakeNpm, tmp_path: Path) -> None:
    npm.behave("spoiled-opencode-linux-x64")
    said: list[str] = []
    opencode = await install(tmp_path, report=said.append)

    assert await version_of(opencode.binary) == PINNED_VERSION
    assert npm.calls[-1][-1] == f"opencode-linux-x64-baseline@{PINNED_VERSION}"
    assert "opencode-linux-x64 does not run here, trying the next build." in said


async def test_when_no_build_runs_here_the_other_ways_are_named(npm: FakeNpm, tmp_path: Path) -> None:
    for package in Machine("linux", "x64").packages:
        npm.behave(f"spoiled-{package}")

    with pytest.raises(ManagedError, match="None of the opencode builds runs") as caught:
        await install(tmp_path)

    assert "OPENCODE_SERVER_URL" in caught.value.hint


async def test_a_package_with_another_version_in_it_is_refused(npm: FakeNpm, tmp_path: Path) -> None:
    npm.behave("has", "1.0.0")

    with pytest.raises(ManagedError, match=r"has opencode 1\.0\.0 in it"):
        await install(tmp_path)

    assert not installed_binary(tmp_path).exists()


async def test_what_npm_says_about_its_failure_is_passed_on_and_nothing_is_left(npm: FakeNpm, tmp_path: Path) -> None:
    npm.behave("fails")

    with pytest.raises(ManagedError, match="ENOTFOUND") as caught:
        await install(tmp_path / "data")

    assert "internet connection" in caught.value.hint
    assert names_below(tmp_path / "data" / "opencode") == {".lock"}


async def test_two_at_once_fetch_once(npm: FakeNpm, tmp_path: Path) -> None:
    npm.behave("wait")
    said: list[str] = []
    first = asyncio.create_task(install(tmp_path))
    await eventually(lambda: npm.calls)
    second = asyncio.create_task(install(tmp_path, report=said.append))
    await eventually(lambda: said)
    (npm.folder / "wait").unlink()

    assert await first == await second
    assert said == ["Another sprintagen is fetching opencode; waiting for it."]
    assert len(npm.calls) == 1


async def test_cancelling_leaves_nothing(npm: FakeNpm, tmp_path: Path) -> None:
    npm.behave("wait")
    fetching = asyncio.create_task(install(tmp_path / "data"))
    await eventually(lambda: npm.calls)

    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching

    assert names_below(tmp_path / "data" / "opencode") == {".lock"}


async def test_what_a_killed_fetch_left_is_removed_by_the_next(npm: FakeNpm, tmp_path: Path) -> None:
    left = tmp_path / "opencode" / ".fetch-abc" / "node_modules"
    left.mkdir(parents=True)
    await install(tmp_path)

    assert not left.parent.exists()


async def test_a_person_who_waits_is_told_that_it_goes_on(
    npm: FakeNpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install_module, "_STILL_SECONDS", 0.05)
    npm.behave("wait")
    said: list[str] = []
    fetching = asyncio.create_task(install(tmp_path, report=said.append))
    await eventually(lambda: any("npm is still at it" in line for line in said))
    (npm.folder / "wait").unlink()
    await fetching


async def test_a_data_directory_that_cannot_be_used_is_said_in_words(npm: FakeNpm, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(ManagedError, match="cannot be kept in") as caught:
        await install(tmp_path / "data")

    assert "SPRINTAGEN_DATA_DIR" in caught.value.hint


@pytest.mark.parametrize("has_broken_npm", [False, True])
async def test_with_neither_npm_nor_pip_it_says_what_to_install(
    npm: FakeNpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_broken_npm: bool
) -> None:
    if has_broken_npm:
        npm.behave("broken")
    else:
        (npm.folder / "npm").unlink()
        monkeypatch.setenv("PATH", str(npm.folder))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said: list[str] = []

    with pytest.raises(ManagedError, match="neither npm nor pip") as caught:
        await install(tmp_path, report=said.append)

    assert "Node.js" in caught.value.hint
    assert any("does not work; taking Node from PyPI" in line for line in said) is has_broken_npm


async def test_a_supported_one_on_path_is_taken_and_an_unsupported_one_is_mentioned(
    npm: FakeNpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = make_fake_opencode(tmp_path / "program")
    monkeypatch.setenv("PATH", f"{fake.binary.parent}{os.pathsep}{npm.folder}")

    assert await provide(tmp_path / "data") == Opencode(fake.binary, "1.18.33")

    fake.behave(version="1.2.3")
    said: list[str] = []
    assert (await provide(tmp_path / "data", report=said.append)).binary == installed_binary(tmp_path / "data")
    assert "is version 1.2.3" in said[0]


@pytest.mark.real
@pytest.mark.timeout(600)
async def test_the_pinned_opencode_is_fetched_with_npm(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("there is no npm here")

    opencode = await install(tmp_path)

    assert await version_of(opencode.binary) == PINNED_VERSION


@pytest.mark.real
@pytest.mark.timeout(600)
async def test_the_pinned_opencode_is_fetched_without_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("sh", "env", "ldd"):
        if found := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    said: list[str] = []

    opencode = await install(tmp_path / "data", report=said.append)

    assert await version_of(opencode.binary) == PINNED_VERSION
    assert said[0].startswith("There is no npm here: fetching Node from PyPI")
    assert names_below(tmp_path / "data" / "opencode" / PINNED_VERSION) == {"LICENSE", "opencode"}
