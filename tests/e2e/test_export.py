"""A session as a file: what the menu gives a person."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab

TALK = '/x think 8\n/x tool bash {"command": "seq 3", "description": "Counts"}\n/x text It **counts** to 3.'


async def export(tab: Tab, name: str) -> tuple[str, str]:
    """The name and the text of the file that a menu entry gives."""
    async with tab.page.expect_download() as downloading:
        await tab.find("session-menu").click()
        await tab.page.get_by_role("menuitem", name=name, exact=True).click()
    download = await downloading.value
    text = await asyncio.to_thread(Path(await download.path()).read_text, encoding="utf-8")
    return download.suggested_filename, text


async def test_a_session_is_exported_as_what_the_person_wants(tab: Tab) -> None:
    session_id = await tab.begin(TALK)
    await tab.find("permission-once").click()
    await tab.ended()
    name, text = await export(tab, "Export as Markdown")
    assert name.endswith(".md")
    assert "It **counts** to 3." in text
    assert "<code>seq 3</code>" in text
    name, text = await export(tab, "Export as JSON")
    document = json.loads(text)
    assert (name.rpartition(".")[2], document["info"]["id"]) == ("json", session_id)
    name, text = await export(tab, "Export as a page (HTML)")
    assert name.endswith(".html")
    file = tab.served.folder / "exported.html"
    file.write_text(text, encoding="utf-8")
    page = await tab.page.context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: heard.append(request.url))
    await page.goto(file.as_uri())
    await expect(page.locator("strong")).to_have_text("counts")
    await page.locator("summary", has_text="bash").click()
    await expect(page.locator("details[open]")).to_contain_text("1\n2\n3")
    assert heard == [file.as_uri()]


async def test_a_session_is_copied_as_markdown(tab: Tab) -> None:
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await tab.begin("/x text Copy **me**.")
    await tab.ended()
    await tab.find("session-menu").click()
    await tab.page.get_by_role("menuitem", name="Copy as Markdown").click()
    await expect(tab.toast).to_contain_text("Copied as Markdown")
    assert "Copy **me**." in await tab.page.evaluate("navigator.clipboard.readText()")
