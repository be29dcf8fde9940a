"""What was seen stays: an answer that streams while sprintagen, or both, are killed."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sprintagen.demo.model_server import ModelServerThread
from sprintagen.services.message_view import HOLE
from tests.faults.system import System

pytestmark = pytest.mark.real

WORDS = 300


@pytest.fixture
def system(opencode_binary: Path, scripted_model: ModelServerThread, tmp_path: Path) -> Iterator[System]:
    with System(tmp_path, opencode_binary, scripted_model.url) as system:
        yield system


def answer(system: System, session_id: str) -> dict[str, Any]:
    return next(item for item in reversed(system.read(session_id)) if item["role"] == "assistant")


def said(system: System, session_id: str) -> str:
    return "".join(part.get("text", "") for part in answer(system, session_id)["parts"] if part["type"] == "text")


def kept(system: System) -> str:
    [file] = system.web.data_dir.rglob("*.sqlite")
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT text FROM sprintagen_text_in_flight ORDER BY part_id, at").fetchall()
    return "".join(text for (text,) in found)


def begin(system: System) -> tuple[str, str]:
    """A session whose answer streams, and what of it is on the disk."""
    session_id = system.new_session()
    assert system.send(session_id, 0, f"/x say {WORDS} 20").acknowledged_at is not None
    system.web.wait_until(lambda: kept(system).count("w") > 20)
    return session_id, kept(system)


def test_a_page_loaded_after_a_killed_sprintagen_shows_what_was_said_before_and_in_the_end_everything(
    system: System,
) -> None:
    session_id, seen = begin(system)
    system.restart_web()
    system.web.wait_until(lambda: len(said(system, session_id)) > len(seen) + len(HOLE))
    text = said(system, session_id)
    assert text.startswith(seen)
    before, _, after = text.partition(HOLE)
    assert before.split() == [f"w{number}" for number in range(len(before.split()))]
    assert after.split()[1:-1] == [
        f"w{number}" for number in range(*(int(after.split()[at].strip("w")) for at in (1, -1)))
    ]
    system.assert_kept([session_id])
    assert said(system, session_id).split() == [f"w{number}" for number in range(WORDS)]
    system.web.wait_until(lambda: not kept(system))


def test_text_that_was_seen_is_there_and_marked_after_both_were_killed(system: System) -> None:
    session_id, seen = begin(system)
    system.web.end(signal.SIGKILL)
    system.kill_opencode()
    for _ in range(2):  # and after a second time
        system.restart_opencode([session_id])
        system.web.start()
        system.web.wait_until(lambda: said(system, session_id).startswith(seen))
        system.web.wait_until(lambda: not answer(system, session_id).get("finish"))
        assert kept(system).startswith(seen)
        system.web.end(signal.SIGKILL)
        system.kill_opencode()
    system.restart_opencode([session_id])
    system.web.start()
    assert system.send(session_id, 0).acknowledged_at is not None
    system.assert_kept([session_id])
    assert any(part.get("text", "").startswith(seen) for item in system.read(session_id) for part in item["parts"])
