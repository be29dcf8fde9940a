"""Whole processes killed at any moment: what was acknowledged arrives once, in order, each with one answer."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.rig import RealOpencode
from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sprintagen.demo.model_server import ModelServerThread

pytestmark = pytest.mark.real

LONG = 90
WORDS = (30, 2, 1)


@pytest.fixture
def opencode(opencode_binary: Path, scripted_model: ModelServerThread, tmp_path: Path) -> Iterator[RealOpencode]:
    """One of its own, since it dies here."""
    server = RealOpencode(opencode_binary, scripted_model.url, tmp_path / "opencode")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def web(opencode: RealOpencode, tmp_path: Path) -> Iterator[Served]:
    environment = {
        "OPENCODE_SERVER_URL": opencode.url,
        "OPENCODE_SERVER_USERNAME": opencode.username,
        "OPENCODE_SERVER_PASSWORD": opencode.password.get_secret_value(),
        "OPENCODE_DIRECTORY": str(opencode.directory),
    }
    served = Served(tmp_path / "web", environment=environment)
    yield served.start()
    served.stop()


def send(web: Served, session_id: str, number: int, key: str) -> dict[str, Any]:
    with web.program() as client:
        answer = client.post(
            f"/api/opencode/sessions/{session_id}/messages",
            params={"wait": False},
            headers={"idempotency-key": key},
            json={"text": f"/x say {number} 20"},
        )
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def is_connected(web: Served) -> bool:
    with web.program() as client:
        try:
            return bool(client.get("/api/opencode/health").json()["stream"]["state"] == "connected")
        except httpx.TransportError:
            return False


def conversation(opencode: RealOpencode, session_id: str) -> list[str]:
    """Who said what, in the server's order: a person's words, or how many words an answer has."""
    lines = []
    for item in opencode.messages(session_id):
        text = "".join(part["text"] for part in item["parts"] if part["type"] == "text")
        lines.append(text if item["info"]["role"] == "user" else f"{len(text.split())} words")
    return lines


def expected(*numbers: int) -> list[str]:
    return [line for number in numbers for line in (f"/x say {number} 20", f"{number} words")]


def is_over(opencode: RealOpencode, session_id: str, prompts: int) -> bool:
    said = [item["info"]["role"] for item in opencode.messages(session_id)]
    return said.count("assistant") >= prompts and session_id not in opencode.request("GET", "/session/status")


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.3, 1.0, 2.5, 3.2])
def test_a_web_process_that_is_killed_after_it_took_prompts_answers_them_when_it_is_back(
    opencode: RealOpencode, web: Served, delay: float
) -> None:
    session_id = opencode.new_session("killed")
    web.wait_until(lambda: is_connected(web))
    taken = [send(web, session_id, number, f"key {number}") for number in WORDS]
    time.sleep(delay)
    web.end(signal.SIGKILL)
    web.start()
    again = [send(web, session_id, number, f"key {number}") for number in WORDS]  # a page that heard nothing
    assert [one["id"] for one in again] == [one["id"] for one in taken]
    web.wait_until(lambda: is_over(opencode, session_id, len(WORDS)), LONG)
    assert conversation(opencode, session_id) == expected(*WORDS)
    user = [item["info"]["id"] for item in opencode.messages(session_id) if item["info"]["role"] == "user"]
    assert user == [one["message_id"] for one in taken]


@pytest.mark.parametrize("delay", [0.0, 0.2, 0.5, 1.0])
def test_an_opencode_that_is_killed_before_it_answers_gets_the_prompts_again(
    opencode: RealOpencode, web: Served, delay: float
) -> None:
    """Right after its start it stores a prompt late, or without its text."""
    session_id = opencode.new_session("killed")
    web.wait_until(lambda: is_connected(web))
    taken = [send(web, session_id, number, f"key {number}") for number in (2, 1)]
    time.sleep(delay)
    opencode.restart()
    web.wait_until(lambda: is_over(opencode, session_id, 2), LONG)
    lines = conversation(opencode, session_id)
    assert lines[::2] == expected(2, 1)[::2]
    assert lines[3:] == ["1 words"]
    assert lines[1] in ("0 words", "1 words", "2 words")  # cut in the answer: what there is stays
    user = [item["info"]["id"] for item in opencode.messages(session_id) if item["info"]["role"] == "user"]
    assert user == [one["message_id"] for one in taken]


def test_both_killed_in_mid_answer_leave_one_interrupted_answer_and_the_next_is_whole(
    opencode: RealOpencode, web: Served
) -> None:
    session_id = opencode.new_session("killed")
    web.wait_until(lambda: is_connected(web))
    for number in (100, 2):
        send(web, session_id, number, f"key {number}")
    web.wait_until(lambda: any(part["type"] == "text" for part in _answer_parts(opencode, session_id)), LONG)
    web.end(signal.SIGKILL)
    opencode.restart()
    web.start()
    web.wait_until(lambda: is_over(opencode, session_id, 2), LONG)
    assert conversation(opencode, session_id) == ["/x say 100 20", "0 words", *expected(2)]


def _answer_parts(opencode: RealOpencode, session_id: str) -> list[dict[str, Any]]:
    return [part for item in opencode.messages(session_id) if item["info"]["role"] != "user" for part in item["parts"]]
