"""The icons of the installed app, drawn from `static/favicon.svg`: `python -m tests.ui.draw_icons` writes them."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, NamedTuple

from playwright.async_api import async_playwright

from sprintagen.ui.theme import STATIC
from tests import chromium

if TYPE_CHECKING:
    from playwright.async_api import Page


class IconSpec(NamedTuple):
    size: int
    is_full: bool
    """To its edges: who shows it cuts its own shape out of it."""


ICONS = {
    "icon-192": IconSpec(192, is_full=False),
    "icon-512": IconSpec(512, is_full=False),
    "maskable-512": IconSpec(512, is_full=True),
    "apple-touch-icon": IconSpec(180, is_full=True),
}


async def draw(page: Page, spec: IconSpec) -> bytes:
    """A PNG."""
    svg = (STATIC / "favicon.svg").read_text()
    if spec.is_full:
        svg = re.sub(r"<clipPath.*?</clipPath>| clip-path=\"[^\"]*\"", "", svg)
    await page.set_viewport_size({"width": spec.size, "height": spec.size})
    await page.set_content(f"<style>*{{margin:0}}svg{{display:block;width:{spec.size}px}}</style>{svg}")
    return await page.screenshot(omit_background=True)


async def main() -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        page = await browser.new_page()
        for name, spec in ICONS.items():
            (STATIC / "icons" / f"{name}.png").write_bytes(await draw(page, spec))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
