"""Diffs and JSON trees in the browser, on the gallery's samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser


async def sample(page: Page, server: FakeServer, group: str, name: str, width: str = "wide") -> Locator:
    await visit(page, f"{server.url}/admin/gallery?only={group}")
    return page.locator(f'[data-sample="{name}"] .gallery__{width}')


async def test_a_diff_is_numbered_and_coloured_by_its_language(page: Page, fake_server: FakeServer) -> None:
    row = await sample(page, fake_server, "edit", "done")
    added = row.locator(".diff__row--add")
    await expect(added.locator(".diff__no:nth-child(2)")).to_have_text(["15", "16", "17", "40"])
    await expect(added.nth(1).locator(".hljs-keyword").first).to_have_text("for")
    assert await added.nth(1).locator(".diff__text").text_content() == (
        "        cents = sum(line.quantity * line.price.cents for line in self.lines)"
    )


async def test_a_diff_stands_side_by_side_when_there_is_room_and_that_is_remembered(
    page: Page, fake_server: FakeServer
) -> None:
    row = await sample(page, fake_server, "edit", "done")
    await row.get_by_role("button", name="Side by side").click()
    pair = row.locator(".diff__pair", has_text="amount = 0.0")
    await expect(pair).to_contain_text("Sum of all lines")
    row = await sample(page, fake_server, "edit", "done")
    await expect(row.get_by_role("button", name="Unified")).to_be_visible()
    narrow = page.locator('[data-sample="done"] .gallery__narrow')
    await expect(narrow.locator(".diff__rows")).to_be_visible()
    await expect(narrow.get_by_role("button", name="Unified")).to_have_count(0)


async def test_a_long_diff_is_cut_and_the_rest_a_click_away(page: Page, fake_server: FakeServer) -> None:
    row = await sample(page, fake_server, "edit", "long")
    await expect(row.locator(".diff__row")).to_have_count(300)
    await row.get_by_role("button", name="Show all 1,398 lines").click()
    await expect(row.locator(".diff__row")).to_have_count(1398)


async def test_long_stretches_without_a_change_are_folded_and_open_at_both_ends(
    page: Page, fake_server: FakeServer
) -> None:
    row = await sample(page, fake_server, "edit", "whole file")
    gaps = row.locator(".diff__gap")
    await expect(gaps).to_have_text(["16 unchanged lines", "123 unchanged lines", "47 unchanged lines"])
    await expect(row.locator(".diff__row")).to_have_count(3 + 2 + 3 + 3 + 2 + 3)
    await expect(row.locator(".diff__row--add .hljs-number").first).to_have_text("20")
    await gaps.nth(1).press("Enter")
    await expect(gaps).to_have_text(["16 unchanged lines", "73 unchanged lines", "47 unchanged lines"])
    await expect(row.locator(".diff__row", has_text="line_48 =")).to_have_count(1)
    await gaps.first.click()
    await expect(gaps).to_have_text(["73 unchanged lines", "47 unchanged lines"])
    await row.get_by_role("button", name="Side by side").click()
    await expect(row.locator(".diff__pair", has_text="gone_20")).to_contain_text("come_20")
    await expect(gaps).to_have_text(["73 unchanged lines", "47 unchanged lines"])


async def test_what_the_language_server_says_stands_below_the_diff(page: Page, fake_server: FakeServer) -> None:
    row = await sample(page, fake_server, "edit", "diagnostics")
    await expect(row.locator(".fold__note")).to_have_text("1 error")
    items = row.get_by_role("list", name="Diagnostics").get_by_role("listitem")
    await expect(items.first).to_contain_text("17:16")
    await expect(items.first).to_contain_text('"Money" takes 1 argument, 2 were given')
    place = items.first.get_by_role("button", name="17:16")
    await expect(place).to_have_attribute("data-file", "shop/cart.py")
    await expect(place).to_have_attribute("data-line", "17")


async def test_a_tree_opens_level_by_level_and_holds_what_is_closed_back(page: Page, fake_server: FakeServer) -> None:
    row = await sample(page, fake_server, "tracker_create_issue", "done")
    await expect(row.locator(".json").first).to_contain_text("SHOP-42")
    await expect(row.locator(".json").first).not_to_contain_text("money")
    await row.locator("summary", has_text="labels").click()
    await expect(row.locator(".json").first).to_contain_text("money")


async def test_hostile_text_in_a_diff_and_a_tree_stays_text(page: Page, fake_server: FakeServer) -> None:
    row = await sample(page, fake_server, "edit", "hostile")
    await expect(row.locator(".diff__row--add")).to_contain_text("<img src=x onerror=window.hit=1>")
    await expect(row.locator(".diff__row--add .hljs-tag").first).to_be_visible()
    row = await sample(page, fake_server, "unknown", "unknown")
    await expect(row.locator(".json")).to_contain_text("<img src=x onerror=window.hit=1>")
    assert await page.evaluate("window.hit") is None
