"""Pages that stay open through everything: in the end they show what a fresh load shows, and what opencode has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sprintagen.demo.model_server import ModelServerThread
from tests.faults.pages import Pages
from tests.faults.system import Sender, System

pytestmark = [pytest.mark.real, pytest.mark.browser]


@pytest.fixture
def system(opencode_binary: Path, scripted_model: ModelServerThread, tmp_path: Path) -> Iterator[System]:
    with System(tmp_path, opencode_binary, scripted_model.url) as system:
        yield system


@pytest.fixture
def pages(system: System) -> Iterator[Pages]:
    with Pages(system.page_line.url) as pages:
        yield pages


def test_two_tabs_through_cuts_and_kills_show_what_a_fresh_load_shows(system: System, pages: Pages) -> None:
    session = system.new_session()
    pages.open(session, "a page")
    pages.open(session, "a second tab")
    texts = ["/x say 300 100", '/x tool read {"filePath":"README.md"}', "/x say 40 20", "/x say 3", "/x say 60 60"]
    sender = Sender(system, session, 0, texts * 2, pause=0.3)
    sender.start()
    pages.wait(1)
    system.line.cut()
    pages.wait(1)
    system.page_line.refuse()
    pages.wait(2)
    system.page_line.heal()
    system.restart_web()
    pages.wait(1)
    system.kill_opencode()
    system.restart_opencode([session])
    sender.finish()
    system.assert_kept([session])
    faults = pages.compare(system.history.check)
    assert not faults, system.history.account(faults)
    assert not pages.errors
