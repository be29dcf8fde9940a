"""The model picker: found by typing, marked as a favourite, remembered with the agent it was chosen for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.chats.test_composer_browser import begin
from tests.ui.conftest import FakeServer

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

PICKER = "[data-testid=model-picker]"


async def pick(page: Page, words: str) -> None:
    await page.click(PICKER)
    await page.keyboard.type(words)
    await page.keyboard.press("Enter")


async def test_a_model_is_found_and_comes_first_the_next_time(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "recent")
    await pick(page, "sonnet")
    await expect(page.locator(PICKER)).to_contain_text("Claude sonnet")
    await page.click(PICKER)
    await expect(page.locator(".models .menu__group").first).to_have_text("Recent")
    panel, button = await page.locator(".models").bounding_box(), await page.locator(PICKER).bounding_box()
    assert panel is not None
    assert button is not None
    assert panel["y"] + panel["height"] <= button["y"]  # above its button, whatever was searched before
    row = page.locator(".models [role=option]").first
    await expect(row).to_contain_text("200k context · $1 in, $5 out per million · reasons · pictures · PDF")
    await expect(row).to_have_attribute("aria-selected", "true")


async def test_a_favourite_stays_one_after_a_reload(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "favourite")
    await page.click(PICKER)
    await page.keyboard.type("maker model 7")
    await page.keyboard.press("Control+d")
    await expect(page.locator(".model__star--on")).to_have_count(1)
    await page.reload()
    await page.wait_for_function("window.did_handshake === true")
    await page.click(PICKER)
    await expect(page.locator(".models .menu__group").first).to_have_text("Favourites")
    await expect(page.locator(".models [role=option]").first).to_contain_text("Maker model 7")
    await page.locator(".model__star--on").first.click()
    await expect(page.locator(".model__star--on")).to_have_count(0)


async def test_each_agent_has_the_model_it_was_used_with(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "per agent")
    await pick(page, "haiku")
    await page.click("[data-testid=agent-picker]")
    await page.click("[data-value=plan]")
    await pick(page, "opus")
    await expect(page.locator(PICKER)).to_contain_text("Claude opus")
    await page.click("[data-testid=agent-picker]")
    await page.click("[data-value=build]")
    await expect(page.locator(PICKER)).to_contain_text("Claude haiku")
    await page.click("[data-testid=agent-picker]")
    await page.click("[data-value=plan]")
    await expect(page.locator(PICKER)).to_contain_text("Claude opus")
