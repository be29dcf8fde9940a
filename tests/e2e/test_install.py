"""The page as an installed app: Chromium finds nothing that stands in the way, also before anybody signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from tests import chromium
from tests.e2e.browsing import PATIENCE, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab
    from tests.e2e.served import Served

FRAME_COLOUR = (
    "[...document.querySelectorAll('meta[name=theme-color]')].find((meta) => matchMedia(meta.media).matches).content"
)


async def test_chromium_can_install_the_page(served: Served, tmp_path: Path) -> None:
    async with async_playwright() as playwright:
        # a profile of its own: in a private window nothing can be installed
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium.need(), args=list(chromium.FLAGS)
        )
        await sign_in(context, served)
        page = context.pages[0]
        await page.goto(f"{served.base}/admin/chats")
        await page.wait_for_function("window.did_handshake === true", timeout=PATIENCE)
        devtools = await context.new_cdp_session(page)
        manifest = await devtools.send("Page.getAppManifest")
        trouble = await devtools.send("Page.getInstallabilityErrors")
        await context.close()
    assert manifest["errors"] == []
    assert manifest["url"] == f"{served.base}/manifest.webmanifest"
    assert trouble["installabilityErrors"] == []


async def test_the_manifest_and_its_icons_need_no_session(open_tab: OpenTab, served: Served) -> None:
    tab: Tab = await open_tab(None)
    answer = await tab.page.request.get(f"{served.base}/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = await answer.json()
    for icon in manifest["icons"]:
        picture = await tab.page.request.get(served.base + icon["src"])
        assert (picture.status, picture.headers["content-type"]) == (200, "image/png")
    assert (await tab.page.request.get(served.base + manifest["start_url"], max_redirects=0)).status == 401


async def test_the_windows_frame_has_the_colour_of_the_theme(tab: Tab) -> None:
    frame = "getComputedStyle(document.documentElement).getPropertyValue('--frame')"
    for scheme in ("light", "dark"):
        await tab.page.emulate_media(color_scheme=scheme)
        assert await tab.page.evaluate(f"{FRAME_COLOUR} === {frame}"), scheme
    await tab.find("theme-menu").click()
    await tab.page.get_by_role("menuitemradio", name="Light").click()
    await tab.page.wait_for_function(
        f"{frame} !== '' && {FRAME_COLOUR} === {frame} && document.documentElement.dataset.theme === 'light'"
    )
