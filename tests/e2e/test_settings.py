"""The settings page in a browser, on the real server: what there is, what can be changed; keys never come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.accessibility import check_all_looks
from tests.rig import RealOpencode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sprintagen.demo.model_server import ModelServerThread
    from tests.e2e.conftest import OpenTab, Serve
    from tests.e2e.served import Served

SETTINGS = "/admin/settings"
CANARY = "sk-canary-0123456789abcdef"


@pytest.fixture
def opencode(opencode_binary: Path, scripted_model: ModelServerThread, tmp_path: Path) -> Iterator[RealOpencode]:
    """One with an MCP server that cannot start, and with one that is switched off."""
    servers = {
        "broken": {"type": "local", "command": ["/nowhere/at-all"], "enabled": True},
        "spare": {"type": "remote", "url": "http://127.0.0.1:9/mcp", "enabled": False},
    }
    config = {"mcp": servers, "enabled_providers": ["scripted", "openai"]}
    server = RealOpencode(opencode_binary, scripted_model.url, tmp_path / "opencode", config=config)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def served(opencode: RealOpencode, serve: Serve) -> Served:
    return serve(opencode.url, opencode.password.get_secret_value(), opencode.directory)


async def test_the_page_shows_what_the_server_has(open_tab: OpenTab, served: Served) -> None:
    tab = await open_tab(SETTINGS, served=served)
    provider = tab.find("provider").filter(has_text="Scripted demo model")
    await expect(provider).to_contain_text("1 model")
    await expect(tab.page.locator("#agents")).to_contain_text("build")
    await expect(tab.page.locator("#commands")).to_contain_text("/init")
    await expect(tab.page.locator("#skills")).to_contain_text("customize-opencode")
    await expect(tab.find("opencode-version")).to_contain_text("opencode 1.18.33")
    await check_all_looks(tab.page, "the settings")
    await tab.page.set_viewport_size({"width": 390, "height": 844})
    assert await tab.overflow() == 0
    await tab.find("back-to-sessions").click()
    await expect(tab.composer).to_be_visible()


async def test_a_key_goes_in_works_and_never_comes_out(open_tab: OpenTab, served: Served) -> None:
    tab = await open_tab(SETTINGS, served=served)
    await tab.page.get_by_label("Provider, for example").fill("openai")
    await tab.page.get_by_label("Key", exact=True).fill(CANARY)
    await tab.page.get_by_role("button", name="Save key").click()
    await expect(tab.toast).to_contain_text("openai can be used")
    row = tab.find("provider").filter(has_text="OpenAI")
    await expect(row).to_contain_text("Key kept by opencode")
    await tab.go(SETTINGS)
    await expect(row).to_be_visible()
    assert CANARY not in await tab.page.content()
    assert sum(CANARY in frame for frame in tab.watch.frames) == 1, "it is sent once and never comes back"
    assert CANARY not in served.log()
    kept = [path for path in (served.folder / "data").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if CANARY.encode() in path.read_bytes()]
    await row.get_by_role("button", name="Remove OpenAI").click()
    await tab.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(row).to_have_count(0)


async def test_a_key_that_would_end_terminals_is_asked_about_with_their_names(
    open_tab: OpenTab, served: Served
) -> None:
    tab = await open_tab(served=served)
    await tab.page.keyboard.press("Alt+t")
    await tab.find("first-terminal").click()
    await expect(tab.find("terminal-tab")).to_have_count(1)
    title = await tab.find("terminal-tab").inner_text()
    await tab.go(SETTINGS)
    dialog = tab.page.get_by_role("dialog", name="Save the key?")
    for answer in ("Cancel", "Save key"):
        await tab.page.get_by_label("Provider, for example").fill("openai")
        await tab.page.get_by_label("Key", exact=True).fill(CANARY)
        await tab.page.get_by_role("button", name="Save key").click()
        await expect(dialog).to_contain_text("ends the terminals below")
        await expect(dialog.get_by_test_id("modal-rows")).to_contain_text(title)
        await dialog.get_by_role("button", name=answer).click()
        await expect(dialog).to_have_count(0)
    await expect(tab.toast).to_contain_text("openai can be used")
    await tab.page.get_by_role("button", name="Remove OpenAI").click()
    dialog = tab.page.get_by_role("dialog", name="Remove OpenAI?")
    await expect(dialog).to_contain_text("opencode forgets the key")
    await expect(dialog.get_by_test_id("modal-rows")).to_have_count(0)


async def test_a_provider_nobody_knows_is_told_in_words(open_tab: OpenTab, served: Served) -> None:
    tab = await open_tab(SETTINGS, served=served)
    await tab.page.get_by_label("Provider, for example").fill("opnerouter")
    await tab.page.get_by_label("Key", exact=True).fill(CANARY)
    await tab.page.get_by_role("button", name="Save key").click()
    await expect(tab.toast).to_contain_text("check its spelling")


async def test_mcp_servers_say_how_they_are_and_can_be_switched(open_tab: OpenTab, served: Served) -> None:
    tab = await open_tab(SETTINGS, served=served)
    broken = tab.find("mcp-server").filter(has_text="broken")
    await expect(broken).to_contain_text("Failed")
    await expect(broken).to_contain_text("no such file")
    await broken.get_by_test_id("mcp-switch").click()
    await expect(broken).to_contain_text("Off")
    spare = tab.find("mcp-server").filter(has_text="spare")
    await expect(spare).to_contain_text("Off")
    await spare.get_by_test_id("mcp-switch").click()
    await expect(spare).to_contain_text("Failed")


async def test_the_look_and_the_keys_chosen_here_are_those_everywhere(open_tab: OpenTab, served: Served) -> None:
    tab = await open_tab(SETTINGS, served=served)
    await tab.find("keys-combined").click()
    await expect(tab.page.locator("html")).to_have_attribute("data-keys", "combined")
    await tab.find("theme-dark").click()
    await expect(tab.page.locator("#appearance")).to_contain_text("In use")
    await expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    await tab.go()
    await expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(tab.page.locator("html")).to_have_attribute("data-keys", "combined")


async def test_a_page_opened_while_the_server_is_away_fills_when_it_is_back(
    open_tab: OpenTab, served: Served, opencode: RealOpencode
) -> None:
    opencode.stop()
    tab = await open_tab(SETTINGS, served=served)
    await expect(tab.page.locator("#mcp").get_by_role("button", name="Try again")).to_be_visible()
    opencode.start()
    await expect(tab.find("mcp-server")).to_have_count(2)
