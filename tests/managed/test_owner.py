from __future__ import annotations

import dataclasses
import os
import subprocess
from typing import TYPE_CHECKING

import psutil
import pytest

from sprintagen.managed import owner as owner_module
from sprintagen.managed.owner import (
    OWNER_VARIABLE,
    Owner,
    descendants,
    end_left_overs,
    end_marked,
    marked,
    new_owner,
    parse_owner,
)
from tests.managed.conftest import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Sleepers:
    """Sleeping processes with a mark, ended and reaped with the test."""

    def __init__(self) -> None:
        self.all: list[subprocess.Popen[bytes]] = []

    def start(self, mark: str | None, command: str = "exec sleep 1000") -> int:
        environment = dict(os.environ) | ({OWNER_VARIABLE: mark} if mark is not None else {})
        process = subprocess.Popen(["sh", "-c", command], env=environment, start_new_session=True)
        self.all.append(process)
        return process.pid


@pytest.fixture
def sleepers() -> Iterator[Sleepers]:
    sleepers = Sleepers()
    yield sleepers
    for process in sleepers.all:
        process.kill()
        process.wait()


def dead(owner: Owner) -> Owner:
    """The same mark, by a process that had our number before us."""
    return dataclasses.replace(owner, started="1")


def test_a_mark_can_be_read_back(tmp_path: Path) -> None:
    owner = new_owner(tmp_path)

    assert parse_owner(owner.text) == owner
    assert owner.is_alive
    assert not dead(owner).is_alive


@pytest.mark.parametrize("text", ["", "a:b", "a:b:c:d", "a:-1:c:d", "a:1:c:d:e"])
def test_what_is_no_mark_of_ours_is_ignored(text: str) -> None:
    assert parse_owner(text) is None


def test_every_process_with_the_mark_is_ended_and_no_other(tmp_path: Path, sleepers: Sleepers) -> None:
    owner, other = new_owner(tmp_path), new_owner(tmp_path)
    ours = [sleepers.start(owner.text), sleepers.start(owner.text, "trap '' TERM; while :; do sleep 0.1; done")]
    others = [sleepers.start(other.text), sleepers.start("nonsense"), sleepers.start(None)]

    assert end_marked(owner, seconds=10) == []

    assert [pid for pid in ours if runs(pid)] == []
    assert [pid for pid in others if runs(pid)] == others


def test_processes_named_besides_are_ended_with_what_is_below_them(tmp_path: Path, sleepers: Sleepers) -> None:
    parent = sleepers.start(None, "sleep 1000 & sleep 1000 & wait")
    while len(descendants(parent)) < 2:
        pass
    below = [process.pid for process in descendants(parent)]

    assert end_marked(new_owner(tmp_path), besides=[psutil.Process(parent)], seconds=10) == []

    assert [pid for pid in [parent, *below] if runs(pid)] == []


def test_only_left_overs_of_dead_owners_of_the_same_folder_are_ended(tmp_path: Path, sleepers: Sleepers) -> None:
    here, there = new_owner(tmp_path / "here"), new_owner(tmp_path / "there")
    left_over = sleepers.start(dead(here).text)
    spared = [sleepers.start(here.text), sleepers.start(dead(there).text)]

    assert end_left_overs(tmp_path / "here") == []

    assert not runs(left_over)
    assert [pid for pid in spared if runs(pid)] == spared


def test_we_and_what_we_run_in_are_never_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = new_owner(tmp_path)
    # Patched, because a process cannot change the environment that others see of it.
    monkeypatch.setattr(psutil.Process, "environ", lambda process: {OWNER_VARIABLE: mark.text})
    monkeypatch.setattr(psutil, "process_iter", lambda: [psutil.Process(), *psutil.Process().parents()])

    assert marked(lambda owner: True) == []


def test_those_that_do_not_end_in_time_are_named(
    tmp_path: Path, sleepers: Sleepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = new_owner(tmp_path)
    pid = sleepers.start(owner.text)
    monkeypatch.setattr(owner_module, "_is_alive", lambda process: True)

    assert end_marked(owner, besides=[psutil.Process(pid)], seconds=0.1) == [pid]
