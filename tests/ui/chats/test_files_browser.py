"""The files panel in a real browser: mouse, keyboard, phone, hostile and huge directories."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.canned import FAILED, SHOP
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser

CODE = "[data-testid=file-text]"


async def open_files(page: Page, server: FakeServer) -> None:
    await visit(page, f"{server.url}/admin/chats/{SHOP}")
    await page.wait_for_selector(".message")
    side = page.locator("[data-testid=side]")
    if not await side.is_visible():
        await page.click("[data-testid=open-files]")
    await page.wait_for_selector("[role=treeitem]")


async def open_file(page: Page, server: FakeServer, query: str, session: str = SHOP) -> None:
    await visit(page, f"{server.url}/admin/chats/{session}?{query}")
    await page.wait_for_selector("[data-testid=file-name]")


def item(page: Page, name: str) -> Locator:
    return page.locator("[role=treeitem]").filter(has=page.get_by_text(name, exact=True))


async def test_a_file_is_opened_its_lines_chosen_and_named_in_the_prompt(page: Page, fake_server: FakeServer) -> None:
    await open_files(page, fake_server)
    await item(page, "shop").click()
    await expect(item(page, "cart.py")).to_have_accessible_name("cart.py, modified")
    await expect(item(page, "shop")).to_have_accessible_name("shop, with changes")
    await item(page, "cart.py").click()
    await expect(page.locator(CODE)).to_contain_text("class Cart")
    await expect(page.locator(f"{CODE} .hljs-keyword").first).to_be_visible()
    numbers = page.locator(".viewer__numbers").first
    await numbers.click(position={"x": 20, "y": 19 * 6 + 5})
    await numbers.click(position={"x": 20, "y": 19 * 9 + 5}, modifiers=["Shift"])
    await expect(page).to_have_url(re.compile(r"\?file=shop/cart\.py&lines=7-10$"))
    await page.click("[data-testid=file-mention]")
    await expect(page.locator("[data-testid=composer]")).to_have_value("@shop/cart.py#L7-10 ")
    await page.keyboard.type("why?")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=why?")
    draft = fake_server.calls("send")[-1][1]
    assert [(one["name"], one["lines"]) for one in draft["mentions"]] == [("shop/cart.py", [7, 10])]


async def test_the_address_opens_the_file_again_and_a_line_far_below_is_seen(
    page: Page, fake_server: FakeServer
) -> None:
    await open_file(page, fake_server, "file=shop/cart.py&lines=1500-1502")
    await expect(page.locator(CODE)).to_contain_text("line_497")
    await expect(page.locator("[data-testid=file-lines]")).to_have_value("1500-1502")
    assert await page.locator(".viewer__chosen").is_visible()
    await page.fill("[data-testid=file-lines]", "3")
    await page.keyboard.press("Enter")
    await expect(page.locator(CODE)).to_contain_text("from decimal import Decimal")
    drawn = await page.locator(".viewer__code").count()
    assert drawn < 5, "what is far away is not in the page"
    await page.click("[data-testid=side-close]")
    await expect(page).to_have_url(f"{fake_server.url}/admin/chats/{SHOP}")


async def test_a_folder_of_thousands_costs_a_few_rows_and_is_walked_with_the_keys(
    page: Page, fake_server: FakeServer
) -> None:
    await open_files(page, fake_server)
    await page.keyboard.press("Alt+p")  # into the panel
    await item(page, "many").focus()
    await page.keyboard.press("ArrowRight")
    await expect(item(page, "file0000.txt")).to_be_visible()
    assert await page.locator("[role=treeitem]").count() < 90
    assert await item(page, "file0000.txt").get_attribute("aria-setsize") == "5000"
    await page.keyboard.press("End")
    await expect(page.locator(":focus")).to_contain_text("README.md")
    await page.keyboard.press("m")
    await expect(page.locator(":focus")).to_contain_text("many")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(":focus")).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(":focus")).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-testid=side]")).to_be_hidden()


async def test_hostile_names_and_texts_stay_text(page: Page, fake_server: FakeServer) -> None:
    await open_files(page, fake_server)
    await item(page, "odd").click()
    await page.locator("[role=treeitem]", has_text="onerror").click()
    await expect(page.locator(CODE)).to_contain_text("<script>window.hit=1</script>")
    await expect(page.locator(f"{CODE} .hljs-tag").first).to_be_visible()
    await page.click("[data-testid=file-back]")
    await page.click("[data-testid=file-mode-text]")
    await page.keyboard.type("<img src")
    await expect(page.locator("[data-testid=file-hit] mark").first).to_have_text("<img src")
    assert await page.evaluate("window.hit") is None
    assert await page.locator(f"{CODE} img, .files img").count() == 0


async def test_a_file_may_have_the_name_of_what_every_object_has(page: Page, fake_server: FakeServer) -> None:
    names = ("constructor", "toString")
    for name in names:
        fake_server.pull("browsing.put", name, f"text of {name}\n")
    await open_files(page, fake_server)
    for name in names:
        await expect(item(page, name).locator(".tree__mark")).to_have_count(0)
        await item(page, name).click()
        await expect(page.locator(CODE)).to_contain_text(f"text of {name}")
        await page.click("[data-testid=file-back]")
    for name in names:
        fake_server.pull("browsing.remove", name)


async def test_files_are_found_by_name_and_by_text_with_the_keys_alone(page: Page, fake_server: FakeServer) -> None:
    await open_files(page, fake_server)
    await page.focus("[data-testid=file-find]")
    await page.keyboard.type("cart")
    await expect(page.locator("[data-testid=file-hit]")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-testid=file-name]")).to_have_text("test_cart.py")
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-testid=file-hit]").first).to_be_focused()
    await page.click("[data-testid=file-mode-text]")
    await page.fill("[data-testid=file-find]", "TAX")
    await expect(page.locator("[data-testid=file-hit] mark")).to_have_text(["TAX"])
    await page.click("[data-testid=file-hit]")
    await expect(page.locator(CODE)).to_contain_text("TAX = 19")
    await expect(page.locator("[data-testid=file-lines]")).to_have_value("3")


async def test_what_was_changed_or_deleted_meanwhile_is_said(page: Page, fake_server: FakeServer) -> None:
    fake_server.pull("browsing.put", "notes/now.txt", "first\n")
    await open_file(page, fake_server, "file=notes/now.txt")
    await expect(page.locator(CODE)).to_contain_text("first")
    fake_server.pull("browsing.put", "notes/now.txt", "second\n")
    fake_server.pull("edited", "notes/now.txt")
    await expect(page.locator(CODE)).to_contain_text("second")
    fake_server.pull("browsing.remove", "notes/now.txt")
    fake_server.pull("edited", "notes/now.txt")
    await expect(page.locator("[data-testid=file-error]")).to_contain_text("not there")
    await expect(page.locator("[data-testid=file-error]")).to_contain_text("Look again.")


async def test_pictures_are_shown_and_other_bytes_are_not(page: Page, fake_server: FakeServer) -> None:
    await open_file(page, fake_server, "file=shop/logo.png")
    await expect(page.locator("[data-testid=file-picture]")).to_be_visible()
    await expect(page.locator(".viewer__size")).to_contain_text("1 × 1")
    await open_file(page, fake_server, "file=shop/data.bin", FAILED)
    await expect(page.locator("[data-testid=file-none]")).to_contain_text("not a text file")


async def test_on_a_phone_the_panel_is_a_sheet_that_gives_the_focus_back(page: Page, fake_server: FakeServer) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await page.wait_for_selector(".message")
    await expect(page.locator("[data-testid=side]")).to_be_hidden()
    await page.click("[data-testid=open-files]")
    await expect(page.locator("[data-testid=side-tab-files]")).to_be_focused()
    assert await page.evaluate("document.querySelector('.chat').inert && document.querySelector('.header').inert")
    await item(page, "README.md").click()
    await expect(page.locator(CODE)).to_be_focused()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    await page.keyboard.press("Escape")
    await expect(item(page, "README.md")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-testid=side]")).to_be_hidden()
    await expect(page.locator("[data-testid=open-files]")).to_be_focused()
    assert not await page.evaluate("document.querySelector('.chat').inert")


async def test_the_column_keeps_its_width(page: Page, fake_server: FakeServer) -> None:
    await open_files(page, fake_server)
    before = await page.locator("[data-testid=side]").evaluate("(el) => el.offsetWidth")
    await page.focus("[data-testid=side-splitter]")
    await page.keyboard.press("ArrowLeft")
    await page.wait_for_timeout(500)
    await open_files(page, fake_server)
    assert await page.locator("[data-testid=side]").evaluate("(el) => el.offsetWidth") == before + 16
