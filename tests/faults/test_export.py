"""A session that is being exported while opencode goes away: the file breaks off, and one line says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.soak import TROUBLE
from tests.faults.system import API, System

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sprintagen.demo.model_server import ModelServerThread

pytestmark = pytest.mark.real

PAGES = 3


@pytest.fixture
def system(opencode_binary: Path, scripted_model: ModelServerThread, tmp_path: Path) -> Iterator[System]:
    with System(tmp_path, opencode_binary, scripted_model.url) as system:
        yield system


@pytest.mark.parametrize("format", ["md", "json", "html"])
def test_a_file_whose_end_cannot_be_read_has_none_and_the_log_says_why_in_one_line(system: System, format: str) -> None:
    session_id = system.new_session()
    for number in range(50 * (PAGES - 1) + 20):
        body = {"parts": [{"type": "text", "text": f"Message {number}."}], "noReply": True}
        system.opencode.request("POST", f"/session/{session_id}/message", body)
    with system.web.program() as program:
        program.get(f"{API}/sessions/{session_id}/export?format={format}").raise_for_status()
        before = len(system.web.log)
        # finding the way takes all pages but the newest, writing the first of them once more
        system.line.doom(rf"^GET /session/{session_id}/message\?.*before", "500", skip=PAGES, times=1000)
        with program.stream("GET", f"{API}/sessions/{session_id}/export?format={format}") as answer:
            assert answer.status_code == 200
            got: list[bytes] = []
            with pytest.raises(httpx.RemoteProtocolError):
                got.extend(answer.iter_bytes())
    assert b"Message 3." in b"".join(got)
    assert b"Message 70." not in b"".join(got)
    said = system.web.log[before:]
    assert said.count("An answer broke off in its middle") == 1, said
    assert not TROUBLE.search(said), said
