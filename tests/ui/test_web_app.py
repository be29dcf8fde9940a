"""Installing the page as an app: the manifest, and icons that are the favicon at other sizes."""

from __future__ import annotations

import base64

import pytest
from playwright.async_api import Page

from sprintagen.ui import theme, web_app
from tests.ui.draw_icons import ICONS, draw

DIFFERENCE = """async ([one, other]) => {
  const pixels = async (data) => {
    const picture = Object.assign(new Image(), { src: "data:image/png;base64," + data });
    await picture.decode();
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    context.drawImage(picture, 0, 0);
    return context.getImageData(0, 0, picture.width, picture.height).data;
  };
  const [a, b] = [await pixels(one), await pixels(other)];
  let sum = 0;
  a.forEach((value, i) => (sum += Math.abs(value - b[i])));
  return sum / a.length;
}"""


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


@pytest.mark.parametrize("icon", web_app.manifest()["icons"], ids=lambda icon: icon["src"])
def test_the_manifest_names_icons_that_are_there_in_the_size_it_says(icon: dict[str, str]) -> None:
    width, height = size_of((theme.STATIC / icon["src"].removeprefix("/")).read_bytes())
    assert icon["sizes"] == f"{width}x{height}"


def test_the_windows_frame_follows_the_chosen_theme_else_the_system() -> None:
    light, dark = theme.LIGHT["frame"], theme.DARK["frame"]
    assert theme.frame_colours("system") == (light, dark)
    assert theme.frame_colours("light") == (light, light)
    assert theme.frame_colours("dark") == (dark, dark)


@pytest.mark.browser
@pytest.mark.parametrize("name", ICONS)
async def test_an_icon_is_the_favicon_at_another_size(page: Page, name: str) -> None:
    kept = (theme.STATIC / "icons" / f"{name}.png").read_bytes()
    drawn = await draw(page, ICONS[name])
    assert size_of(kept) == (ICONS[name].size, ICONS[name].size)
    pair = [base64.b64encode(png).decode() for png in (kept, drawn)]
    assert await page.evaluate(DIFFERENCE, pair) < 1, "draw it again: python -m tests.ui.draw_icons"
