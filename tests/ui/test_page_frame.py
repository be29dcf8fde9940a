"""What is left out of NiceGUI's frame, and that nothing misses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nicegui
import pytest
from jinja2 import FileSystemLoader
from nicegui import app
from nicegui.client import templates
from playwright.async_api import expect

from sprintagen.ui import page_frame
from tests.ui.canned import KINDS
from tests.ui.conftest import FakeServer, visit

NONCE = ' nonce="{{ request.state.nonce }}"'
OF_QUASAR = "[...document.querySelectorAll('*')].map((el) => el.localName).filter((tag) => tag.startsWith('q-'))"

if TYPE_CHECKING:
    from playwright.async_api import Page, Request


def test_scripts_style_sheets_and_fonts_of_quasar_are_left_out_of_the_template_and_nothing_else() -> None:
    environment = templates.env
    theirs = FileSystemLoader(Path(nicegui.__file__).parent / "templates").get_source(environment, page_frame.PAGE)[0]
    page_frame.leave_out_quasar()
    assert environment.loader is not None
    ours = environment.loader.get_source(environment, page_frame.PAGE)[0]
    kept = ours.replace(NONCE, "").splitlines()
    left_out = [line for line in theirs.splitlines() if line not in kept]
    assert len(left_out) == 8, "4 style sheets, 2 scripts, the words of one language, the fonts"
    assert sum("<script" in line for line in left_out) == 3
    assert sum("@import" in line for line in left_out) == 5
    assert "/static/quasar" not in ours
    assert "Quasar" not in app.config.vue_config_script
    written_in = [line.strip() for line in ours.splitlines() if "<script" in line and " src=" not in line]
    assert len(written_in) == 5
    assert [line for line in written_in if NONCE not in line] == [], "or the page's policy would not let them run"


@pytest.mark.browser
async def test_no_page_asks_for_quasar_or_has_an_element_of_it(page: Page, fake_server: FakeServer) -> None:
    asked: list[str] = []
    words: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("console", lambda message: words.append(message.text))
    for path in (f"/admin/chats/{KINDS}", "/admin/gallery"):
        await visit(page, f"{fake_server.url}{path}")
        await expect(page.locator(".nicegui-content > *").first).to_be_visible()
        await page.wait_for_timeout(300)
        assert await page.evaluate(OF_QUASAR) == []
        assert await page.evaluate("typeof Quasar") == "undefined"
        assert await page.evaluate("document.querySelector('main main')") is None
    assert any("socket.io" in url for url in asked)
    assert not [url for url in asked if "quasar" in url or "/lang/" in url or "/fonts" in url]
    assert not [text for text in words if "resolve component" in text or "Error" in text]
