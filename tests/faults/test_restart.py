"""Prompts that were acknowledged outlive the process that took them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sprintagen.demo.model_server import ModelServerThread
from tests.faults.system import Sender, System

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def system(
    opencode_binary: Path, scripted_model: ModelServerThread, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    with System(tmp_path_factory.mktemp("restart"), opencode_binary, scripted_model.url) as system:
        yield system


def test_prompts_that_wait_survive_a_sprintagen_that_is_killed(system: System) -> None:
    session = system.new_session()
    for text in ("/x say 60 40", "/x say 3", "/x say 3"):
        assert system.send(session, 0, text).acknowledged_at is not None
    system.wait_for_words(session)
    system.restart_web()
    assert system.send(session, 0).acknowledged_at is not None
    system.assert_kept([session])


def test_senders_that_try_again_are_heard_once_while_sprintagen_is_killed_again_and_again(system: System) -> None:
    sessions = [system.new_session() for _ in range(2)]
    senders = [Sender(system, id_, at + 1, ["/x say 10"] * 5, pause=0.2) for at, id_ in enumerate(sessions)]
    for sender in senders:
        sender.start()
    for _ in range(3):
        system.restart_web()
    for sender in senders:
        sender.finish()
    system.assert_kept(sessions)
