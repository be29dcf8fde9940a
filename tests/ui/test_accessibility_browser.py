"""axe-core finds nothing against WCAG 2.1 A and AA, in both themes, wide and narrow; nothing needs a mouse."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.accessibility import LOOKS, VENDOR, check, check_all_looks, dressed
from tests.ui.canned import ASKING, FAILED, KINDS, QUESTION, RETRY, SHOP
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

browser = pytest.mark.browser
AXE = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
OPEN_ALL = """(where) => document.querySelectorAll(`${where} .fold__head[aria-expanded=false]:not([disabled])`)
  .forEach((head) => head.click())"""
RING = """() => {
  const at = document.activeElement;
  const boxes = [at, at.closest(".composer, .find, .search, .palette__head")].filter(Boolean);
  return boxes.some((one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  });
}"""


def test_axe_is_the_released_one_with_its_licence() -> None:
    assert hashlib.sha256((VENDOR / "axe.min.js").read_bytes()).hexdigest() == AXE  # axe-core 4.14.1
    assert "Mozilla Public License, version 2.0" in (VENDOR / "axe.LICENSE").read_text()


@browser
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_sessions_and_what_opens_over_them(page: Page, fake_server: FakeServer, width: int, scheme: str) -> None:
    await dressed(page, width, scheme)
    await visit(page, f"{fake_server.url}/admin/chats")
    await check(page, "the empty start")
    if width < 760:
        await page.get_by_test_id("toggle-list").click()
        await expect(page.get_by_test_id("session-list")).to_be_in_viewport()
        await check(page, "the drawer")
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await expect(page.locator(".facts")).to_be_visible()
    await page.evaluate(OPEN_ALL, ".transcript")
    await expect(page.locator(".tool__body").first).to_be_visible()
    await check(page, "a session, everything opened")
    await page.get_by_test_id("session-menu").click()
    await check(page, "a menu")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("model-picker").click()
    await check(page, "the models")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("open-find").click()
    await page.get_by_test_id("session-find").fill("cart")
    await expect(page.get_by_test_id("session-find-count")).to_contain_text("of")
    await check(page, "the search")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("open-palette").click()
    await expect(page.get_by_role("group", name="Sessions")).to_be_visible()
    await check(page, "the palette")
    await page.get_by_test_id("palette-field").fill("model")
    await check(page, "the palette's results")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("inbox").click()
    await expect(page.locator(".inbox__ask").first).to_be_visible()
    await check(page, "the inbox")
    await page.keyboard.press("Escape")
    await page.evaluate("dispatchEvent(new CustomEvent('sprintagen:help', { cancelable: true }))")
    await expect(page.get_by_test_id("help-sheet")).to_be_visible()
    await check(page, "the keys")


@browser
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_sessions_in_every_state(page: Page, fake_server: FakeServer, width: int, scheme: str) -> None:
    await dressed(page, width, scheme)
    for session in (KINDS, ASKING, QUESTION, FAILED, RETRY):
        await visit(page, f"{fake_server.url}/admin/chats/{session}")
        await expect(page.locator(".message").first).to_be_visible()
        await check(page, session)


@browser
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_every_renderer_in_every_state(page: Page, fake_server: FakeServer, width: int, scheme: str) -> None:
    await dressed(page, width, scheme)
    await visit(page, f"{fake_server.url}/admin/gallery?open=all&theme_name={scheme}")
    await expect(page.locator("[data-testid=tool-call] .fold__head[aria-expanded=false]:visible")).to_have_count(0)
    await check(page, "the gallery")


@browser
async def test_a_file_beside_close_rows(page: Page, fake_server: FakeServer) -> None:
    fake_server.pull("preferences.set", None, "density", "compact")
    await dressed(page, 1400, "light")
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}?file=shop/cart.py&lines=3-5")
    await expect(page.locator("html")).to_have_attribute("data-density", "compact")
    await expect(page.get_by_test_id("file-text")).to_contain_text("class Cart")
    await page.get_by_test_id("file-text").focus()  # on a narrow window only a panel in use stays open
    await check_all_looks(page, "a file")
    fake_server.pull("preferences.set", None, "density", "comfortable")


@browser
async def test_the_tree_of_files_and_what_is_found_in_them(page: Page, fake_server: FakeServer) -> None:
    await dressed(page, 1400, "light")
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}?file=shop/cart.py")
    await page.get_by_test_id("file-back").click()
    await expect(page.get_by_role("treeitem", name="cart.py, modified", exact=True)).to_be_focused()
    await check_all_looks(page, "the tree")
    await page.get_by_test_id("file-find").fill("cart")
    await expect(page.get_by_test_id("file-hit")).to_have_count(2)
    await check_all_looks(page, "files found by name")
    await page.get_by_test_id("file-mode-text").click()
    await expect(page.locator(".files__hit mark").first).to_be_visible()
    await check_all_looks(page, "files found by text")


@browser
async def test_a_changed_file_with_a_comment_and_one_that_is_written(page: Page, fake_server: FakeServer) -> None:
    patch = "@@ -1,3 +1,4 @@\n import os\n-one\n+eins\n+zwei\n last\n"
    fake_server.pull("file_changes.put", "session", [{"file": "a.py", "patch": patch, "status": "modified"}])
    await dressed(page, 1400, "light")
    await visit(page, f"{fake_server.url}/admin/chats/{fake_server.session('looked at')}")
    if await page.get_by_test_id("open-changes").get_attribute("aria-pressed") != "true":
        await page.get_by_test_id("open-changes").click()
    added = page.locator(".diff__row--add .diff__no:not(:empty)")
    await added.nth(0).click()
    form = page.get_by_test_id("comment-form").locator("textarea")
    await form.fill("Why?")
    await page.get_by_role("button", name="Add comment").click()
    await expect(page.get_by_test_id("comment")).to_have_text("Why?")
    await added.nth(1).click()
    await expect(form).to_be_focused()
    await check_all_looks(page, "the changes")


@browser
async def test_a_session_is_found_read_and_answered_without_a_mouse(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    await page.evaluate("document.activeElement.blur()")
    reached: dict[str, bool] = {}
    for _ in range(60):
        await page.keyboard.press("Tab")
        name = await page.evaluate(
            "(document.activeElement.dataset.testid ?? '') || document.activeElement.getAttribute('aria-label') || ''"
        )
        if name:
            reached[name] = bool(await page.evaluate(RING))
        if name == "composer":
            break
    wanted = {"toggle-list", "open-palette", "inbox", "theme-menu", "person-menu", "new-session", "session-search",
              "session-filter", "session-item", "splitter", "composer"}  # fmt: skip
    assert wanted <= reached.keys(), "reached by Tab, in this order: " + ", ".join(reached)
    assert not [name for name, is_seen in reached.items() if not is_seen], "one must see where one is"
    await page.get_by_test_id("session-item").first.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("session-menu")).to_be_visible()
    await page.locator(".transcript__box").focus()
    await page.keyboard.press("PageUp")
    await page.keyboard.press("Alt+m")
    await expect(page.get_by_test_id("composer")).to_be_focused()
    await page.get_by_test_id("session-menu").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("session-menu")).to_be_focused()


@browser
async def test_nothing_moves_for_who_asked_for_less_motion(page: Page, fake_server: FakeServer) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await visit(page, f"{fake_server.url}/admin/chats/{RETRY}")
    await page.keyboard.press("Control+k")
    moving = """() => document.getAnimations().filter((one) => {
      const { duration, iterations } = one.effect.getComputedTiming();
      return duration > 10 || iterations === Infinity;
    }).map((one) => one.animationName ?? one.transitionProperty)"""
    assert await page.evaluate(moving) == []
