"""The page on fake services: in the test's own process for `User` tests, as a server of its own for browser tests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import httpx
import pytest
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from tests import chromium
from tests.ui import canned
from tests.ui.fake_services import FakeServices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Page

ROOT = Path(__file__).parents[2]

_SCRIPT_ERRORS: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()


class FakeServer:
    """A running `run_fake.py`; its strings are pulled over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False)

    def pull(self, call: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of `FakeServices`."""
        answer = self.http.post("/fake", content=json.dumps({"call": call, "args": args, "kwargs": kwargs}))
        assert answer.status_code == 200, f"{call}: {answer.text}"
        return answer.json()

    def put(self, name: str, value: Any) -> None:
        """Set an attribute of `FakeServices`."""
        self.http.post("/fake", json={"call": name, "value": value})

    def calls(self, name: str) -> list[list[Any]]:
        """What the person did, of one kind."""
        return [call[1:] for call in self.http.get("/fake/calls").json() if call[0] == name]

    def session(self, title: str) -> str:
        """A fresh session."""
        session_id: str = self.pull("new_session", title, origin="created")
        return session_id


@pytest.fixture(scope="module")
def fake_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    """The page, served; one for the tests of a module."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "NICEGUI_"))}
    environment["NICEGUI_STORAGE_PATH"] = str(tmp_path_factory.mktemp("storage"))
    log = tmp_path_factory.mktemp("log") / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ui.run_fake", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = FakeServer(f"http://127.0.0.1:{port}")
    try:
        for _ in range(150):
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            try:
                server.http.get("/fake/calls")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield server
        problems = [line for line in log.read_text().splitlines() if "Traceback" in line or "ERROR" in line]
        assert not problems, log.read_text()
    finally:
        server.http.close()
        process.terminate()
        process.wait(10)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of a fresh browser; a script error on it fails the test."""
    program = chromium.need()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(chromium.FLAGS))
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        errors = _SCRIPT_ERRORS[page] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        await browser.close()
    assert not errors


async def visit(page: Page, url: str) -> None:
    """Open an address and wait until the page is live."""
    for attempt in range(3):
        try:
            await page.goto(url)
            await page.wait_for_function("window.did_handshake === true", timeout=15_000)
            return
        except PlaywrightError:  # Chromium drops requests when the machine's network changes; all else fails thrice
            if attempt == 2:
                raise
            _SCRIPT_ERRORS.get(page, []).clear()


@pytest.fixture
async def user(caplog: pytest.LogCaptureFixture) -> AsyncIterator[User]:
    """A person on pages in this process, without a browser; an ERROR in the log fails the test."""
    async with user_simulation() as user:
        yield user
        known = dict(sys.modules)
    # NiceGUI throws out the modules of every page: the tests that follow in this process would see another product,
    # or two of them where a package still has as its own what is no longer known by name
    sys.modules.update((name, known[name]) for name in known.keys() - sys.modules.keys())
    assert not [record.getMessage() for record in caplog.get_records("call") if record.levelname == "ERROR"]


@pytest.fixture
async def fake(user: User) -> AsyncIterator[FakeServices]:
    """The page registered on fake services; open it with `user`."""
    from sprintagen import ui as doors

    fake = FakeServices()
    canned.fill(fake)
    doors.register(fake.services)
    fake.shedding.start()
    yield fake
    await fake.end()
