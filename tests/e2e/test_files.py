"""The files panel on the real opencode: opened, searched, read, named in a prompt, and reached from a tool's row."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab
    from tests.rig import RealOpencode


async def test_a_file_is_searched_read_named_and_reached_from_a_tools_row(
    tab: Tab, real_opencode: RealOpencode
) -> None:
    page = tab.page
    basket = (real_opencode.directory / "shop" / "basket.py").read_text().splitlines()
    read = json.dumps({"filePath": str(real_opencode.directory / "shop" / "pricing.py"), "offset": 2, "limit": 3})
    await tab.begin(f"/x tool read {read}\n/x text Read.")
    await tab.ended()
    await tab.tool("read").locator(".fold__detail").click()
    await expect(tab.find("file-name")).to_have_text("pricing.py")
    await expect(tab.find("file-lines")).to_have_value("2-4")
    await tab.find("file-back").click()
    await page.locator("[role=treeitem]", has_text="shop").first.press("ArrowRight")
    await expect(page.locator("[role=treeitem]", has_text="basket.py")).to_be_visible()
    await tab.find("file-find").fill("basket")
    await expect(tab.find("file-hit").first).to_contain_text("basket.py")
    await tab.find("file-mode-text").click()
    wanted = next(line for line in basket if line.startswith("class "))
    await tab.find("file-find").fill(wanted)
    await expect(tab.find("file-hit").first).to_contain_text(wanted)
    await tab.find("file-hit").first.click()
    await expect(tab.find("file-text")).to_contain_text(basket[0])
    await tab.find("file-lines").fill("3-5")
    await tab.find("file-lines").press("Enter")
    await expect(page).to_have_url(re.compile(r"\?file=shop/basket\.py&lines=3-5$"))
    await tab.shoot("files")
    await tab.find("file-mention").click()
    await expect(tab.composer).to_have_value("@shop/basket.py#L3-5 ")
    await tab.composer.press("Enter")
    await tab.ended(2)
    await expect(tab.mine.last).to_contain_text("@shop/basket.py#L3-5")
